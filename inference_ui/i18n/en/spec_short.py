AREA = "spec_short"
TEXT = {
    "cards": "No such cards",
    "slices": "No such slices",
    "cpu": "Too little CPU",
    "memory": "Too little memory",
    "closed": "Nodes are closed",
    "nodes": "No nodes",
}
