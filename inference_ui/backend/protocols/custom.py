"""Custom: paths and headers come from the model package, errors are the text of the body. The
server is ready when it answers GET with a status below 500."""

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

DEFAULT_TEMPLATE = '{"image":"{image}"}'


def protocol(paths: Paths, image_request: ImageRequest) -> ServiceProtocol:
    """Return the protocol of a server that is known only by its model package.

    Raises ``ValueError`` when the template of an image request has no place for the image."""
    before, place, after = (image_request.template or DEFAULT_TEMPLATE).partition("{image}")
    if not place:
        raise ValueError("the template of an image request has no {image}")

    def wrap_image(content: bytes, suffix: str) -> bytes:
        return before.encode() + b64encode(content) + after.encode()

    return ServiceProtocol(
        predict_path=paths.predict_path or "/predict",
        readiness=Readiness(paths.readiness_path or "/", below_status=500),
        wrap_image=wrap_image,
        error_of=_error_of,
        unwrap=_unwrap,
        envelopes=True,
    )


def _error_of(status: int, body: bytes) -> str | None:
    if responses.is_success(status):
        return None
    return responses.words(status, body, lambda parsed: None)


def _unwrap(answer: object) -> Detections | None:
    return first_detection(_candidates(answer))


def _candidates(answer: object) -> Iterator[object]:
    """Yield the answer, what a list of one image holds, and the members of one envelope."""
    yield answer
    yield responses.first(answer)
    if isinstance(answer, dict):
        for value in answer.values():
            yield value
            yield responses.first(value)
            yield json_in_text(value)
