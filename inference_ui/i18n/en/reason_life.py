AREA = "reason"
TEXT = {
    "SERVER_STARTING": "Server starting and loading the model "
    "({replicas, plural, one {# node} other {# nodes}})",
    "SERVER_AWAY": "The server does not answer at the moment; goes on when it is back",
    "SERVER_NOT_READY_IN_TIME": "After {seconds, duration} the server still was not ready",
    "NO_ITEM_DONE": "No item was done for {hours, plural, one {an hour} other {# hours}}",
    "SUMMARY_MISSING": "The program that sends the requests ended without a summary; see its log",
    "NO_ROOM_FOR_RESULTS": "About {needed, size} are still to come, {free, size} are free on the "
    "output volume. Make room: inference ends when the disk is full, and what is done stays",
    "NO_INODES_FOR_RESULTS": "About {needed, number} files are still to come, the output volume "
    "has room for {free, number}. Make room: inference ends when it is full, what is done stays",
    "FAILED_ITEMS": "{failed, number} of {found, number} items failed, "
    "{succeeded, number} succeeded",
    "SKIPPED_ITEMS": "{skipped, number} of {found, number} items were not inferred",
    "ALL_FAILED": "All {found, number} items failed, most of them with: {cause}",
}
