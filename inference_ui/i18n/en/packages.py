AREA = "packages"
TEXT = {
    "title": "Model packages",
    "register": "Register a package",
    "search": "Find by name, description, type or owner",
    "count": "{count, plural, one {# version} other {# versions}}",
    "column_name": "Name",
    "column_version": "Version",
    "column_type": "Service type",
    "column_starts": "Starts by",
    "column_variables": "Variables",
    "column_owner": "Owner",
    "column_created": "Registered",
    "versions": "{count, plural, one {# version} other {# versions}}",
    "machine": "command",
    "image": "image",
    "no_match": "No package matches",
    "no_match_text": "No package holds “{words}”; try another word.",
    "empty": "No model packages yet",
    "empty_text": "A model package says how a model starts, which protocol it speaks and how its "
    "results are read. Tasks and online services begin with one.",
    "empty_begin": "Register it once with a version, then choose it wherever it is needed; it can"
    " be tried right away.",
}
