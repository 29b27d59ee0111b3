AREA = "reason"
TEXT = {
    "ALREADY_RUNNING": "the data folder {folder} is used by the web server at {address} "
    "(process {pid}, since {since}). To end it: make stop",
    "DATA_FOLDER_BUSY": "the data folder {folder} is used by another process.",
    "DATA_FOLDER_UNUSABLE": "the data folder {folder} cannot be written: {error}",
    "DATABASE_HAS_SERVER": "another web server uses this database; there can be one only",
    "PACKAGE_FILE_UNREADABLE": "the file {file} cannot be read: {error}",
    "FIELD_WRONG": "{error}",
    "MODEL_NAME_NEEDED": "The URLs of {type} hold the model's name: fill in the model name "
    "(model_name)",
    "URL_PATH_WITHOUT_SLASH": "The path “{path}” must begin with a slash",
    "PORT_IN_USE": "port {port} is in use. Take another: make run PORT=8701",
    "ADDRESS_UNUSABLE": "cannot listen at {host}:{port}: {error}",
    "SETTING_INVALID": "the setting {name} is wrong: {error}",
    "BUILD_FAILED": "the front end could not be built, see {log}:\n{tail}",
    "SERVER_DID_NOT_START": "the web server did not start, for the reason above.",
    "SAMPLE_FAILED": "the sample could not be made in {folder}: {error}",
    "SERVER_NOT_FOUND": "no web server answers for the data folder {folder}. Start it first",
    "SAMPLE_NOT_THERE": "the sample, a compute spec or a storage volume is missing",
}
