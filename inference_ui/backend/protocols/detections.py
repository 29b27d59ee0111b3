"""Reading a detection out of JSON that a server answered, whatever its envelope.

The format is the product's: ``dclasses``, ``dobjects`` (boxes), ``dconfidences`` and ``dnum``.
Flat parallel arrays are the normal case; tolerated are numeric strings, arrays nested one level
per image or per class, and boxes as one flat array of numbers (a tensor's data). What does not fit
becomes a warning. Nothing in here raises, whatever it is given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

import msgspec

from inference_ui.backend.records import Detections

LENGTHS_DIFFER = "LENGTHS_DIFFER"
"""The arrays are of different lengths; the objects that all of them describe are kept."""
DNUM_DIFFERS = "DNUM_DIFFERS"
"""``dnum`` is not the number of boxes."""
BAD_BOX = "BAD_BOX"
"""A box is not four finite numbers; its object is left out."""
BAD_CONFIDENCE = "BAD_CONFIDENCE"
"""A confidence is not a finite number; it is taken as 0."""
CONFIDENCE_RANGE = "CONFIDENCE_RANGE"
"""A confidence is not between 0 and 1; it is kept."""
BAD_CLASS = "BAD_CLASS"
"""A class is neither text nor a number; it is taken as empty."""
NO_CLASSES = "NO_CLASSES"
"""There are boxes but no ``dclasses``; all classes are empty."""
NO_CONFIDENCES = "NO_CONFIDENCES"
"""There are boxes but no ``dconfidences``; all are 0."""

Box = tuple[float, float, float, float]


class _Plain(msgspec.Struct):
    """The normal case of a detection."""

    dobjects: list[Box]
    dclasses: list[str | int]
    dconfidences: list[float]


class _Enveloped(msgspec.Struct, rename={"inner": "jsonData"}):
    """The normal case, in the envelope that is the most common."""

    inner: _Plain
    dobjects: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_plain = msgspec.json.Decoder(_Plain)
_enveloped = msgspec.json.Decoder(_Enveloped)


def plain_detection(
    answer: bytes, *, may_be_enveloped: bool
) -> tuple[list[str], list[float]] | None:
    """Return classes and confidences of an answer that is a detection in its normal form: flat
    arrays of the same length, also in a ``jsonData`` where the service type knows it. None for
    anything else, also for a detection in another form.

    Ten times as quick as parsing the whole and looking, for those who look at every answer.
    """
    found = _plain_in(answer, may_be_enveloped)
    return None if found is None else (_texts(found), found.dconfidences)


def plain_detections(answer: bytes, *, may_be_enveloped: bool) -> Detections | None:
    """Return the same with the boxes: what :func:`detections_in` finds in such an answer, but for
    warnings."""
    found = _plain_in(answer, may_be_enveloped)
    if found is None:
        return None
    return Detections(tuple(_texts(found)), tuple(found.dobjects), tuple(found.dconfidences))


def _plain_in(answer: bytes, may_be_enveloped: bool) -> _Plain | None:
    try:
        if may_be_enveloped and b'"jsonData"' in answer:
            outer = _enveloped.decode(answer)
            # One that stands outside of the envelope comes first: whoever looks slowly finds it.
            if outer.dobjects is not msgspec.UNSET:
                return None
            found = outer.inner
        else:
            found = _plain.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    count = len(found.dobjects)
    return found if count == len(found.dclasses) == len(found.dconfidences) else None


def _texts(found: _Plain) -> list[str]:
    return [*map(str, found.dclasses)]


def first_detection(candidates: Iterable[object]) -> Detections | None:
    """Return the first of the candidates that is a detection."""
    for candidate in candidates:
        found = detections_in(candidate)
        if found is not None:
            return found
    return None


def json_in_text(value: object) -> object:
    """Return the JSON that a text holds, None when it cannot hold a detection."""
    if not isinstance(value, str) or "dobjects" not in value:
        return None
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError):
        return _lenient(value)


def _lenient(text: str) -> object:
    """Parse JSON as Python writes it, with NaN and Infinity."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def detections_in(value: object) -> Detections | None:
    """Return the detection that a JSON object is; None when it is something else, which is when
    it has no ``dobjects`` that is an array (or null, with nothing found)."""
    if not isinstance(value, dict) or "dobjects" not in value:
        return None
    raw = value["dobjects"] if value["dobjects"] is not None else []
    if not isinstance(raw, list):
        return None
    boxes, groups = _boxes(raw)
    warnings: dict[str, None] = {}
    if value.get("dnum") is not None and _count(value["dnum"]) != len(boxes):
        warnings[DNUM_DIFFERS] = None
    classes = _parallel(value.get("dclasses"), boxes, groups)
    confidences = _parallel(value.get("dconfidences"), boxes, groups)
    if boxes and classes is None:
        warnings[NO_CLASSES] = None
    if boxes and confidences is None:
        warnings[NO_CONFIDENCES] = None
    return _objects(
        boxes,
        [""] * len(boxes) if classes is None else classes,
        [0.0] * len(boxes) if confidences is None else confidences,
        warnings,
    )


def _objects(
    boxes: list[object],
    classes: list[object],
    confidences: list[object],
    warnings: dict[str, None],
) -> Detections:
    if not len(boxes) == len(classes) == len(confidences):
        warnings[LENGTHS_DIFFER] = None
    kept: list[tuple[str, Box, float]] = []
    for raw_box, raw_class, raw_confidence in zip(boxes, classes, confidences, strict=False):
        box = _box(raw_box)
        if box is None:
            warnings[BAD_BOX] = None
            continue
        name = _class_name(raw_class)
        if name is None:
            warnings[BAD_CLASS] = None
        confidence = _number(raw_confidence)
        if confidence is None:
            warnings[BAD_CONFIDENCE] = None
        elif not 0 <= confidence <= 1:
            warnings[CONFIDENCE_RANGE] = None
        kept.append((name or "", box, confidence or 0.0))
    return Detections(
        classes=tuple(name for name, _, _ in kept),
        boxes=tuple(box for _, box, _ in kept),
        confidences=tuple(confidence for _, _, confidence in kept),
        warnings=tuple(warnings),
    )


def _boxes(raw: list[object]) -> tuple[list[object], list[int]]:
    """Return the boxes in order, and how many each group (image or class) holds when they are
    nested; no groups when they are not."""
    if raw and len(raw) % 4 == 0 and not any(isinstance(item, list) for item in raw):
        return [raw[start : start + 4] for start in range(0, len(raw), 4)], []
    if not _is_grouped(raw):
        return raw, []
    boxes: list[object] = []
    sizes = []
    for group in raw:
        members = group if isinstance(group, list) and _is_nested(group) else [group]
        if group == []:
            members = []
        boxes.extend(members)
        sizes.append(len(members))
    return boxes, sizes


def _is_grouped(raw: list[object]) -> bool:
    lists = [item for item in raw if isinstance(item, list)]
    return any(_is_nested(item) for item in lists) or all(item == [] for item in raw)


def _is_nested(item: list[object]) -> bool:
    return any(isinstance(inner, list) for inner in item)


def _parallel(raw: object, boxes: list[object], groups: list[int]) -> list[object] | None:
    """Return what stands beside the boxes, one for each where the array allows it: it may be
    nested as they are, or name each group once. None when there is no array."""
    if raw is None:
        return None
    if not isinstance(raw, list):
        return [raw]
    if _is_nested(raw):
        return [inner for item in raw for inner in (item if isinstance(item, list) else [item])]
    if len(raw) != len(boxes) and len(raw) == len(groups):
        return [item for item, size in zip(raw, groups, strict=True) for _ in range(size)]
    return raw


def _box(raw: object) -> Box | None:
    if not isinstance(raw, list) or len(raw) != 4:
        return None
    a, b, c, d = map(_number, raw)
    if a is None or b is None or c is None or d is None:
        return None
    return a, b, c, d


def _number(raw: object) -> float | None:
    """Return a finite number, also from text; None for anything else."""
    if type(raw) is float:  # the usual case, and this runs for every coordinate
        return raw if math.isfinite(raw) else None
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _class_name(raw: object) -> str | None:
    if isinstance(raw, str):
        # Parsers other than msgspec let half characters through, which no file can hold.
        return raw.encode("utf-8", "replace").decode()
    if isinstance(raw, float):
        return f"{raw:g}"  # a tensor's class number 3.0 is class 3
    if isinstance(raw, int) and not isinstance(raw, bool):
        try:
            return str(raw)
        except ValueError:  # Python prints no number of more than 4,300 digits
            return None
    return None


def _count(raw: object) -> float | None:
    """Return what ``dnum`` says: a number, or one for each image or class."""
    if isinstance(raw, list):
        counts = [_number(item) for item in raw]
        return sum(count for count in counts if count is not None)
    return _number(raw)
