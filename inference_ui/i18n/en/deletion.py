AREA = "deletion"
TEXT = {
    "ask": "Delete {count, plural, one {# inference task} other {# inference tasks}}?",
    "ask_one": "Delete “{name}”?",
    "ask_none": "No task that can be deleted",
    "of_which": "Of these, ",
    "running": "{count, plural, one {# is running or queued} other {# are running or queued}}",
    "it_runs": "It has not ended",
    "stopped_first": " and will be stopped first. ",
    "for_good": "This cannot be undone.",
    "meant": "Tasks to be deleted",
    "more": "{count, number} more",
    "show_all": "Show all",
    "others": "{count, plural, one {# is somebody else's task} other {# are other people's tasks}} "
    "and will not be deleted",
    "leaving": "{count, plural, one {# is} other {# are}} being deleted already",
    "missing": "{count, plural, one {# is} other {# are}} gone already",
    "output": "Delete the output folders, too",
    "output_kept": "{folders, plural, one {# folder} other {# folders}} on {volume}, about "
    "{results, plural, one {# result file} other {# result files}}. Kept unless checked",
    "output_gone": "{folders, plural, one {# folder} other {# folders}} on {volume} will be "
    "deleted as a whole: about "
    "{results, plural, one {# result file} other {# result files}}, "
    "and whatever else was put there",
    "needed": "{count, number} will not be deleted, because the output folder is still needed",
    "verb": "Delete {count, number}",
    "verb_one": "Delete",
}
