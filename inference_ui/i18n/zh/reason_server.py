AREA = "reason"
TEXT = {
    "VARIABLE_UNKNOWN": "这个模型包没有环境变量 {name}",
    "PARAMETER_UNKNOWN": "这个模型包没有参数 {name}，只有自定义类型才有参数",
    "VALUE_TOO_LONG": "{name} 的值最多 {max, number} 个字符",
    "VALUE_CONTROL_CHARACTER": "{name} 的值里有不能用的字符（空字符），请删掉",
    "NODES_AND_DRIVER": "节点名称和驱动版本只能指定一个，请清空其中一个",
    "DRIVER_WITHOUT_CARDS": "规格 {spec} 只用 CPU，不能按驱动版本选节点",
    "SERVICE_GONE": "这个在线服务已被删除，请换一个服务，或改用模型包部署",
    "SERVICE_STOPPED": "在线服务“{service}”已经停止或正在停止，请先启动它",
    "SERVICE_NOT_READY": "等在线服务“{service}”就绪",
    "SERVICE_BUSY": "在线服务“{service}”限制了并发请求，等任务“{task}”先用完",
    "SERVICE_DELETED": "在线服务“{service}”已被删除",
    "SINCE_OTHER_DATASET": "任务“{name}”用的是别的数据集，不能作为比较的起点",
    "MAX_FAILED_FORM": "失败上限写成个数（如 100）或比例（如 5%），现在是“{given}”",
    "TIMEOUT_RANGE": "单项超时要大于 0 秒，最多 {max, number} 秒",
    "RETRIES_RANGE": "重试次数要是 0 到 {max, number} 的整数",
    "PROMPT_TOO_LONG": "提示词最多 {max, number} 个字符",
    "PACKAGE_WITHOUT_IMAGE": "“{name}”没有容器镜像，不能在集群上启动。"
    "请换一个模型包，或登记带镜像的新版本",
    "VOLUME_NOT_ON_CLAIM": "存储卷“{name}”不在集群的存储声明上，集群上的程序访问不到。"
    "请换一个，或请管理员在存储声明上登记存储卷",
    "PACKAGE_WITHOUT_COMMAND": "“{name}”只有容器镜像，没有在这台机器上启动的命令。"
    "请换一个模型包，或请管理员登记带启动命令的新版本",
}
