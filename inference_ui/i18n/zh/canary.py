AREA = "canary"
TEXT = {
    "title": "试跑 5 项",
    "results": "看结果",
    "logs": "看日志",
    "discard": "收起并删除试跑结果",
    "runs": "正在试跑，结果会出现在下面",
    "colon": "：",
    "item": "输入",
    "outcome": "结果",
    "ms": "用时",
    "took": "{ms} 毫秒",
    "objects": "{count, number} 个目标",
    "answered": "有回答",
    "estimate": "单节点至少 {rate} 项/秒。"
    "全部 {inputs, number} 项用 {nodes, number} 个节点，约 {took} 或更快",
}
