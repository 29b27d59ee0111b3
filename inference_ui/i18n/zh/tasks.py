AREA = "tasks"
TEXT = {
    "title": "推理任务",
    "create": "创建推理任务",
    "empty": "还没有推理任务",
    "empty_text": "一个任务用模型包推理数据集里的每一项，结果写到存储卷。",
    "step_volume": "存储卷",
    "step_dataset": "数据集",
    "step_package": "模型包",
    "step_task": "推理任务",
}
