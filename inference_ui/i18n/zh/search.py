AREA = "search"
TEXT = {
    "label": "搜索任务",
    "more": "添加条件",
    "of": "选择{what}",
    "name": "名称",
    "status": "状态",
    "owner": "创建人",
    "spec": "算力规格",
    "package": "模型包",
    "contains": "包含“{text}”",
    "and": "、",
    "remove": "去掉条件：{what}",
    "nothing": "没有可选的",
    "type_name": "输入名称的一部分，按回车确认",
}
