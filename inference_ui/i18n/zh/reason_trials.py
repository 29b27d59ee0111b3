AREA = "reason"
TEXT = {
    "TRIAL_UNKNOWN": "这个模型包还没有试运行过",
    "TRIAL_WITHOUT_PICTURE": "这次试运行没有图片",
    "NOT_YOUR_TRIAL": "这是 {owner} 的试运行，只有本人和管理员能停止它",
    "TRIAL_RUNS": "{owner} 正在试运行这个模型包，请等它结束",
    "ONE_TRIAL_EACH": "你正在试运行 {package}，请等它结束，或先停止它",
    "TRIAL_STOPPED": "试运行被停止",
    "TRIAL_NO_ROOM": "一直没有空闲的资源，请换小一些的规格，或稍后再试",
    "TRIAL_NOT_READY": "{seconds, number} 秒内没有就绪，请看日志；加载确实慢的话"
    "，登记新版本时把就绪超时调长",
    "TRIAL_SERVER_GONE": "服务端结束了，原因见日志",
}
