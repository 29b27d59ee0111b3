"""Reading a server's answer that is no detection: its classes, its text, or its vectors, where it
is simple.

Pure functions over parsed JSON of unknown shape; nothing here raises.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

MOST_PARTS = 400_000
"""Values of a JSON text, counted by their separators, up to which it is parsed: a detection of
20,000 objects has a third of that."""
MAX_TEXT = 20_000
"""Characters of a text that are kept."""
MAX_CLASSES = 10
"""Classes, and …"""
MAX_VECTORS = 10
"""… vectors that are kept, …"""
MAX_NUMBERS = 8
"""… and numbers of each of them."""

_ENVELOPE = ("jsonData", "strData", "data", "ndarray", "predictions", "outputs", "choices")
_INNER = ("message", "delta")
_FIRST_ALONE = ("choices",)
_CLASS = ("class", "class_name", "className", "label", "category", "prediction")
_CONFIDENCE = ("confidence", "score", "probability", "prob")
_PARALLEL = (
    ("dclasses", "dconfidences"),
    ("labels", "scores"),
    ("labels", "probabilities"),
    ("classes", "scores"),
    ("classes", "probabilities"),
    ("names", "ndarray"),
)
_BY_NAME = ("scores", "probabilities", "predictions")
_TEXT = ("text", "content", "generated_text", "response", "output_text", "strData")
_VECTOR = ("embedding", "embeddings", "vector")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class, and how sure the model is of it."""

    name: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Vector:
    """An array of so many numbers (``length``), and the ``first`` of them."""

    length: int
    first: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says: some classes, the surest first; or a text; or vectors. ``total`` is how
    many classes or vectors there are in all."""

    classes: tuple[ClassScore, ...] = ()
    text: str = ""
    vectors: tuple[Vector, ...] = ()
    total: int = 0


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


def may_be_parsed(content: bytes) -> bool:
    """Whether parsing JSON costs about as much memory as the JSON itself: of small parts, such as
    empty arrays, a few bytes become a hundred."""
    return sum(content.count(sign) for sign in (b",", b"[", b"{")) <= MOST_PARTS


def brief(reading: Reading | None) -> Reading | None:
    """Return what is shown of a reading: its first classes, the beginning of its text."""
    if reading is None:
        return None
    return replace(reading, classes=reading.classes[:MAX_CLASSES], text=reading.text[:MAX_TEXT])


def read_answer(answer: object) -> Reading | None:
    """Return what a parsed answer says, None where that is not simple."""
    for candidate in _candidates(answer, 0):
        for read in (_classes, _text, _vectors):
            reading = read(candidate)
            if reading is not None:
                return reading
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
            if isinstance(inner, list) and key in _FIRST_ALONE:
                inner = inner[:1]
            if isinstance(inner, (dict, list)):
                yield from _candidates(inner, depth + 1)
    elif isinstance(value, list) and len(value) == 1:
        yield from _candidates(value[0], depth + 1)


def _classes(value: object) -> Reading | None:
    if isinstance(value, dict):
        one = _score(value)
        scores = _parallel(value) or _by_name(value) or ([one] if one else [])
    elif isinstance(value, list):
        read = [_score(item) for item in value]
        scores = [score for score in read if score is not None]
        if len(scores) < len(read):
            return None
    else:
        return None
    if not scores:
        return None
    # Those without a number come last, in the order of the server.
    scores.sort(key=lambda one: math.inf if one.confidence is None else -one.confidence)
    return Reading(tuple(scores), total=len(scores))


def _score(value: object) -> ClassScore | None:
    if not isinstance(value, dict):
        return None
    name = next((value[key] for key in _CLASS if _is_name(value.get(key))), None)
    if name is None:
        return None
    numbers = (_number(value.get(key)) for key in _CONFIDENCE)
    confidence = next((number for number in numbers if number is not None), None)
    return _named(name, confidence)


def _parallel(value: dict[object, object]) -> list[ClassScore]:
    """Return classes whose names and confidences stand in two arrays of the same length."""
    for of_names, of_numbers in _PARALLEL:
        names, numbers = _row(value.get(of_names)), _row(value.get(of_numbers))
        if not names or len(names) != len(numbers) or not all(map(_is_name, names)):
            continue
        confidences = [_number(number) for number in numbers]
        if None not in confidences:
            return [_named(*pair) for pair in zip(names, confidences, strict=True)]
    return []


def _row(value: object) -> list[object]:
    """Return an array, or the one that it holds: that of the only picture of a batch."""
    if not isinstance(value, list):
        return []
    inner = value[0] if len(value) == 1 else None
    return inner if isinstance(inner, list) else value


def _by_name(value: dict[object, object]) -> list[ClassScore]:
    """Return classes that are the names of an object's numbers."""
    for key in _BY_NAME:
        inner = value.get(key)
        if isinstance(inner, dict) and inner:
            numbers = [_number(number) for number in inner.values()]
            if None not in numbers:
                return [_named(*pair) for pair in zip(inner, numbers, strict=True)]
    return []


def _named(name: object, confidence: float | None) -> ClassScore:
    return ClassScore(_whole(str(name)[:MAX_TEXT]), confidence)


def _is_name(value: object) -> bool:
    if isinstance(value, int):  # Python prints no number of more than 4,300 digits
        return not isinstance(value, bool) and abs(value) < 1 << 64
    return isinstance(value, str)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> Reading | None:
    if isinstance(value, list) and len(value) == 1:
        return _said(value[0])
    if isinstance(value, dict):
        for key in _TEXT:
            said = _said(value.get(key)) or _said(_joined(value.get(key)))
            if said is not None:
                return said
    return None


def _said(value: object) -> Reading | None:
    if isinstance(value, str) and value.strip() and value[:1] not in ("{", "["):
        return Reading(text=_whole(value))
    return None


def _whole(text: str) -> str:
    """Return a text without halves of characters, which no other program takes."""
    return text.encode("utf-8", "replace").decode()


def _joined(value: object) -> str:
    """Return the text of a message that comes in parts."""
    if not isinstance(value, list):
        return ""
    parts = [part.get("text") for part in value if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _vectors(value: object) -> Reading | None:
    if isinstance(value, dict):
        named = next((value[key] for key in _VECTOR if key in value), None)
        rows = _rows(named)
    elif isinstance(value, list):
        rows = _rows(value) or [
            row for item in value if isinstance(item, dict) for row in _rows(item.get("embedding"))
        ]
    else:
        return None
    if not rows:
        return None
    vectors = tuple(Vector(len(row), tuple(row[:MAX_NUMBERS])) for row in rows[:MAX_VECTORS])
    return Reading(vectors=vectors, total=len(rows))


def _rows(value: object) -> list[list[float]]:
    """Return an array of numbers, or the arrays of them that it holds; none for anything else."""
    if not isinstance(value, list) or not value:
        return []
    rows = value if all(isinstance(item, list) for item in value) else [value]
    read = [[_number(number) for number in row] for row in rows]
    if any(not row or None in row for row in read):
        return []
    return [[number for number in row if number is not None] for row in read]
