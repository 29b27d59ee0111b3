AREA = "reason"
TEXT = {
    "VIEWERS_DELETE_NOTHING": "You are a viewer and cannot delete tasks. "
    "Ask an administrator to change your role",
    "NOTHING_TO_DELETE": "None of the selected tasks is there any more",
    "TOO_MANY_PICKED": "At most {most, number} tasks can be picked one by one. "
    "For more, select all that match a search",
    "TASK_OF_ANOTHER": "“{name}” is {owner}'s task; only its creator or an administrator "
    "can delete it",
    "TASK_BEING_DELETED": "“{name}” is being deleted by {who}",
    "TASK_DELETED": "“{name}” has been deleted by {who} already",
    "SINCE_DELETING": "“{name}” is being deleted; nothing can go on from it",
    "DELETION_UNKNOWN": "There is no record of this deletion; it may have been cleared",
    "OUTPUT_NEEDED": "Task “{task}” still reads the results of “{name}”. "
    "Delete it when that one has ended, or keep the output folder",
    "OUTPUT_HOLDS_DATASET": "The output folder of “{name}” holds the dataset “{dataset}”. "
    "Delete that dataset first, or keep the output folder",
    "OUTPUT_HOLDS_VOLUME": "The output folder of “{name}” holds the volume “{volume}”. "
    "Remove that volume first, or keep the output folder",
    "OUTPUT_HOLDS_PACKAGE": "The output folder of “{name}” holds the model files of “{package}”. "
    "Delete that package first, or keep the output folder",
    "OUTPUT_MISSING": "{folder} was not found. If its volume is not mounted, "
    "the files are still there",
    "OUTPUT_NOT_A_FOLDER": "{folder} is a link or a file, not the task's folder, "
    "and was left alone",
    "OUTPUT_OFF_VOLUME": "{folder} is in no registered volume and was left alone",
    "OUTPUT_NOT_MOVED": "{folder} cannot be deleted: {error}",
    "OUTPUT_NOT_REMOVED": "{left, plural, one {# file} other {# files}} cannot be deleted and "
    "stay in {folder}: {error}",
}
