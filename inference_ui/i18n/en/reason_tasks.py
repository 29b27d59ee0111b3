AREA = "reason"
TEXT = {
    "VIEWERS_ONLY_LOOK": "You are a viewer: you can look at tasks and results, but not create any. "
    "Ask an administrator to change your role",
    "ADMINISTRATORS_ONLY": "Only administrators may do this",
    "NOT_YOUR_TASK": "“{name}” is somebody else's task; only its creator or an administrator "
    "can stop it",
    "TASK_UNKNOWN": "There is no such task ({id}); it may have been deleted",
    "TASK_ENDED": "“{name}” has ended already; there is nothing to stop",
    "PACKAGE_OTHER_TYPE": "This package's service type is {type}; "
    "choose another package or service type",
    "DATASET_UNKNOWN": "There is no such dataset ({id}); it may have been deleted",
    "DATASET_MISSING": "The dataset's folder {folder} does not exist; "
    "check that its volume is mounted",
    "DATASET_UNREADABLE": "The dataset's folder {folder} cannot be read: {error}",
    "DATASET_WITHOUT_JSON": "{found, plural, one {# JSON file} other {# JSON files}} found in "
    "{folder} ({others, plural, one {# other file} other {# other files}}); nothing to infer",
    "DATASET_WITHOUT_IMAGES": "{found, plural, one {# picture} other {# pictures}} found in "
    "{folder} ({others, plural, one {# other file} other {# other files}}); nothing to infer",
    "VOLUME_MISSING": "The volume's folder {folder} does not exist; check that it is mounted",
    "VOLUME_UNKNOWN": "There is no storage volume “{name}”",
    "OUTPUT_EXISTS": "The output folder {folder} exists already; "
    "choose another name, so that its files are not mixed up",
    "OUTPUT_NOT_WRITABLE": "{folder} cannot be written: {error}. "
    "Choose another volume, or ask an administrator for permission to write",
    "NODE_COUNT_RANGE": "The number of nodes is a whole number from {min, number} to {max, number}",
    "VERSION_PARTS": "A version has three parts like 1.2.3, not “{version}”",
    "COMMAND_EMPTY": "This package has no command for one machine and cannot run here; ask an "
    "administrator to register a version with one",
    "LOG_UNKNOWN": "There is no log of {replica}",
}
