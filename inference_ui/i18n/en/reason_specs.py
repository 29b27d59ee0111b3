AREA = "reason"
TEXT = {
    "SPEC_GONE": "This compute spec was removed",
    "SPEC_IN_USE": "“{spec}” is still used by {count, plural, one {a task} other {# tasks}}: "
    "{names}{others, select, 0 {} other { and {others, number} more}}. "
    "Wait for the end, or stop first",
    "SPEC_IN_USE_BY_SERVICE": "“{spec}” is still used by "
    "{count, plural, one {an online service} other {# online services}}: "
    "{names}{others, select, 0 {} other { and {others, number} more}}. Delete first",
    "SPEC_CPU_EMPTY": "Enter a number of CPUs, as 4 or 500m",
    "SPEC_CPU_FORM": "Write CPUs as 0.5, 8 or 500m (thousandths); it is “{given}”",
    "SPEC_CPU_RANGE": "CPUs must be above 0 and at most {max, number}",
    "SPEC_MEMORY_EMPTY": "Enter a size, as 4GiB",
    "SPEC_MEMORY_UNIT": "Add a unit, as {given}GiB",
    "SPEC_MEMORY_FORM": "Write a size as a number with a unit, 4GiB or 512Mi; it is “{given}”",
    "SPEC_MEMORY_RANGE": "A size is {min, size} to {max, size}",
    "SPEC_CARDS_EMPTY": "Enter the number of cards a node, 1 to {max, number}",
    "SPEC_CARDS_RANGE": "Cards must be a whole number from 1 to {max, number}; it is “{given}”. "
    "For a part of a card choose “Slices”",
    "SPEC_SHARE_RANGE": "The share must be a whole number from 1 to 100; it is “{given}”",
    "SPEC_SLICE_LARGER": "No {model} that there is has more than {memory, size} of memory; "
    "a slice cannot either",
    "SPEC_LABEL_TOO_LONG": "At most {max, number} characters; this has {length, number}",
    "SPEC_INVISIBLE_CHARACTER": "There is an invisible character in it ({character}); "
    "delete it and type it again",
    "SPEC_TOLERATIONS_MANY": "At most {max, number} lines",
    "SPEC_TOLERATION_FORM": "Line {line, number}, “{given}”, should read like key=value:NoSchedule",
    "SPEC_TOLERATION_EFFECT": "Line {line, number} has an unknown effect “{given}”; there are "
    "NoSchedule, PreferNoSchedule and NoExecute",
    "SPEC_RUNTIME_CLASS_FORM": "A runtime class has lower-case letters, digits, dots and hyphens; "
    "it is “{given}”",
}
