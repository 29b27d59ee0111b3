AREA = "create_field"
TEXT = {
    "name": "Task name",
    "dataset_id": "Data",
    "service_type": "Service type",
    "package_id": "Model package",
    "spec_id": "Spec of each node",
    "node_count": "Nodes",
    "volume_id": "Output",
    "service_id": "Online service",
    "since_task_id": "Only what changed since",
    "prompt": "Prompt",
    "max_failed": "Failure limit",
    "item_timeout_s": "Timeout per item",
    "retries": "Retries",
}
