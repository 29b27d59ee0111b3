"""What the servers of the benchmark answer."""

import json

ANSWER_BYTES = 943
MODEL = "m"


def detections() -> str:
    """A detector's answer of exactly ANSWER_BYTES."""
    boxes = [[12 + 3 * i, 20 + i, 52 + 3 * i, 60 + i] for i in range(12)]
    answer: dict[str, object] = {
        "dclasses": [i % 10 for i in range(12)],
        "dobjects": boxes,
        "dconfidences": [round(0.99 - i / 100, 2) for i in range(12)],
        "dnum": 12,
        "note": "",
    }
    answer["note"] = "n" * (ANSWER_BYTES - len(json.dumps(answer)))
    return json.dumps(answer)


def v2_answer() -> str:
    """An answer of Open Inference V2 of about the same size."""
    scores = [round(0.001 * i, 3) for i in range(110)]
    output = {"name": "scores", "shape": [1, len(scores)], "datatype": "FP32", "data": scores}
    return json.dumps({"model_name": MODEL, "model_version": "1", "id": "1", "outputs": [output]})


def v2_metadata() -> str:
    """What a client of Open Inference V2 may ask about the model."""
    tensor = {"name": "text", "datatype": "BYTES", "shape": [-1]}
    return json.dumps({"name": MODEL, "platform": "none", "inputs": [tensor], "outputs": [tensor]})
