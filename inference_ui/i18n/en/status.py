AREA = "status"
TEXT = {
    "QUEUED": "Queued",
    "STARTING": "Starting",
    "RUNNING": "Running",
    "FINISHING": "Finishing",
    "STOPPING": "Stopping",
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "STOPPED": "Stopped",
    "DELETING": "Deleting",
    "NOT_READY": "Not ready",
}
