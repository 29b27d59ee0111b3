AREA = "end"
TEXT = {
    "COMPLETED": "全部推理完",
    "STOPPED_BY_USER": "被停止",
    "NO_ITEM_SUCCEEDED": "没有一项成功",
    "TOO_MANY_FAILED": "失败太多",
    "INCOMPLETE": "没有推理完",
    "SERVER_FAILED": "服务端出错",
    "SERVER_NOT_READY": "服务端没有就绪",
    "CLIENT_FAILED": "发送请求的程序出错",
    "STALLED": "没有进展",
}
