AREA = "reason"
TEXT = {
    "FOLDER_EMPTY": "Enter a folder",
    "FOLDER_NOT_ABSOLUTE": "Write the whole path, beginning with /; it is “{folder}”",
    "VOLUME_NO_FOLDER": "{folder} is no folder",
    "VOLUME_OUTSIDE": "{folder} is not below a folder that is allowed. Allowed: {roots}",
    "VOLUME_OWN_DATA": "{folder} holds the product's own data and cannot be a volume",
    "VOLUME_HOLDS_OWN_DATA": "{folder} has the product's own data in it ({own}) and cannot "
    "be a volume as a whole; choose another folder in it",
    "VOLUME_TWICE": "This folder is the storage volume “{name}” already",
    "VOLUME_NOT_WRITABLE": "Writing to {folder} failed: {error}. Check its permissions "
    "and the space left",
    "VOLUME_READS_WRONG": "What was written to {folder} reads differently; check this file system",
    "VOLUME_GONE": "This storage volume was removed",
    "VOLUME_HAS_DATASETS": "The dataset “{dataset}”{others, select, 0 {} other { and "
    "{others, number} more}} lies on “{name}”; remove it first",
    "VOLUME_IN_USE": "The task “{task}” writes its results to “{name}”; wait until it ends",
    "CLAIM_UNKNOWN": "No claim called “{name}” is mounted",
    "SUB_PATH_FORM": "A sub-path must lie in the claim, without / at its beginning "
    "and without ..; it is “{path}”",
    "DATASET_OUTSIDE": "“{path}” is not inside the volume",
    "NOT_YOUR_DATASET": "“{name}” is somebody else's dataset; only its owner and "
    "administrators can remove it",
    "DATASET_IN_USE": "The task “{task}” uses “{name}”; wait until it ends",
    "CHECKS_AT_ONCE": "At most {most, number} datasets are checked at once; wait for one to end",
    "CHECK_EMPTY": "empty file",
    "CHECK_NOT_JSON": "no valid JSON",
    "CHECK_NOT_UTF8": "not in UTF-8",
    "CHECK_TOO_DEEP": "JSON nested too deeply",
    "CHECK_TOO_LARGE": "larger than 1 GiB",
    "CHECK_PICTURE": "damaged, or no picture",
    "CHECK_LINK_OUT": "a link out of the dataset, which is not followed",
    "CHECK_LINK_DANGLES": "a link to a file that is not there",
    "CHECK_UNREADABLE": "cannot be read: {error}",
}
