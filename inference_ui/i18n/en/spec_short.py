AREA = "spec_short"
TEXT = {
    "cards": "No node has these cards",
    "cpu": "No node has so much CPU",
    "memory": "No node has so much memory",
    "closed": "The nodes take nothing now",
    "nodes": "There are no nodes",
}
