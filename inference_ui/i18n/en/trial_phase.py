AREA = "trial_phase"
TEXT = {
    "WAITING": "Waiting for room",
    "STARTING": "Starting",
    "ASKING": "Asking",
    "STOPPING": "Stopping",
    "DONE": "Done",
    "FAILED": "Failed",
}
