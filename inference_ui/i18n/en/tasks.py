AREA = "tasks"
TEXT = {
    "title": "Inference tasks",
    "create": "New task",
    "empty": "No inference task yet",
    "empty_text": "A task runs a model package over every item of a dataset "
    "and writes the results to a storage volume.",
    "step_volume": "Storage volume",
    "step_dataset": "Dataset",
    "step_package": "Model package",
    "step_task": "Inference task",
}
