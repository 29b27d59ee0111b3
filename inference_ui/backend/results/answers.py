"""Reading a server's answer that is no detection: its classes, or its text, where it is simple.

Pure functions over parsed JSON of unknown shape; nothing here raises.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

MAX_TEXT = 20_000
"""Characters of a text that are kept."""
MAX_CLASSES = 10

_ENVELOPE = ("jsonData", "strData", "data", "ndarray", "predictions", "outputs", "choices")
_INNER = ("message", "delta")
_CLASS = ("class", "class_name", "className", "label", "category", "prediction")
_CONFIDENCE = ("confidence", "score", "probability", "prob")
_TEXT = ("text", "content", "generated_text", "strData")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class, and how sure the model is of it."""

    name: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says in words: some classes, the best first as the server gave them, or a
    text."""

    classes: tuple[ClassScore, ...] = ()
    text: str = ""


def parse_answer(content: bytes) -> object:
    """Parse a result; None when it is no JSON (as Python writes it, with NaN, is taken)."""
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def read_answer(answer: object) -> Reading | None:
    """Return what a parsed answer says, None when that takes more than a line to tell."""
    for candidate in _candidates(answer, 0):
        if isinstance(candidate, list):
            scores = [_score(item) for item in candidate[:MAX_CLASSES]]
            classes = tuple(score for score in scores if score is not None)
            if classes and len(classes) == len(scores):
                return Reading(classes)
        elif isinstance(candidate, dict):
            score = _score(candidate)
            if score is not None:
                return Reading((score,))
            text = next((candidate[key] for key in _TEXT if _is_text(candidate.get(key))), None)
            if text is not None:
                return Reading(text=text[:MAX_TEXT])
    return None


def _candidates(value: object, depth: int) -> Iterator[object]:
    """Yield the value and what its envelopes hold, the outermost first."""
    if depth > _DEEPEST:
        return
    yield value
    if isinstance(value, dict):
        for key in (*_ENVELOPE, *_INNER):
            inner = value.get(key)
            if isinstance(inner, str) and inner[:1] in ("{", "["):
                inner = parse_answer(inner.encode("utf-8", "replace"))
            if isinstance(inner, (dict, list)):
                yield from _candidates(inner, depth + 1)
    elif isinstance(value, list) and len(value) == 1:
        yield from _candidates(value[0], depth + 1)


def _score(value: object) -> ClassScore | None:
    if not isinstance(value, dict):
        return None
    name = next((value[key] for key in _CLASS if isinstance(value.get(key), (str, int))), None)
    if name is None:
        return None
    numbers = (_number(value.get(key)) for key in _CONFIDENCE)
    confidence = next((number for number in numbers if number is not None), None)
    return ClassScore(str(name)[:MAX_TEXT], confidence)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value[:1] not in ("{", "[")
