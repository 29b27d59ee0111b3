AREA = "create_field"
TEXT = {
    "name": "推理任务名称",
    "dataset_id": "数据",
    "service_type": "服务类型",
    "package_id": "模型包",
    "spec_id": "单节点规格",
    "node_count": "节点数",
    "volume_id": "输出",
    "service_id": "在线服务",
    "since_task_id": "只做有变化的",
    "prompt": "提示词",
    "max_failed": "失败上限",
    "item_timeout_s": "单项超时",
    "retries": "重试",
}
