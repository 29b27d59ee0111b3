"""KServe V1: POST ``/v1/models/N:predict``, answered by ``predictions``; errors are
``{"error": …}`` with 404, 503 or 501. GET ``/v1/models/N`` answers ``{"name", "ready"}``."""

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
from inference_ui.backend.protocols.detections import first_detection
from inference_ui.backend.records import Detections


def protocol(paths: Paths, image_request: ImageRequest) -> ServiceProtocol:
    """Return the protocol of a KServe V1 server. Some say ``"ready": "True"``, as text."""
    model = f"/v1/models/{responses.in_path(paths.model_name)}"
    return ServiceProtocol(
        predict_path=paths.predict_path or f"{model}:predict",
        readiness=Readiness(paths.readiness_path or model, r'"ready"\s*:\s*"?[Tt]rue'),
        wrap_image=_wrap_image,
        error_of=_error_of,
        unwrap=_unwrap,
    )


def _wrap_image(content: bytes, suffix: str) -> bytes:
    return b'{"instances":[{"image":{"b64":"' + b64encode(content) + b'"}}]}'


def _error_of(status: int, body: bytes) -> str | None:
    if responses.is_success(status):
        return None
    return responses.words(status, body, lambda parsed: responses.member(parsed, "error"))


def _unwrap(answer: object) -> Detections | None:
    return first_detection(_candidates(answer))


def _candidates(answer: object) -> Iterator[object]:
    yield answer
    predictions = responses.member(answer, "predictions")
    yield predictions
    yield responses.first(predictions)
