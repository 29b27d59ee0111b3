"""Asking a running server one thing: the online test, and the trial of a package.

What the server says, whatever it is, is an answer; only what could not be sent is an error.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from inference_ui.backend import imaging
from inference_ui.backend.errors import Message, Refused
from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.backend.protocols import ServiceProtocol
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.answers import Reading, brief, parse_answer, read_answer
from inference_ui.backend.results.boxes import Corners, place

MAX_QUESTION = 32 << 20
"""Bytes of a request's JSON or picture."""
MAX_ANSWER = 8 << 20
"""Bytes of an answer that are read."""
MAX_SHOWN = 200_000
"""Characters of an answer that are passed on as text."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask: JSON that is sent as it is, or a picture that is wrapped into a request.

    ``suffix`` is that of the picture's file, with the dot; ``prompt`` goes with it to an
    OpenAI-compatible server.
    """

    json: str = ""
    picture: bytes = b""
    suffix: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object in the picture. ``box``: left, top, right, bottom in pixels of the picture."""

    name: str
    confidence: float
    box: Corners | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question. ``status`` is HTTP's, 0 when no answer came; ``ms`` from request to
    whole answer. ``error``: the server's own words, or ``problem``: why none came. ``objects`` is
    None for an answer that is no detection; ``size`` is the picture's, ``request`` what was sent.
    """

    status: int = 0
    ms: float = 0.0
    text: str = ""
    shortened: bool = False
    error: str = ""
    problem: Message | None = None
    objects: tuple[FoundObject, ...] | None = None
    reading: Reading | None = None
    size: tuple[int, int] | None = None
    warnings: tuple[Message, ...] = ()
    request: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a server is reached, and what every request to it carries. ``ca`` is PEM text."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    ca: str = ""


def ask(
    door: Door,
    package: PackageSnapshot,
    question: Question,
    *,
    box_format: BoxFormat | None = None,
    timeout_s: float = 60.0,
) -> Answer:
    """Send one question and read the answer. Blocks up to ``timeout_s``.

    Raises :class:`Refused` for a question that cannot be sent: no JSON, no picture, too large.
    """
    protocol = package.protocol(question.prompt)
    body, size = body_of(question, protocol)
    shown = body[:MAX_SHOWN].decode("utf-8", "replace")
    started = time.monotonic()
    try:
        with client_of(door, timeout_s) as client:
            status, content = _post(client, protocol.predict_path, body, started + timeout_s)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Answer(
            ms=(time.monotonic() - started) * 1000,
            problem=problem_of(error, timeout_s),
            size=size,
            request=shown,
        )
    ms = (time.monotonic() - started) * 1000
    return _read(protocol, status, content, ms, size, box_format or package.box_format, shown)


def is_ready(door: Door, package: PackageSnapshot, timeout_s: float = 5.0) -> Message | None:
    """Ask a server whether it is ready; return None when it is, else what it says instead.

    Blocks up to ``timeout_s``.
    """
    readiness = package.protocol().readiness
    try:
        with client_of(door, timeout_s) as client:
            answer = client.get(readiness.path)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return problem_of(error, timeout_s)
    if not 200 <= answer.status_code < readiness.below_status:
        return Message("ANSWERS_STATUS", {"status": answer.status_code, "path": readiness.path})
    if readiness.body is not None and not _matches(readiness.body, answer.text):
        return Message("ANSWERS_NOT_READY", {"path": readiness.path})
    return None


@contextlib.contextmanager
def client_of(door: Door, timeout_s: float) -> Iterator[httpx.Client]:
    """Return a client for one server. Raises ``ssl.SSLError`` for a ``ca`` that is none."""
    context = ssl.create_default_context()
    if door.ca:
        context.load_verify_locations(cadata=door.ca)
    with httpx.Client(
        base_url=door.url,
        headers=dict(door.headers),
        verify=context,
        timeout=timeout_s,
        trust_env=False,
        follow_redirects=False,
    ) as client:
        yield client


def problem_of(error: Exception, timeout_s: float) -> Message:
    """Return why no answer came, in a message."""
    if isinstance(error, httpx.TimeoutException):
        return Message("NO_ANSWER_IN_TIME", {"seconds": int(timeout_s)})
    return Message("NO_CONNECTION", {"error": str(error) or type(error).__name__})


def body_of(question: Question, protocol: ServiceProtocol) -> tuple[bytes, tuple[int, int] | None]:
    """Return what is sent for a question, and the size of its picture.

    Raises :class:`Refused` for a question that cannot be sent.
    """
    if len(question.picture) > MAX_QUESTION or len(question.json) > MAX_QUESTION:
        raise Refused("QUESTION_TOO_LARGE", most=MAX_QUESTION)
    if question.picture:
        info = imaging.inspect(question.picture)
        return protocol.wrap_image(question.picture, question.suffix), (info.width, info.height)
    if not question.json.strip():
        raise Refused("QUESTION_EMPTY")
    body = question.json.encode("utf-8", "surrogatepass")
    if parse_answer(body) is None and question.json.strip() != "null":
        raise Refused("QUESTION_NO_JSON")
    return body, None


def _post(client: httpx.Client, path: str, body: bytes, until: float) -> tuple[int, bytes]:
    """Return status and content, at most one byte more than :data:`MAX_ANSWER`."""
    headers = {"Content-Type": "application/json"}
    content = bytearray()
    with client.stream("POST", path, content=body, headers=headers) as response:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MAX_ANSWER:
                break
            if time.monotonic() > until:
                raise httpx.ReadTimeout("the answer did not end")
        return response.status_code, bytes(content)


def _read(
    protocol: ServiceProtocol,
    status: int,
    content: bytes,
    ms: float,
    size: tuple[int, int] | None,
    box_format: BoxFormat,
    request: str,
) -> Answer:
    text = content.decode("utf-8", "replace")
    error = protocol.error_of(status, content)
    parsed = parse_answer(content) if error is None else None
    found = protocol.unwrap(parsed) if parsed is not None else None
    objects: tuple[FoundObject, ...] | None = None
    warnings: tuple[Message, ...] = ()
    if found is not None:
        placed = place(found.boxes, box_format, size)
        warnings = (*(Message(code) for code in found.warnings), *placed.warnings)
        objects = tuple(
            FoundObject(name, confidence, box)
            for name, confidence, box in zip(
                found.classes, found.confidences, placed.boxes, strict=True
            )
        )
    return Answer(
        status=status,
        ms=ms,
        text=text[:MAX_SHOWN],
        shortened=len(text) > MAX_SHOWN or len(content) > MAX_ANSWER,
        error=error or "",
        objects=objects,
        reading=brief(read_answer(parsed)) if parsed is not None and objects is None else None,
        size=size,
        warnings=warnings,
        request=request,
    )


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None
