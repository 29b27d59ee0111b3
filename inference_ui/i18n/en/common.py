AREA = "common"
TEXT = {
    "cancel": "Cancel",
    "close": "Close",
    "done": "Done",
    "loading": "Loading",
    "back": "Back",
    "not_found": "There is no such page",
    "not_found_text": "The address may be wrong, or what it named was deleted.",
    "to_tasks": "To the inference tasks",
    "copied": "Copied",
}
