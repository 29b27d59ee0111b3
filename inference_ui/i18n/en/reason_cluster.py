AREA = "reason"
TEXT = {
    "COMMAND_NOT_FOUND": "The command “{command}” does not exist; check the model package",
    "COMMAND_NOT_EXECUTABLE": "The command “{command}” cannot be executed; check its permissions",
    "COMMAND_CANNOT_START": "The command “{command}” could not be started: {error}",
    "PROCESS_EXITED": "The process exited with code {exit_code}"
    "{restarts, select, 0 {} 1 {, restarted once} other {, restarted {restarts, number} times}}"
    "; see its log",
    "PROCESS_KILLED": "The process was ended by {signal}"
    "{restarts, select, 0 {} 1 {, restarted once} other {, restarted {restarts, number} times}}",
    "REPLICA_LOST": "The process vanished and was started again "
    "({restarts, plural, one {once} other {# times}})",
    "NOT_LISTENING": "Starting; port {port} is not open yet",
    "PORT_TAKEN": "Another program uses port {port}; "
    "the server does not listen on the port it was given",
    "PROBE_TIMED_OUT": "{path} did not answer within {seconds, number} s",
    "PROBE_NOT_HTTP": "{path} does not answer in HTTP",
    "PROBE_STATUS": "Not ready yet: {path} answers {status}",
    "PROBE_BODY": "Not ready yet: {path} says that the model is not loaded",
    "PROBE_INVALID": "The expression of the readiness check is wrong: {pattern}",
    "REMOVING": "Being removed",
    "RUN_FOLDER_UNREADABLE": "The run folder is damaged and cannot be read",
    "LOCAL_CLUSTER_IO": "The run folder cannot be read or written: {error}",
    "CLUSTER_UNREACHABLE": "The cluster cannot be reached"
    "{error, select, none {} other {: {error}}}",
    "WORKLOAD_NAME_INVALID": "“{name}” cannot be the name of a workload",
    "DATABASE_UNUSABLE": "The database cannot be used: {error}",
}
