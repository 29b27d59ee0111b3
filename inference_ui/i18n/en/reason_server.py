AREA = "reason"
TEXT = {
    "VARIABLE_UNKNOWN": "This model package has no environment variable {name}",
    "PARAMETER_UNKNOWN": "This model package has no parameter {name}; only the custom "
    "type has parameters",
    "VALUE_TOO_LONG": "The value of {name} has at most {max, number} characters",
    "VALUE_CONTROL_CHARACTER": "The value of {name} has a character that cannot be used (a "
    "null); delete it",
    "NODES_AND_DRIVER": "Give either node names or a driver version; clear one of them",
    "DRIVER_WITHOUT_CARDS": "The spec {spec} uses CPUs only; its nodes cannot be chosen "
    "by driver version",
    "SERVICE_GONE": "This online service was deleted; choose another one, or "
    "deploy a model package",
    "SERVICE_STOPPED": "The online service “{service}” is stopped or stopping; start it first",
    "SERVICE_NOT_READY": "Waiting until the online service “{service}” is ready",
    "SERVICE_BUSY": "The online service “{service}” limits its requests in "
    "flight; waiting until the task “{task}” is done with it",
    "SERVICE_DELETED": "The online service “{service}” was deleted",
    "SINCE_OTHER_DATASET": "The task “{name}” ran over another dataset, so nothing can "
    "be compared with it",
    "MAX_FAILED_FORM": "Write the failure limit as a number (such as 100) or a "
    "share (such as 5%), not “{given}”",
    "TIMEOUT_RANGE": "The timeout of an item must be above 0 s and at most {max, number} s",
    "RETRIES_RANGE": "The number of retries must be a whole number from 0 to {max, number}",
    "PROMPT_TOO_LONG": "A prompt has at most {max, number} characters",
    "PACKAGE_WITHOUT_IMAGE": "“{name}” has no container image, so the cluster cannot start "
    "it. Choose another package, or register a version with an image",
    "VOLUME_NOT_ON_CLAIM": "The storage volume “{name}” lies on no claim of the cluster, so "
    "what runs there cannot reach it. Choose another one, or ask an administrator for a "
    "volume on a claim",
    "PACKAGE_WITHOUT_COMMAND": "“{name}” has a container image alone, and no command to "
    "start it on this machine. Choose another package, or "
    "ask an administrator for a version with a start command",
}
