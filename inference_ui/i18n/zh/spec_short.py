AREA = "spec_short"
TEXT = {
    "cards": "节点没有这些卡",
    "slices": "节点没有这种切片",
    "cpu": "节点的 CPU 不够",
    "memory": "节点的内存不够",
    "closed": "节点现在不接受任务",
    "nodes": "集群里没有节点",
}
