AREA = "reason"
TEXT = {
    "TRIAL_UNKNOWN": "This package has not been tried yet",
    "TRIAL_WITHOUT_PICTURE": "This trial has no picture",
    "NOT_YOUR_TRIAL": "This is a trial of {owner}; only they and administrators may stop it",
    "TRIAL_RUNS": "{owner} is trying this package; wait until that has ended",
    "ONE_TRIAL_EACH": "You are trying {package}; wait until that has ended, or stop it first",
    "TRIAL_STOPPED": "The trial was stopped",
    "TRIAL_NO_ROOM": "There was no room all the time; choose a smaller spec, or try again later",
    "TRIAL_NOT_READY": "It was not ready within {seconds, number} s; look at the log. If it does "
    "load that slowly, give the next version a longer time to get ready",
    "TRIAL_SERVER_GONE": "The server ended; its log says why",
}
