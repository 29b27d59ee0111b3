AREA = "reason"
TEXT = {
    "SPEC_GONE": "这个算力规格已被移除",
    "SPEC_IN_USE": "还有 {count, number} 个任务在用“{spec}”：{names}"
    "{others, select, 0 {} other { 等}}。等它们结束或停止后再移除",
    "SPEC_IN_USE_BY_SERVICE": "还有 {count, number} 个在线服务在用“{spec}”：{names}"
    "{others, select, 0 {} other { 等}}。删除服务后才能移除",
    "SPEC_CPU_EMPTY": "请填写 CPU 核数，例如 4 或 500m",
    "SPEC_CPU_FORM": "CPU 写成核数，例如 0.5、8 或 500m（千分之一核），现在是“{given}”",
    "SPEC_CPU_RANGE": "CPU 要大于 0，最多 {max, number} 核",
    "SPEC_MEMORY_EMPTY": "请填写大小，例如 4GiB",
    "SPEC_MEMORY_UNIT": "请写上单位，例如 {given}GiB",
    "SPEC_MEMORY_FORM": "大小写成数字加单位，例如 4GiB 或 512Mi，现在是“{given}”",
    "SPEC_MEMORY_RANGE": "大小要在 {min, size} 到 {max, size} 之间",
    "SPEC_CARDS_EMPTY": "请填写每个节点的卡数，1 到 {max, number}",
    "SPEC_CARDS_RANGE": "卡数要是 1 到 {max, number} 的整数，现在是“{given}”。"
    "要用一张卡的一部分，请选择“卡的切片”",
    "SPEC_SHARE_RANGE": "算力要是 1 到 100 的整数，现在是“{given}”",
    "SPEC_SLICE_LARGER": "现有的 {model} 每张卡最多 {memory, size} 显存，切片不能更大",
    "SPEC_LABEL_TOO_LONG": "最多 {max, number} 个字符，现在有 {length, number} 个",
    "SPEC_INVISIBLE_CHARACTER": "有看不见的字符（{character}），请删去后重新输入",
    "SPEC_TOLERATIONS_MANY": "最多写 {max, number} 行",
    "SPEC_TOLERATION_FORM": "第 {line, number} 行“{given}”写得不对，例如 key=value:NoSchedule",
    "SPEC_TOLERATION_EFFECT": "第 {line, number} 行的效果“{given}”不认识，"
    "只能是 NoSchedule、PreferNoSchedule 或 NoExecute",
    "SPEC_RUNTIME_CLASS_FORM": "运行时类只能用小写字母、数字、点和连字符，现在是“{given}”",
}
