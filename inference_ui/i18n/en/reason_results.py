AREA = "reason"
TEXT = {
    "ITEM_UNKNOWN": "There is no item {number, number}",
    "JOURNAL_UNREADABLE": "The list of results, result.ndjson, cannot be read: {error}",
    "LINE_TOO_LONG": "This line is longer than {most, size} and was not read",
    "LINE_UNREADABLE": "This line is not JSON that can be understood",
    "STATUS_UNKNOWN": "This line's status “{status}” is neither success nor failure",
    "SOURCE_OUTSIDE": "The source is not in the task's dataset",
    "NO_RESULT": "This item has no result file",
    "RESULT_UNREADABLE": "The result file cannot be read: {error}",
    "RESULT_TOO_MANY_PARTS": "The result has more than {most, number} values; it is shown "
    "as it is, and not read",
    "RESULT_TOO_LARGE": "The result has {size, size}; above {most, size} "
    "it is not parsed, and only its beginning is shown",
    "INPUT_TOO_LARGE": "The input has {size, size}; above {most, size} it is not read",
    "NO_PICTURE": "There is no picture in the input, and none of its name beside it",
    "PICTURE_ELSEWHERE": "The picture is at another address ({url}) and is not fetched from there",
    "OBJECTS_CUT": "{total, number} objects in all; only the first {shown, number} are shown",
    "BOXES_TURNED": "{count, plural, one {# box had its} other {# boxes had their}} corners "
    "the wrong way round, which was mended; the order of coordinates may be wrong",
    "BOXES_NOT_DRAWN": "{count, plural, one {# box has} other {# boxes have}} "
    "coordinates that are no finite numbers; not drawn",
    "BOXES_OUTSIDE": "{count, plural, one {# box leaves} other {# boxes leave}} the picture; "
    "the box format may be the wrong one",
    "BOXES_LOOK_LIKE_PIXELS": "The coordinates look like pixels, "
    "but the format says shares from 0 to 1",
    "BOXES_LOOK_NORMALISED": "The coordinates look like shares from 0 to 1, "
    "but the format says pixels",
    "PICTURE_SIZE_UNKNOWN": "The picture's size is unknown, "
    "so boxes given as shares of it cannot be drawn",
    "LENGTHS_DIFFER": "dclasses, dobjects and dconfidences differ in length; "
    "only objects that all of them describe are shown",
    "DNUM_DIFFERS": "dnum is not the number of boxes",
    "BAD_BOX": "Some boxes are not four numbers and are not shown",
    "BAD_CONFIDENCE": "Some confidences are not numbers and are shown as 0",
    "CONFIDENCE_RANGE": "Some confidences are not between 0 and 1",
    "BAD_CLASS": "Some classes are neither text nor numbers and are shown as empty",
    "NO_CLASSES": "The result has no dclasses; all classes are empty",
    "NO_CONFIDENCES": "The result has no dconfidences; all are shown as 0",
}
