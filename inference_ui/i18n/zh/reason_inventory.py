AREA = "reason"

PROBLEMS = {
    "unreadable": "读不了：{found}",
    "not_a_file": "不是文件",
    "too_large": "超过了 {wanted}",
    "empty": "是空的；要有 nodes: 和节点的列表",
    "not_text": "不是 UTF-8 文本",
    "not_yaml": "不是 YAML；请检查缩进、引号、括号和冒号",
    "several": "这里开始了第二个文档；只能有一个",
    "alias": "不允许锚点和别名（& 和 *）：{found}",
    "tag": "不允许标签：{found}",
    "too_deep": "嵌套太深",
    "bad_key": "字段名必须是一个词",
    "duplicate_key": "字段 {found} 出现了两次",
    "unknown_field": "没有字段 {found}；可用的有：{wanted}",
    "misspelt_field": "没有字段 {found}；是不是 {wanted}？",
    "missing": "缺少字段 {found}",
    "not_fields": "必须是字段，如 name: value",
    "not_list": "必须是列表，每项前写 -",
    "not_value": "需要一个值",
    "no_items": "至少要有一项",
    "not_flag": "必须是 true 或 false，而不是 {found}",
    "not_whole": "必须是整数，而不是 {found}",
    "out_of_range": "{found} 不在 {wanted} 的范围内",
    "not_amount": "{found} 不是数量；应为数字加单位（{wanted}）",
    "unknown_unit": "没有单位 {found}；可用的有：{wanted}",
    "no_unit": "{found} 没有单位；请在后面写上 {wanted}",
    "not_one_of": "{found} 必须是其中之一：{wanted}",
    "bad_name": "{found} 不能作节点名称：只能用小写字母、数字、- 和 .",
    "duplicate": "名称 {found} 出现了两次",
    "bad_taint": "{found} 不是污点；应写作 key=value:NoSchedule、key:PreferNoSchedule "
    "或 key:NoExecute",
    "sliced_twice": "板卡要么预先切分（slices），要么可切分（divisible），不能两者都有",
    "other_slot": "槽位 {found} 不属于这些板卡；它们的槽位是 {wanted}",
    "bad_card": "{found} 不是板卡；应写作槽位，如 1，或槽位和切片，如 1(2)",
    "no_such_card": "没有板卡 {found}；有的是 {wanted}",
    "card_is_cut": "板卡 {found} 已切分；请写出其中一片，如 {wanted}",
    "card_is_whole": "板卡 {found} 没有切片；请只写槽位",
    "card_taken": "板卡 {found} 已被 {wanted} 占用",
    "too_much": "应用占用的{found, select, cpu { CPU } memory {内存} other {板卡}}超过了总量",
}
TEXT = {
    "INVENTORY_UNUSABLE": "节点清单 {path}{line, select, 0 {} other { 第 {line} 行}}"
    "{place, select, None {} null {} other {，{place}}}：{error, select, "
    + " ".join(f"{problem} {{{sentence}}}" for problem, sentence in PROBLEMS.items())
    + " other {{error}}}",
}
