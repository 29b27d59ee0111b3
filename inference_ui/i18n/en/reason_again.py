AREA = "reason"
TEXT = {
    "SINCE_GONE": "“{name}” does only what “{earlier}” has not done, whose results are gone. "
    "To do all of it, copy the task and create it anew",
    "NOTHING_TO_RESUME": "All items of “{name}” have a result; there is nothing to go on with",
    "NOTHING_FAILED": "No item of “{name}” failed; there is nothing to retry",
    "FAILURES_GONE": "“{name}” has no such failed items any more; they may have been retried",
    "TASK_NOT_ENDED": "“{name}” has not ended yet; only then can it go on or be retried",
    "CANARY_ENDS": "The last try is still ending; try again in a few seconds",
}
