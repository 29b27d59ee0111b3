AREA = "canary"
TEXT = {
    "title": "Try of 5 items",
    "results": "See results",
    "logs": "See the logs",
    "discard": "Close, and delete what was tried",
    "runs": "The try runs; its results will appear below",
    "colon": ": ",
    "item": "Input",
    "outcome": "Outcome",
    "ms": "Time",
    "took": "{ms} ms",
    "objects": "{count, plural, one {# object} other {# objects}}",
    "answered": "answered",
    "estimate": "At least {rate} items/s on one node. All {inputs, number} "
    "items on {nodes, plural, one {# node} other {# nodes}} take "
    "about {took}, or less",
}
