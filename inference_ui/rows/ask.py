"""What the form for a question begins with."""

from __future__ import annotations

import json

_TEXT = {
    "messages": [{"role": "user", "content": "Describe a cat in one sentence."}],
    "max_tokens": 64,
}

_EXAMPLES: dict[str, object] = {
    "SELDON": {"data": {"ndarray": [[1.0, 2.0, 3.0, 4.0]]}},
    "TENSORFLOW_SERVING": {"instances": [[1.0, 2.0, 3.0, 4.0]]},
    "KSERVE_V1": {"instances": [[1.0, 2.0, 3.0, 4.0]]},
    "OPEN_INFERENCE_V2": {
        "inputs": [
            {"name": "input-0", "shape": [1, 4], "datatype": "FP32", "data": [1.0, 2.0, 3.0, 4.0]}
        ]
    },
    "CUSTOM": {"inputs": [1.0, 2.0, 3.0, 4.0]},
}


def example_of(service_type: str, model_name: str = "") -> str:
    """Return a request that a server of that type understands, if its model takes four numbers."""
    if service_type == "OPENAI":
        example: object = {"model": model_name, **_TEXT}
    else:
        example = _EXAMPLES.get(service_type, {})
    return json.dumps(example, ensure_ascii=False)
