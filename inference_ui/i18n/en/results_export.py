AREA = "results"
TEXT = {
    "export": "Export",
    "export_what": "Which items to export",
    "export_all": "{count, plural, one {The one item} other {All # items}}",
    "export_found_later": "The items that are found (still being read)",
    "export_waits": "The results are still being read; what is found can be exported then",
    "export_found": "{count, plural, one {The # item that was found} other "
    "{The # items that were found}}",
    "export_growing": "The task is still running; only the items that there are now are exported",
    "export_none": "There are no items to export",
    "export_busy": "The last export is still running; wait for its end, or cancel it",
    "export_coco": "COCO JSON",
    "export_coco_for": "One JSON file, for tools that evaluate and annotate",
    "export_yolo": "YOLO",
    "export_yolo_for": "A zip with a file of labels for each picture, for training",
    "export_csv": "CSV",
    "export_csv_for": "A row for each object, for spreadsheets",
    "export_source": "Source files",
    "export_source_for": "A zip of the items' input files and their pictures",
    "export_begins": "{name} · Preparing",
    "export_running": "{name} · {done, number} / {total, number} items · {size, size}",
    "export_done": "{name} · {count, plural, one {# item} other {# items}} exported · {size, size}",
    "export_progress": "How far the export is",
    "export_cancel": "Cancel the export",
    "export_CANCELLED": "Cancelled",
    "export_FAILED": "The export failed",
    "export_left_out": "Some was left out",
    "export_left_out_of": "Left out of {name}:",
    "export_without_FAILED": "{count, plural, one {# item} other {# items}} that failed, "
    "without a result",
    "export_without_UNREADABLE": "{count, plural, one {# item} other {# items}} "
    "whose result cannot be read",
    "export_without_NO_DETECTION": "{count, plural, one {# item} other {# items}} "
    "whose answer is no detection",
    "export_without_SIZE_UNKNOWN": "{count, plural, one {# item} other {# items}} "
    "whose picture is missing or damaged, so that its size is unknown",
    "export_without_BOX": "{count, plural, one {# box} other {# boxes}} "
    "outside of the picture, or without valid coordinates",
    "export_without_CLASSES": "{count, plural, one {# box} other {# boxes}} "
    "of more different classes than can be exported",
    "export_without_FILE": "{count, plural, one {# file} other {# files}} that are gone, "
    "unreadable or outside of the dataset; see MISSING.txt",
}
