AREA = "common"
TEXT = {
    "cancel": "取消",
    "close": "关闭",
    "done": "已完成",
    "loading": "正在读取",
    "back": "返回",
    "not_found": "没有这个页面",
    "not_found_text": "地址可能写错了，或者它已被删除。",
    "to_tasks": "回到推理任务",
    "copied": "已复制",
}
