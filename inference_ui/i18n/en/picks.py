AREA = "picks"
TEXT = {
    "edit": "Edit",
    "leave": "Done",
    "one": "Select {name}",
    "page": "Select this page",
    "all": "Select all {count} that match",
    "none": "Clear selection",
    "count": "{count, number} selected",
    "first": "Select tasks to delete first",
    "delete": "Delete {count, number}",
    "delete_none": "Delete",
    "escape": "Esc leaves",
}
