AREA = "reason"
_MODEL = "{model, select, any {cards} other {{model}}}"
_SHORT = (
    "{resource, select, cpu {{needed, milli} CPU cores, at most {free, milli} are free} "
    "memory {{needed, size} of memory, at most {free, size} is free} "
    "other {{needed, number}, at most {free, number} are free}}"
)
_ALL = (
    "{resource, select, cpu {{needed, milli} CPU cores, at most {free, milli} are there} "
    "memory {{needed, size} of memory, at most {free, size} is there} "
    "other {{needed, number}, at most {free, number} are there}}"
)
_AMONG = "{among, select, all {} other {Limited to {among}: }}"
TEXT = {
    # what something waits for
    "QUEUED_NO_CARDS": _AMONG + f"Needs {{needed, number}} × {_MODEL} on one node; "
    "{free, select, 0 {none is free} other {the largest free is {free, number}, on {node}}}",
    "QUEUED_NO_SLICES": _AMONG + "Needs {needed, plural, one {# slice} other {# slices}} of "
    f"{_MODEL} on one node; "
    "{free, select, 0 {none is free} other {the largest free is {free, number}, on {node}}}",
    "QUEUED_NO_ROOM": _AMONG + f"Needs {_SHORT}, on {{node}}",
    "QUEUED_FEW_SEATS": _AMONG + "Needs room for {replicas, number} replicas at once; "
    "{fitting, plural, one {# fits} other {# fit}} now, short of "
    f"{{resource, select, cpu {{CPU}} memory {{memory}} other {{{_MODEL}}}}}",
    "QUEUED_NO_ROOM_FOR_CLIENT": f"The server fits, its batch client does not: needs {_SHORT}",
    "QUEUED_HELD": "Would fit on {node} now, but the place is held for “{task}”, "
    "which has waited long before it",
    "QUEUED_NO_NODE_OPEN": "None of {nodes, plural, one {# node} other {# nodes}} takes anything "
    "at the moment; waiting for one to come back",
    "QUEUED_NO_NODE_NAMED": "Waiting for {nodes} to appear",
    "QUEUED_NO_NODE_WITH_DRIVER": "Waiting for a node with driver version {driver}",
    "QUEUED_NO_NODE_READY": "The cluster has no node; waiting for one to appear",
    # why a node does not do
    "NODE_NOT_READY": "{node} is not ready{why, select, none {} other {: {why}}}",
    "NODE_CORDONED": "{node} is cordoned{why, select, none {} other {: {why}}}",
    "NODE_TAINTED": "{node} has the taint {taint}, which the spec does not tolerate",
    "NODE_TOO_SMALL": f"Too small: needs {_ALL}",
    "NODE_NO_CARDS": f"Needs {{needed, number}} × {_MODEL}; "
    "{free, select, 0 {there is none} other {only {free, number} are here}}",
    "NODE_NO_SLICES": "Needs {needed, plural, one {# slice} other {# slices}} of "
    f"{_MODEL}; "
    "{free, select, 0 {there is none of that kind} other {only {free, number} are here}}",
    # what can never be
    "SPEC_TOO_LARGE": _AMONG
    + f"Too large even for an empty cluster: one node needs {_ALL}, on {{node}}. "
    "Choose a smaller spec",
    "SPEC_NO_CARDS": _AMONG + "Too large even for an empty cluster: one node needs "
    f"{{needed, number}} × {_MODEL}, "
    "{free, select, 0 {there is no such node} "
    "other {at most {free, number} are there, on {node}}}. Choose another spec",
    "SPEC_NO_SLICES": _AMONG + "Too large even for an empty cluster: one node needs "
    f"{{needed, plural, one {{# slice}} other {{# slices}}}} of {_MODEL}, "
    "{free, select, 0 {there is no such node} "
    "other {at most {free, number} are there, on {node}}}. Choose another spec",
    "SPEC_FEW_SEATS": _AMONG + "Even an empty cluster holds only {fitting, number} of "
    "{replicas, number} replicas, short of "
    f"{{resource, select, cpu {{CPU}} memory {{memory}} other {{{_MODEL}}}}}. "
    "Use fewer nodes or a smaller spec",
    "SPEC_NO_ROOM_FOR_CLIENT": "Even on an empty cluster the server fits but its batch client "
    f"does not: needs {_ALL}. Choose a smaller spec",
    "NODES_UNKNOWN": "There is no node called {nodes}",
    "DRIVER_UNKNOWN": "No node has driver version {driver}",
    "NO_NODE_READY": "The cluster has no node; tell an administrator",
}
