AREA = "cli"
TEXT = {
    "product": "Run a model over a folder of data, and look at the results.",
    "starting": "Starting…",
    "ready": "Ready: {address}\nOne-time sign-in link for the administrator ({name}), "
    "good for a day:\n  {link}\nCtrl-C stops the web server; tasks go on running.",
    "stopped": "The web server has stopped.",
    "going_on": "{count, plural, one {# task goes} other {# tasks go}} on running: {names}\n"
    "To end that too: make stop",
    "server_ended": "The web server (process {pid}) has ended.",
    "tasks_ended": "{count, plural, one {# task was} other {# tasks were}} stopped: {names}. "
    "Results so far are kept.",
    "workloads_ended": "{count, plural, one {# left workload was} other {# left workloads were}} "
    "ended.",
    "nothing_runs": "Nothing is running.",
    "link": "One-time sign-in link for {name}, good for a day:\n  {link}",
    "password": "Password of {name}: ",
    "password_set": "The password of {name} was changed; all sessions have ended.",
    "user_created": "User {name} was created.",
    "built": "The front end was built.",
    "up_to_date": "The front end is up to date.",
    "help_infer": "send every input of a folder to an inference server",
    "help_serve": "start the web server",
    "help_stop": "stop the web server and all tasks",
    "help_link": "make a new one-time sign-in link for a user",
    "help_user": "create a user, or set the password of one",
    "help_build": "build the front end",
    "volume_added": "Registered the storage volume {name}: {folder}",
    "dataset_added": "Registered the dataset {name}: {volume}/{path}",
    "package_added": "Registered the model package {name} {version}.",
    "spec_added": "Registered the compute spec {name}.",
    "help_spec": "register a compute spec",
    "help_volume": "register a folder as a storage volume",
    "help_dataset": "register a folder of a storage volume as a dataset",
    "help_package": "register a model package from its JSON file",
    "help_data_dir": "data folder, .data by default",
    "help_port": "port, 8700 by default; 0 takes a free one",
    "help_host": "address to listen at, 127.0.0.1 by default",
    "help_inventory": "a file of the nodes that there are, or demo for a made-up cluster; "
    "this machine by default",
    "help_no_build": "do not check whether the front end must be built",
}
