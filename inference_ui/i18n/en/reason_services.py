AREA = "reason"
TEXT = {
    "SERVICE_UNKNOWN": "There is no such online service ({id}); it may have been deleted",
    "NOT_YOUR_SERVICE": "“{name}” is somebody else's online service; only its owner and "
    "administrators can start, stop, change or delete it",
    "SERVICE_STOPS": "“{service}” is stopping; it can be started once it has stopped",
    "SERVICE_IN_USE": "The task “{task}”{others, select, 0 {} other { and {others, number} more}} "
    "is using “{service}”; wait until it ends, or stop it first",
    "SERVICE_ENDED": "The server ended by itself; see the last lines of its log",
    "LIMIT_BELOW_NODES": "The limit of requests in flight must be a whole number of at least {min, "
    "number} (one for each node)",
    "URL_FORM": "Write it as http://host:port or https://…, without user, password, question "
    "mark or hash; it is “{url}”",
    "URL_TEXT": "No spaces, #, % or control characters, and at most {max, number} characters",
    "TOKEN_FORM": "A token has visible ASCII characters only; look whether a line break was copied "
    "too",
    "HEADERS_TWICE": "Names of headers must differ, and there may be at most {max, number}",
    "HEADER_FORM": "The header “{name}” is malformed: a name has letters, digits and hyphens, a "
    "value no line break",
    "HEADER_OWN": "The header “{name}” is set by the client itself; remove it",
    "HEADER_AND_TOKEN": "There is a token already; remove the Authorization header",
    "CA_FORM": "This is no certificate in PEM form; it should begin with -----BEGIN "
    "CERTIFICATE-----",
    "ASKED_AT_ONCE": "The last test has no answer yet; wait for it",
}
