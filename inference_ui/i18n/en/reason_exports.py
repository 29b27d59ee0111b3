AREA = "reason"
TEXT = {
    "ITEMS_BEING_READ": "{progress, number} of {total, number} items have been read; "
    "what a filter leaves can be exported once all are",
    "EXPORT_RUNS": "Another export of yours is running; wait for its end, or cancel it",
    "EXPORTS_AT_ONCE": "{most, number} exports are running already; try again when one has ended",
    "EXPORT_TOKEN": "The export's token must be 32 hexadecimal digits",
    "EXPORT_TOKEN_USED": "There is an export with this token already",
    "EXPORT_UNKNOWN": "There is no such export of yours; the server may have been restarted",
    "EXPORT_PREFETCH": "An export is not made ahead of time",
    "EXPORT_CHANGED": "The results were replaced meanwhile, as when failed items are retried; "
    "export again",
    "EXPORT_STOPPED": "The export was ended",
    "EXPORT_NOT_FETCHED": "The browser stopped fetching the file, and others were waiting; "
    "export again",
    "EXPORT_DISK_FULL": "The server's disk is full, and an export needs room for temporary files",
    "EXPORT_NO_ROOM": "The export cannot begin on the server: {error}",
    "EXPORT_UNREADABLE": "The results cannot be read any more: {error}",
    "EXPORT_TOO_DEMANDING": "A result or an input needs more than {most, size} of memory to be "
    "exported",
    "EXPORT_BROKE": "The program that exports ended unexpectedly; the server's log may say why",
}
