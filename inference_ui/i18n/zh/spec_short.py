AREA = "spec_short"
TEXT = {
    "cards": "没有节点有这么多这种卡",
    "cpu": "没有节点有这么多 CPU",
    "memory": "没有节点有这么多内存",
    "closed": "合适的节点现在不接受任务",
    "nodes": "集群里没有节点",
}
