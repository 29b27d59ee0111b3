AREA = "end"
TEXT = {
    "COMPLETED": "All items done",
    "STOPPED_BY_USER": "Stopped",
    "NO_ITEM_SUCCEEDED": "No item succeeded",
    "TOO_MANY_FAILED": "Too many failed",
    "INCOMPLETE": "Not complete",
    "SERVER_FAILED": "Server failed",
    "SERVER_NOT_READY": "Server did not get ready",
    "CLIENT_FAILED": "Sending requests failed",
    "STALLED": "No progress",
}
