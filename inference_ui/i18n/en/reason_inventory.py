AREA = "reason"

PROBLEMS = {
    "unreadable": "cannot be read: {found}",
    "not_a_file": "is not a file",
    "too_large": "is larger than {wanted}",
    "empty": "is empty; it needs nodes: with the list of nodes",
    "not_text": "is not text in UTF-8",
    "not_yaml": "is not YAML; look at indentation, quotes, brackets and colons",
    "several": "a second document begins; one is allowed",
    "alias": "anchors and aliases (& and *) are not allowed: {found}",
    "tag": "tags are not allowed: {found}",
    "too_deep": "is nested too deeply",
    "bad_key": "the name of a field must be one word",
    "duplicate_key": "the field {found} is there twice",
    "unknown_field": "there is no field {found}; there are: {wanted}",
    "misspelt_field": "there is no field {found}; is {wanted} meant?",
    "missing": "the field {found} is missing",
    "not_fields": "must be fields, as in name: value",
    "not_list": "must be a list, with - before each item",
    "not_value": "needs one value",
    "no_items": "needs at least one item",
    "not_flag": "must be true or false, not {found}",
    "not_whole": "must be a whole number, not {found}",
    "out_of_range": "{found} is outside {wanted}",
    "not_amount": "{found} is no amount; one is a number with a unit ({wanted})",
    "unknown_unit": "there is no unit {found}; there are: {wanted}",
    "no_unit": "{found} has no unit; write {wanted} after it",
    "not_one_of": "{found} must be one of {wanted}",
    "bad_name": "{found} cannot be the name of a node: lower-case letters, digits, - and . can",
    "duplicate": "the name {found} is there twice",
    "bad_taint": "{found} is no taint; one is key=value:NoSchedule, key:PreferNoSchedule "
    "or key:NoExecute",
    "sliced_twice": "cards are either cut beforehand (slices) or divisible, not both",
    "other_slot": "slot {found} is none of these cards; theirs are {wanted}",
    "bad_card": "{found} is no card; one is written as its slot, 1, or slot and slice, 1(2)",
    "no_such_card": "there is no card {found}; there are {wanted}",
    "card_is_cut": "card {found} is cut into slices; name one, as in {wanted}",
    "card_is_whole": "card {found} has no slices; name the slot alone",
    "card_taken": "{wanted} has card {found} already",
    "too_much": "applications have more "
    "{found, select, cpu {CPU} memory {memory} other {of the card}} than there is",
}
TEXT = {
    "INVENTORY_UNUSABLE": "the inventory {path}{line, select, 0 {} other {, line {line}}}"
    "{place, select, None {} null {} other {, {place}}}: {error, select, "
    + " ".join(f"{problem} {{{sentence}}}" for problem, sentence in PROBLEMS.items())
    + " other {{error}}}",
}
