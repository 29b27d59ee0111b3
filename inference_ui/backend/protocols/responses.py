"""What the protocols share to read a response: members of JSON of unknown shape, and the server's
own words in an error. Nothing in here raises, whatever a server sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import msgspec

MAX_WORDS = 2000
"""Characters of a server's words that are kept."""


def is_success(status: int) -> bool:
    """Tell whether an HTTP status is an answer. Redirects are none: they are not followed."""
    return 200 <= status < 300


def in_path(name: str) -> str:
    """Return a name as part of a URL's path; slashes stay, so that it may carry a version."""
    return quote(name, safe="/")


def parsed(body: bytes) -> object:
    """Return the JSON in a body, None when it holds none."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def member(value: object, key: str) -> object:
    """Return a member of a JSON object, None when there is none."""
    return value.get(key) if isinstance(value, dict) else None


def first(value: object) -> object:
    """Return the first element of a JSON array, None when there is none."""
    return value[0] if isinstance(value, list) and value else None


def words(status: int, body: bytes, find: Callable[[object], object]) -> str:
    """Return an error's words: those that ``find`` finds in the JSON body, else the body's text,
    else the HTTP status; at most :data:`MAX_WORDS` characters."""
    found = find(parsed(body))
    text = found if isinstance(found, str) else _as_text(found)
    if not text.strip():
        # Four bytes are the longest character: what is cut off would be cut off anyway.
        text = body[: 4 * MAX_WORDS].decode("utf-8", "replace")
    text = text.strip() or f"HTTP {status}"
    return text[:MAX_WORDS].encode("utf-8", "replace").decode()


def _as_text(value: object) -> str:
    """Return JSON text of what a server put where its words should stand."""
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""
