AREA = "search"
TEXT = {
    "label": "Search tasks",
    "more": "Add a condition",
    "of": "Choose: {what}",
    "name": "Name",
    "status": "Status",
    "owner": "Creator",
    "spec": "Compute spec",
    "package": "Model package",
    "contains": "contains “{text}”",
    "and": ", ",
    "remove": "Remove condition: {what}",
    "nothing": "Nothing to choose from",
    "type_name": "Type a part of the name and press Enter",
}
