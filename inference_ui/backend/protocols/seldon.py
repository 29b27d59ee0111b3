"""Seldon v1: POST ``/api/v1.0/predictions`` with one of ``data``, ``strData``, ``binData``,
``jsonData``. A FAILURE can come with HTTP 200; its body is
``{"status": {"status": 1, "info": …, "code": …, "reason": …}}``."""

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

_FAILURES = (1, "1", "FAILURE")


def protocol(paths: Paths, image_request: ImageRequest) -> ServiceProtocol:
    """Return the protocol of a server wrapped by Seldon."""
    return ServiceProtocol(
        predict_path=paths.predict_path or "/api/v1.0/predictions",
        readiness=Readiness(paths.readiness_path or "/health/ping"),
        wrap_image=_wrap_image,
        error_of=_error_of,
        unwrap=_unwrap,
        envelopes=True,
    )


def _wrap_image(content: bytes, suffix: str) -> bytes:
    return b'{"strData":"' + b64encode(content) + b'"}'


def _error_of(status: int, body: bytes) -> str | None:
    if not responses.is_success(status):
        return responses.words(status, body, _failure_words)
    # Most answers say nothing of a status, so they are not parsed for it.
    if b'"status"' not in body:
        return None
    state = responses.member(responses.parsed(body), "status")
    if responses.member(state, "status") in _FAILURES:
        return responses.words(status, body, _failure_words)
    return None


def _failure_words(parsed: object) -> object:
    state = responses.member(parsed, "status")
    return responses.member(state, "info") or responses.member(state, "reason")


def _unwrap(answer: object) -> Detections | None:
    return first_detection(_candidates(answer))


def _candidates(answer: object) -> Iterator[object]:
    yield answer
    yield responses.member(answer, "jsonData")
    yield json_in_text(responses.member(answer, "jsonData"))
    yield json_in_text(responses.member(answer, "strData"))
