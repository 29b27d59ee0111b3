"""COCO JSON: ``images``, ``annotations`` with a ``score``, ``categories``, ``info``.

Categories are numbered from 1 in the order in which they first appear: annotations are written
before all classes are known. Boxes are as they were answered, also where they leave the picture:
what is measured with this file is the model. An image's ``id`` is its item's number.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from inference_ui.backend.results.exports.classes import Classes
from inference_ui.backend.results.exports.job import LeftOut
from inference_ui.backend.results.exports.reading import Items
from inference_ui.backend.results.items import Entry

_PIECE = 1 << 18
_PRECISION = 3
"""Digits of a pixel that are kept: without, 12.3 comes out as 12.299999999999999."""


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int
    height: int


class _Annotation(msgspec.Struct):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    iscrowd: int
    score: float


_encoder = msgspec.json.Encoder()


def coco(items: Items) -> Iterator[bytes]:
    """Yield the file. Annotations wait in a temporary file while images are written."""
    classes = Classes(first=1)
    with tempfile.TemporaryFile(dir=items.job.scratch) as annotations:
        yield b'{"images":['
        yield from _images(items, classes, annotations)
        yield b'],"annotations":['
        annotations.seek(0)
        while piece := annotations.read(_PIECE):
            yield piece
    yield b'],"categories":['
    for number, name in classes:
        comma = b"," if number > 1 else b""
        yield comma + _encoder.encode({"id": number, "name": name, "supercategory": ""})
    yield b'],"licenses":[],"info":' + _encoder.encode(_info(items)) + b"}\n"


def _images(items: Items, classes: Classes, annotations: BinaryIO) -> Iterator[bytes]:
    count = images = 0
    for entry in items:
        found = items.detections(entry)
        picture = items.picture(entry) if found is not None else None
        if found is None or picture is None:
            continue
        name, width, height = picture
        image = _encoder.encode(_Image(entry.number, name, width, height))
        yield b"," + image if images else image
        images += 1
        boxes = items.place(found, (width, height))
        for box, label, score in zip(boxes, found.classes, found.confidences, strict=True):
            category = classes.number(label) if box is not None else None
            if box is None or category is None:
                items.leave_out(LeftOut.BOX if box is None else LeftOut.CLASSES)
                continue
            annotation = _annotation(count + 1, entry, category, box, score)
            if annotation is None:
                items.leave_out(LeftOut.BOX)
                continue
            encoded = _encoder.encode(annotation)
            annotations.write(b"," + encoded if count else encoded)
            count += 1


def _annotation(
    number: int,
    entry: Entry,
    category: int,
    box: tuple[float, float, float, float],
    score: float,
) -> _Annotation | None:
    x, y = round(box[0], _PRECISION), round(box[1], _PRECISION)
    width, height = round(box[2] - box[0], _PRECISION), round(box[3] - box[1], _PRECISION)
    area = round(width * height, _PRECISION)
    if not (math.isfinite(area) and math.isfinite(width) and math.isfinite(height)):
        return None  # JSON has no such numbers
    return _Annotation(number, entry.number, category, (x, y, width, height), area, 0, score)


def _info(items: Items) -> dict[str, object]:
    job = items.job
    return {
        "description": job.task,
        "version": job.version,
        "year": int(job.at[:4]),
        "date_created": job.at,
        "contributor": f"inference-ui {job.version}",
        "left_out": items.left_out,
    }
