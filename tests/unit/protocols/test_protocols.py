"""Each protocol: its paths, its envelopes, its errors, its request for a picture."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.protocols import ImageRequest, ServiceType, protocol_of
from inference_ui.backend.protocols.responses import MAX_WORDS

DETECTION = {
    "dclasses": ["cat"],
    "dobjects": [[1, 2, 3, 4]],
    "dconfidences": ["0.9"],
    "dnum": 1,
}
PICTURE = b"\x89PNG\xff\x00 not really"
BASE64 = base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    ("service_type", "model", "predict", "ready"),
    [
        ("SELDON", "", "/api/v1.0/predictions", "/health/ping"),
        ("TENSORFLOW_SERVING", "m", "/v1/models/m:predict", "/v1/models/m"),
        (
            "TENSORFLOW_SERVING",
            "m/versions/3",
            "/v1/models/m/versions/3:predict",
            "/v1/models/m/versions/3",
        ),
        ("KSERVE_V1", "m", "/v1/models/m:predict", "/v1/models/m"),
        ("OPEN_INFERENCE_V2", "m", "/v2/models/m/infer", "/v2/models/m/ready"),
        ("OPEN_INFERENCE_V2", "模", "/v2/models/%E6%A8%A1/infer", "/v2/models/%E6%A8%A1/ready"),
        ("OPENAI", "m", "/v1/chat/completions", "/health"),
        ("CUSTOM", "", "/predict", "/"),
    ],
)
def test_the_paths_are_those_of_the_protocol(
    service_type: str, model: str, predict: str, ready: str
) -> None:
    protocol = protocol_of(service_type, model_name=model)
    assert (protocol.predict_path, protocol.readiness.path) == (predict, ready)


@pytest.mark.parametrize("service_type", ServiceType)
def test_given_paths_replace_those_of_the_protocol(service_type: ServiceType) -> None:
    protocol = protocol_of(service_type, predict_path="/p", readiness_path="/r")
    assert (protocol.predict_path, protocol.readiness.path) == ("/p", "/r")


def test_an_unknown_service_type_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="GOPHER"):
        protocol_of("GOPHER")


@pytest.mark.parametrize(
    ("service_type", "body", "ready"),
    [
        ("TENSORFLOW_SERVING", {"model_version_status": [{"state": "AVAILABLE"}]}, True),
        ("TENSORFLOW_SERVING", {"model_version_status": [{"state": "LOADING"}]}, False),
        ("KSERVE_V1", {"name": "m", "ready": True}, True),
        ("KSERVE_V1", {"name": "m", "ready": "True"}, True),
        ("KSERVE_V1", {"name": "m", "ready": False}, False),
    ],
)
def test_readiness_is_also_told_by_the_body(service_type: str, body: Any, ready: bool) -> None:
    pattern = protocol_of(service_type, model_name="m").readiness.body
    assert pattern is not None
    for text in (json.dumps(body), json.dumps(body, indent=1)):
        assert bool(re.search(pattern, text)) is ready


@pytest.mark.parametrize(
    ("service_type", "answer"),
    [
        ("SELDON", DETECTION),
        ("SELDON", {"jsonData": DETECTION, "meta": {}}),
        ("SELDON", {"strData": json.dumps(DETECTION)}),
        ("SELDON", {"jsonData": json.dumps(DETECTION)}),
        ("TENSORFLOW_SERVING", {"predictions": [DETECTION]}),
        (
            "TENSORFLOW_SERVING",
            {"outputs": {name: [value] for name, value in DETECTION.items()}},
        ),
        ("KSERVE_V1", {"predictions": [DETECTION]}),
        ("KSERVE_V1", {"predictions": DETECTION}),
        (
            "OPEN_INFERENCE_V2",
            {
                "outputs": [
                    {"name": "dclasses", "shape": [1], "datatype": "BYTES", "data": ["cat"]},
                    {"name": "dobjects", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]},
                    {"name": "dconfidences", "shape": [1], "datatype": "FP32", "data": [0.9]},
                    {"name": "dnum", "shape": [1], "datatype": "INT64", "data": [1]},
                ]
            },
        ),
        (
            "OPEN_INFERENCE_V2",
            {
                "outputs": [
                    {"name": "scores", "data": [1, 2]},
                    {"name": "result", "datatype": "BYTES", "data": [json.dumps(DETECTION)]},
                ]
            },
        ),
        ("OPENAI", {"choices": [{"message": {"content": json.dumps(DETECTION)}}]}),
        ("OPENAI", {"choices": [{"text": f"Here:\n```json\n{json.dumps(DETECTION)}\n```"}]}),
        ("CUSTOM", DETECTION),
        ("CUSTOM", [DETECTION]),
        ("CUSTOM", {"result": DETECTION}),
        ("CUSTOM", {"data": [DETECTION]}),
        ("CUSTOM", {"text": json.dumps(DETECTION)}),
    ],
)
def test_a_detection_is_found_in_the_protocols_envelope(service_type: str, answer: Any) -> None:
    found = protocol_of(service_type, model_name="m").unwrap(answer)
    assert found is not None
    assert (found.classes, found.boxes, found.confidences, found.warnings) == (
        ("cat",),
        ((1.0, 2.0, 3.0, 4.0),),
        (0.9,),
        (),
    )


@pytest.mark.parametrize("service_type", ServiceType)
@pytest.mark.parametrize(
    "answer", [{}, [], None, 1, "text", {"predictions": [0.1]}, {"outputs": [1]}, {"choices": []}]
)
def test_other_answers_are_no_detection(service_type: ServiceType, answer: Any) -> None:
    assert protocol_of(service_type, model_name="m").unwrap(answer) is None


FAILURE = {"status": {"status": 1, "info": "unexpected protocol", "code": -1, "reason": "BAD"}}


@pytest.mark.parametrize(
    ("service_type", "status", "body", "words"),
    [
        ("SELDON", 400, json.dumps(FAILURE), "unexpected protocol"),
        ("SELDON", 200, json.dumps(FAILURE), "unexpected protocol"),
        ("SELDON", 200, '{"status": {"status": "FAILURE", "reason": "BAD"}}', "BAD"),
        ("TENSORFLOW_SERVING", 400, '{"error": "no such input"}', "no such input"),
        ("KSERVE_V1", 404, '{"error": "model m not found"}', "model m not found"),
        ("OPEN_INFERENCE_V2", 400, '{"error": "bad shape"}', "bad shape"),
        ("OPEN_INFERENCE_V2", 422, '{"detail": [{"msg": "é"}]}', '[{"msg": "é"}]'),
        ("OPENAI", 400, '{"error": {"message": "too long", "type": "x"}}', "too long"),
        ("OPENAI", 400, '{"error": "too long"}', "too long"),
        ("CUSTOM", 418, '{"why": 1}\n', '{"why": 1}'),
        ("CUSTOM", 500, "", "HTTP 500"),
        ("SELDON", 500, "<html>oh no</html>", "<html>oh no</html>"),
        ("SELDON", 302, "", "HTTP 302"),
    ],
)
def test_an_error_is_told_in_the_servers_own_words(
    service_type: str, status: int, body: str, words: str
) -> None:
    protocol = protocol_of(service_type, model_name="m")
    assert protocol.error_of(status, body.encode()) == words


@pytest.mark.parametrize("service_type", ServiceType)
@pytest.mark.parametrize(
    "body", [b"{}", b'{"status":{"status":0}}', b'{"status":"ok"}', b'{"meta":{},"status":[]}', b""]
)
def test_a_success_is_an_answer(service_type: ServiceType, body: bytes) -> None:
    assert protocol_of(service_type, model_name="m").error_of(200, body) is None


@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=40)
    | st.sampled_from([b'{"error":' * 50_000, b'{"error":"' + b"\xff" * 9000, b'{"detail":[[1]]}']),
    status=st.integers(100, 999),
    service_type=st.sampled_from(ServiceType),
)
def test_an_error_is_always_short_text(body: bytes, status: int, service_type: ServiceType) -> None:
    words = protocol_of(service_type, model_name="m").error_of(status, body)
    if not 200 <= status < 300:
        assert words
    if words is not None:
        assert len(words) <= MAX_WORDS
        words.encode()


@pytest.mark.parametrize(
    ("service_type", "request_body"),
    [
        ("SELDON", {"strData": BASE64}),
        ("TENSORFLOW_SERVING", {"instances": [{"b64": BASE64}]}),
        ("KSERVE_V1", {"instances": [{"image": {"b64": BASE64}}]}),
        (
            "OPEN_INFERENCE_V2",
            {
                "inputs": [
                    {
                        "name": "image",
                        "shape": [1],
                        "datatype": "BYTES",
                        "parameters": {"content_type": "base64"},
                        "data": [BASE64],
                    }
                ]
            },
        ),
        (
            "OPENAI",
            {
                "model": "m",
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "Which animals?"},
                            {
                                "type": "image_url",
                                "image_url": {"url": f"data:image/png;base64,{BASE64}"},
                            },
                        ],
                    }
                ],
            },
        ),
        ("CUSTOM", {"pictures": [BASE64]}),
    ],
)
def test_a_picture_is_wrapped_as_the_protocol_wants_it(
    service_type: str, request_body: Any
) -> None:
    protocol = protocol_of(
        service_type,
        model_name="m",
        image_request=ImageRequest("Which animals?", '{"pictures":["{image}"]}'),
    )
    assert json.loads(protocol.wrap_image(PICTURE, ".PNG")) == request_body


def test_a_template_without_a_place_for_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="image"):
        protocol_of("CUSTOM", image_request=ImageRequest(template="{}"))
