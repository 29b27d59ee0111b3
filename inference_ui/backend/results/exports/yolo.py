"""YOLO: a zip with ``labels/<path of the picture>.txt``, ``classes.txt`` and ``data.yaml``.

A line is an object: class number, centre and size as shares of the picture, and the confidence as
the sixth number, as Ultralytics' own ``save_conf`` writes it. Boxes are cut at the picture's edges,
since readers refuse what lies beyond. An item without objects has an empty file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from inference_ui.backend.records import Detections
from inference_ui.backend.results.boxes import Corners
from inference_ui.backend.results.exports.classes import Classes
from inference_ui.backend.results.exports.job import LeftOut
from inference_ui.backend.results.exports.member_names import MemberNames, safe_member
from inference_ui.backend.results.exports.reading import Items
from inference_ui.backend.results.exports.zips import ZipStream


def yolo(items: Items) -> Iterator[bytes]:
    """Yield the zip."""
    classes, names = Classes(first=0), MemberNames()
    archive = ZipStream(items.job.scratch, datetime.fromisoformat(items.job.at))
    try:
        for entry in items:
            found = items.detections(entry)
            picture = items.picture(entry) if found is not None else None
            if found is None or picture is None:
                continue
            name, width, height = picture
            lines = "".join(_lines(items, found, (width, height), classes))
            yield from archive.add(_label_name(names, name), lines.encode(), deflate=True)
        listed = "".join(f"{_one_line(name)}\n" for _, name in classes)
        yield from archive.add("classes.txt", listed.encode("utf-8", "replace"), deflate=True)
        yield from archive.add("data.yaml", b"".join(_data(classes)), deflate=True)
        yield from archive.end()
    finally:
        archive.close()


def _label_name(names: MemberNames, picture: str) -> str:
    """Return where the labels of a picture go: beside ``images/…`` of the same name, as readers
    expect it; a second picture that differs in its ending alone keeps that."""
    path = safe_member(picture)
    stem = str(PurePosixPath(path).with_suffix(""))
    return names.take(f"labels/{stem}.txt", f"labels/{path}.txt")


def _lines(
    items: Items, found: Detections, size: tuple[int, int], classes: Classes
) -> Iterator[str]:
    boxes = items.place(found, size)
    for box, name, confidence in zip(boxes, found.classes, found.confidences, strict=True):
        cut = _cut(box, size) if box is not None else None
        number = classes.number(name) if cut is not None else None
        if cut is None or number is None:
            items.leave_out(LeftOut.BOX if cut is None else LeftOut.CLASSES)
            continue
        yield "%d %.6f %.6f %.6f %.6f %.6g\n" % (number, *cut, confidence)  # noqa: UP031 - quicker


def _cut(box: Corners, size: tuple[int, int]) -> Corners | None:
    """Return centre and size, as shares, of what of a box is in the picture; None for nothing."""
    width, height = size
    left, right = max(0.0, box[0] / width), min(1.0, box[2] / width)
    top, bottom = max(0.0, box[1] / height), min(1.0, box[3] / height)
    if right <= left or bottom <= top:
        return None
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _one_line(name: str) -> str:
    """Return a class as one line: the place of a line in the list is its number."""
    return " ".join(name.split()) or "_"


def _data(classes: Classes) -> Iterator[bytes]:
    """Yield YAML; texts in JSON's quotes are YAML, whatever is in them."""
    yield b"path: .\ntrain: images\nval: images\nnames:\n"
    for number, name in classes:
        yield b"  %d: %s\n" % (number, msgspec.json.encode(_one_line(name)))
