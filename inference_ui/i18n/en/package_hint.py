AREA = "package_hint"
TEXT = {
    "name": "All versions of a model have the same name",
    "version": "Three parts, such as 1.2.0",
    "description": "",
    "model_name": "As it stands in URLs or requests",
    "command": "May hold {a}, {b} and {c}, the folder of the files",
    "ready_timeout_s": "Empty: 600 s",
    "image": "For Kubernetes",
    "port": "Empty: 8080",
    "image_command": "Empty: the image's own",
    "image_arguments": "",
    "pull_secret": "The name of a Secret of Kubernetes",
    "shm_mib": "Empty: the cluster's own",
    "as_root": "Only for an image that needs it: it is isolated less",
    "writable": "Only for an image that writes to its own folders",
    "model_path": "The server finds the whole path in MODEL_PATH",
    "prompt": "Sent along with each picture",
}
