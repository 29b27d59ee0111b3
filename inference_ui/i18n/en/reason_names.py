AREA = "reason"
TEXT = {
    "INVALID_FIELDS": "Some entries are wrong: {fields}",
    "REQUIRED": "Choose one",
    "NAME_EMPTY": "Enter a name",
    "NAME_TOO_LONG": "A name has at most {max} characters; this one has {length}",
    "NAME_CONTROL_CHARACTER": "The name has an invisible character ({character}); "
    "delete it and type the name again",
    "NAME_CHARACTER": "A name cannot have “{character}” in it",
    "NAME_DOTS": "A name cannot begin with a dot or have two dots in a row",
    "NAME_TAKEN": "“{name}” exists already; choose another name",
    "PATH_OUTSIDE": "“{path}” is outside the folders that may be read",
    "FILE_GONE": "The file “{path}” does not exist; it may have been moved or deleted",
    "FILE_UNREADABLE": "The file “{path}” cannot be read: {error}",
    "PICTURE_UNKNOWN": "This is no picture format that can be shown",
    "PICTURE_TOO_DEMANDING": "Decoding the picture takes more than {most, size} of memory",
    "PICTURE_TOO_SLOW": "Decoding the picture takes longer than {seconds, number} s",
    "PICTURE_NOT_DECODED": "The program that decodes pictures ended before it was done ({error}); "
    "trying again may help",
    "PICTURE_BROKEN": "The picture is damaged and cannot be read: {error}",
    "PICTURE_TOO_LARGE": "The picture is too large: {width, number} × {height, number} pixels, "
    "at most {most, number} pixels",
}
