"""Open Inference V2 (Triton, MLServer, KServe): POST ``/v2/models/N[/versions/V]/infer``; errors
are ``{"error": …}``, sometimes ``{"detail": …}``.

An output is ``{"name", "shape", "datatype", "data"}`` whose data is flat or nested. A detection
comes as outputs of the four names, or as JSON text in one BYTES output.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from inference_ui.backend.protocols import responses
from inference_ui.backend.protocols.contract import (
    ImageRequest,
    Paths,
    Readiness,
    ServiceProtocol,
)
from inference_ui.backend.protocols.detections import first_detection, json_in_text
from inference_ui.backend.records import Detections


def protocol(paths: Paths, image_request: ImageRequest) -> ServiceProtocol:
    """Return the protocol of an Open Inference server."""
    model = f"/v2/models/{responses.in_path(paths.model_name)}"
    ready = f"{model}/ready" if paths.model_name else "/v2/health/ready"
    return ServiceProtocol(
        predict_path=paths.predict_path or f"{model}/infer",
        readiness=Readiness(paths.readiness_path or ready),
        wrap_image=_wrap_image,
        error_of=_error_of,
        unwrap=_unwrap,
    )


def _wrap_image(content: bytes, suffix: str) -> bytes:
    # The content type is MLServer's way to say that the text is base64 of bytes.
    return (
        b'{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES",'
        b'"parameters":{"content_type":"base64"},"data":["' + b64encode(content) + b'"]}]}'
    )


def _error_of(status: int, body: bytes) -> str | None:
    if responses.is_success(status):
        return None
    return responses.words(status, body, _error_words)


def _error_words(parsed: object) -> object:
    return responses.member(parsed, "error") or responses.member(parsed, "detail")


def _unwrap(answer: object) -> Detections | None:
    return first_detection(_candidates(answer))


def _candidates(answer: object) -> Iterator[object]:
    yield answer
    outputs = responses.member(answer, "outputs")
    if not isinstance(outputs, list):
        return
    named: dict[str, object] = {}
    for output in outputs:
        name = responses.member(output, "name")
        if isinstance(name, str):
            named.setdefault(name, responses.member(output, "data"))
    yield named
    for data in named.values():
        yield json_in_text(responses.first(data))
