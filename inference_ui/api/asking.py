"""Questions and answers over REST: reading what a form or a program sends, writing what came of it.

A question is the body itself: JSON as ``application/json``, or a picture's bytes with the name of
its file (``name``) and what is asked about it (``prompt``) in the query.
"""

from __future__ import annotations

from base64 import b64decode
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from inference_ui.backend.errors import Refused
from inference_ui.backend.services.asking import MAX_QUESTION, Answer, Question

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tiff",
}


async def question_of(request: Request, name: str = "", prompt: str = "") -> Question:
    """Read a question from a request, and no more of it than may be asked.

    Raises :class:`Refused` for one that is too large or no UTF-8.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_QUESTION:
            raise Refused("QUESTION_TOO_LARGE", most=MAX_QUESTION)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _SUFFIXES or kind == "application/octet-stream":
        suffix = PurePosixPath(name).suffix.lower() or _SUFFIXES.get(kind, "")
        return Question(picture=bytes(content), suffix=suffix, prompt=prompt)
    try:
        return Question(json=content.decode("utf-8"), prompt=prompt)
    except UnicodeDecodeError as error:
        raise Refused("QUESTION_NO_JSON") from error


GivenQuestion = Annotated[Question, Depends(question_of)]
"""A route's parameter of this type is the question in its request."""


class Overrides(BaseModel):
    """Values for one question alone, by name, in place of a package's defaults."""

    model_config = ConfigDict(extra="forbid")

    environment: dict[str, str] = Field(default={}, repr=False)
    parameters: dict[str, str] = {}


def overrides_of(x_overrides: Annotated[str, Header()] = "") -> Overrides:
    """Read the header ``X-Overrides``: the Base64 of JSON. In an address it would be written into
    logs. Raises :class:`Refused`."""
    try:
        return Overrides.model_validate_json(b64decode(x_overrides) or b"{}")
    except ValueError:
        # The error quotes what was given, which may be a secret.
        raise Refused("OVERRIDES_UNREADABLE") from None


GivenOverrides = Annotated[Overrides, Depends(overrides_of)]
"""A route's parameter of this type is what its request sets for one question."""


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer for the browser's ``AnswerView``, and for programs."""
    return {
        "status": answer.status,
        "ms": round(answer.ms, 2),
        "text": answer.text,
        "shortened": answer.shortened,
        "error": _sendable(answer.error),
        "problem": answer.problem.to_json() if answer.problem else None,
        "objects": _objects(answer),
        "reading": _reading(answer),
        "size": list(answer.size) if answer.size else None,
        "warnings": [warning.to_json() for warning in answer.warnings],
        "request": answer.request,
    }


def _objects(answer: Answer) -> list[dict[str, Any]] | None:
    if answer.objects is None:
        return None
    return [
        {
            "name": _sendable(one.name),
            "confidence": one.confidence,
            "box": list(one.box) if one.box else None,
        }
        for one in answer.objects
    ]


def _reading(answer: Answer) -> dict[str, Any] | None:
    reading = answer.reading
    if reading is None:
        return None
    return {
        "classes": [{"name": one.name, "confidence": one.confidence} for one in reading.classes],
        "text": reading.text,
        "vectors": [
            {"length": vector.length, "first": list(vector.first)} for vector in reading.vectors
        ],
        "total": reading.total,
    }


def _sendable(text: str) -> str:
    """Return a text of somebody's JSON without the halves of characters that may stand there."""
    return text.encode("utf-8", "replace").decode("utf-8")
