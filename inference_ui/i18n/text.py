"""Sentences rendered in Python: for the sign-in page, REST answers and the command line.

The browser's rendering (``client/i18n.js``) follows the same rules; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.i18n.catalogue import LOCALES, Parts, messages

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def say(locale: str, key: str, **args: Any) -> str:
    """Render the message ``key``; raises ``KeyError`` for a key that does not exist."""
    return _render(locale, messages(locale)[key], args)


def reason(locale: str, message: Message) -> str:
    """Render what the backend says. A code without a sentence is shown as it is."""
    parts = messages(locale).get(f"reason.{message.code}")
    return message.code if parts is None else _render(locale, parts, message.args)


def best_locale(cookie: str | None, accept_language: str | None) -> str:
    """Return the language to speak: the one chosen before, else the first that the browser wants.

    ``accept_language`` is the header of that name (RFC 9110, 12.5.4).
    """
    if cookie in LOCALES:
        return cookie
    for tag in _by_preference(accept_language or ""):
        if tag[:2] in LOCALES:
            return tag[:2]
    return "en"


def _by_preference(header: str) -> list[str]:
    wanted: list[tuple[float, str]] = []
    for entry in header.lower().split(","):
        tag, _, quality = entry.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag and weight > 0:
            wanted.append((-weight, tag))
    return [tag for _, tag in sorted(wanted, key=lambda pair: pair[0])]


def _render(locale: str, parts: Parts, args: Mapping[str, Any]) -> str:
    return "".join(
        part if isinstance(part, str) else _argument(locale, part, args) for part in parts
    )


def _argument(locale: str, part: Mapping[str, Any], args: Mapping[str, Any]) -> str:
    value = args.get(part["a"])
    if "p" in part:
        case = "one" if locale == "en" and value == 1 else "other"
        return _render(locale, part["p"].get(case, part["p"]["other"]), args)
    if "s" in part:
        case = "none" if value is None or value == "" else str(value)
        return _render(locale, part["s"].get(case, part["s"]["other"]), args)
    return "—" if value is None else _formatted(locale, part["k"], value)


def _formatted(locale: str, kind: str, value: Any) -> str:
    if kind == "text" or isinstance(value, str):
        return str(value)
    if kind == "duration":
        return duration(locale, float(value))
    if kind == "size":
        return size(float(value))
    return number(float(value) / 1000 if kind == "milli" else float(value))


def number(value: float) -> str:
    """Return ``1,234`` or ``12.5``: separators, at most one digit after the point."""
    rounded = _half_up(value * 10) / 10
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"


def size(value: float) -> str:
    """Return a number of bytes as ``1.2 TiB``."""
    unit = 0
    while value >= 1024 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    return f"{number(value if value < 100 else _half_up(value))} {_SIZES[unit]}"


def duration(locale: str, seconds: float) -> str:
    """Return a number of seconds in its two largest units: ``11 min 36 s``."""
    left = max(0, _half_up(seconds))
    words: list[str] = []
    for length, unit in _UNITS:
        count, left = divmod(left, length)
        if count:
            words.append(say(locale, f"format.{unit}", count=count))
        elif words:
            break
        if len(words) == 2:
            break
    return " ".join(words) or say(locale, "format.second", count=0)


def _half_up(value: float) -> int:
    """Round as browsers do; Python's own rounds a half to the even number."""
    return math.floor(value + 0.5)
