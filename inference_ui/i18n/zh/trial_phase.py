AREA = "trial_phase"
TEXT = {
    "WAITING": "等待资源",
    "STARTING": "正在启动",
    "ASKING": "正在提问",
    "STOPPING": "正在收拾",
    "DONE": "完成",
    "FAILED": "失败",
}
