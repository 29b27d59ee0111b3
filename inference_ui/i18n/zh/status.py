AREA = "status"
TEXT = {
    "QUEUED": "排队中",
    "STARTING": "启动中",
    "RUNNING": "运行中",
    "FINISHING": "收尾中",
    "STOPPING": "停止中",
    "SUCCEEDED": "成功",
    "FAILED": "失败",
    "STOPPED": "已停止",
    "DELETING": "删除中",
    "NOT_READY": "未就绪",
}
