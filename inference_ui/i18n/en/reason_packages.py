AREA = "reason"
TEXT = {
    "PACKAGE_UNKNOWN": "There is no such model package ({id}); it may have been deleted",
    "PACKAGE_GONE": "“{name}” is gone, so there is nothing to save it to",
    "NO_PACKAGE": "The service that this task used has no model package to save it to",
    "NOT_YOUR_PACKAGE": "“{name}” is somebody else's package; only its owner and administrators "
    "may change it",
    "PACKAGE_IN_USE": "The online services {services} run “{name}”; stop them first, then delete "
    "the package",
    "VERSION_TAKEN": "“{name}” has a version {version} already; choose another one",
    "COMMAND_QUOTES": "A quotation mark is not closed; look at the command",
    "COMMAND_FOR_ADMINISTRATORS": "Only administrators may give a command for this machine; give "
    "an image, or ask one of them to register it",
    "EXCEPTION_FOR_ADMINISTRATORS": "Only administrators may take limits off a container; untick "
    "this, or ask one of them to register it",
    "COMMAND_OR_IMAGE": "Give a start command, a container image, or both",
    "COMMAND_TOO_LONG": "Too long; at most {max, number} characters, and no NUL among them",
    "IMAGE_EMPTY": "Enter the container image",
    "IMAGE_FORM": "“{image}” is no image; write it like registry.example.com/team/model:1.0.0",
    "PULL_SECRET_FORM": "This is the name of a Secret of Kubernetes: lower-case letters, digits, "
    "dots and dashes",
    "NUMBER_RANGE": "Enter a whole number from {min, number} to {max, number}",
    "TEXT_TOO_LONG": "At most {max, number} characters; there are {length, number}",
    "MODEL_NAME_FORM": "The name becomes part of a URL: no spaces and no ? # %",
    "TEMPLATE_CUSTOM_ONLY": "Only a custom type has a template for pictures",
    "TEMPLATE_WITHOUT_IMAGE": "The template must hold {word}, where the picture's Base64 goes",
    "TEMPLATE_NO_JSON": "The template is no valid JSON; look at its quotes, commas and brackets",
    "URL_PATH_NEEDED": "A custom type needs this path, such as /predict",
    "URL_PATH_FORM": "A path has no spaces and at most 500 characters",
    "MODEL_VOLUME_UNKNOWN": "This volume does not exist any more; choose another one",
    "MODEL_FOLDER_MISSING": "There is no folder {folder}; look at the path",
    "VARIABLE_NAME": "“{name}” cannot name a variable: letters, digits and underscores only, no "
    "digit first",
    "VARIABLE_GIVEN": "{name} is set by the platform; choose another name",
    "VARIABLE_FOR_ADMINISTRATORS": "{name} changes which program runs; only administrators may "
    "set it",
    "PARAMETER_NAME": "“{name}” cannot name a parameter: letters, digits, dots, underscores and "
    "dashes only",
    "ROW_TWICE": "{name} is there twice; remove one of the rows",
    "TOO_MANY_ROWS": "At most {max, number} rows",
    "PARAMETERS_CUSTOM_ONLY": "Only a custom type has run parameters",
    "PROMPT_OPENAI_ONLY": "Only an OpenAI-compatible type has a prompt",
    "SECRET_AGAIN": "The value of {name} was not copied; enter it again",
}
