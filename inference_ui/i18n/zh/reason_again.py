AREA = "reason"
TEXT = {
    "SINCE_GONE": "“{name}”只做“{earlier}”没做的项，但它的结果已经不在了"
    "。要全部重做，请复制任务再创建",
    "NOTHING_TO_RESUME": "“{name}”的所有项都有结果了，没有可以继续的",
    "NOTHING_FAILED": "“{name}”没有失败的项，不用重试",
    "FAILURES_GONE": "“{name}”里没有这一类失败的项了，可能已经重试过",
    "TASK_NOT_ENDED": "“{name}”还没有结束，结束后才能继续、重试",
    "CANARY_ENDS": "上一次试跑还在收尾，几秒后再试",
}
