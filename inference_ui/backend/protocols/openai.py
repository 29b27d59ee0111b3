"""OpenAI-compatible (vLLM, SGLang, llama.cpp): POST ``/v1/chat/completions`` unless the path says
otherwise; errors are ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

import msgspec

from inference_ui.backend.protocols import responses
from inference_ui.backend.protocols.contract import (
    ImageRequest,
    Paths,
    Readiness,
    ServiceProtocol,
)
from inference_ui.backend.protocols.detections import first_detection, json_in_text
from inference_ui.backend.records import Detections

DEFAULT_PROMPT = "Describe this image."

_MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


def protocol(paths: Paths, image_request: ImageRequest) -> ServiceProtocol:
    """Return the protocol of an OpenAI-compatible server."""
    prompt = image_request.prompt or DEFAULT_PROMPT

    def wrap_image(content: bytes, suffix: str) -> bytes:
        media_type = _MEDIA_TYPES.get(suffix.lower(), "application/octet-stream")
        url = f"data:{media_type};base64,{b64encode(content).decode()}"
        parts = [
            {"type": "text", "text": prompt},
            {"type": "image_url", "image_url": {"url": url}},
        ]
        request: dict[str, object] = {"messages": [{"role": "user", "content": parts}]}
        if paths.model_name:
            request = {"model": paths.model_name, **request}
        return msgspec.json.encode(request)

    return ServiceProtocol(
        predict_path=paths.predict_path or "/v1/chat/completions",
        readiness=Readiness(paths.readiness_path or "/health"),
        wrap_image=wrap_image,
        error_of=_error_of,
        unwrap=_unwrap,
    )


def _error_of(status: int, body: bytes) -> str | None:
    if responses.is_success(status):
        return None
    return responses.words(status, body, _error_words)


def _error_words(parsed: object) -> object:
    error = responses.member(parsed, "error")
    return responses.member(error, "message") or error or responses.member(parsed, "detail")


def _unwrap(answer: object) -> Detections | None:
    return first_detection(_candidates(answer))


def _candidates(answer: object) -> Iterator[object]:
    yield answer
    choice = responses.first(responses.member(answer, "choices"))
    text = responses.member(responses.member(choice, "message"), "content")
    if text is None:
        text = responses.member(choice, "text")
    yield json_in_text(text)
    # Chat models like to put JSON into a fenced block.
    fenced = _FENCED.search(text) if isinstance(text, str) else None
    if fenced:
        yield json_in_text(fenced.group(1))
