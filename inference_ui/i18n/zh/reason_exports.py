AREA = "reason"
TEXT = {
    "ITEMS_BEING_READ": "已读 {progress, number} 项，共 {total, number} 项；"
    "都读完以后才能按条件导出",
    "EXPORT_RUNS": "你还有一个导出没有完成；等它结束，或者取消它",
    "EXPORTS_AT_ONCE": "已经有 {most, number} 个导出在进行，等一个结束后再试",
    "EXPORT_TOKEN": "导出的标识必须是 32 位十六进制数字",
    "EXPORT_TOKEN_USED": "这个标识已经用于另一个导出",
    "EXPORT_UNKNOWN": "你没有这个导出，服务器可能重启过",
    "EXPORT_PREFETCH": "导出不会提前进行",
    "EXPORT_CHANGED": "导出期间结果被替换了，例如重试了失败的项；请重新导出",
    "EXPORT_STOPPED": "导出已经中止",
    "EXPORT_NOT_FETCHED": "浏览器不再接收文件，而其他人在等待；请重新导出",
    "EXPORT_DISK_FULL": "服务器的磁盘满了，导出需要空间存放临时文件",
    "EXPORT_NO_ROOM": "服务器上无法开始导出：{error}",
    "EXPORT_UNREADABLE": "结果读不了了：{error}",
    "EXPORT_TOO_DEMANDING": "导出某个结果或输入需要的内存超过 {most, size}",
    "EXPORT_BROKE": "导出程序意外结束，服务器日志里可能有原因",
}
