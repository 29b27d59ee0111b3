AREA = "create_field"
TEXT = {
    "name": "推理任务名称",
    "dataset_id": "数据",
    "service_type": "服务类型",
    "package_id": "模型包",
    "spec_id": "单节点规格",
    "node_count": "节点数",
    "volume_id": "输出",
}
