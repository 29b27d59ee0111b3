"""All that is shown of one item: its answer as text and as objects, and what is known of its
picture.

Reads what an :class:`~inference_ui.backend.results.items.Entry` points at. What cannot be read is
a message in its place, so that the rest is shown all the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.errors import Message, NotFound, Refused
from inference_ui.backend.imaging import shown_size
from inference_ui.backend.inside import open_inside, plain_relative
from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.backend.models.task import TaskPlan
from inference_ui.backend.protocols import protocol_of
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.records import IMAGE_SUFFIXES, ItemStatus
from inference_ui.backend.results.answers import (
    MOST_PARTS,
    Reading,
    brief,
    may_be_parsed,
    parse_answer,
    read_answer,
)
from inference_ui.backend.results.boxes import Corners, better_format, place
from inference_ui.backend.results.items import Entry
from inference_ui.backend.results.pictures import PictureOrigin, find_picture

MAX_PARSED = 16 << 20
"""Bytes of a result that is read as an answer; a larger one is only shown in part."""
MAX_SHOWN = 1 << 20
"""Bytes of a result, and …"""
MAX_OBJECTS = 2000
"""… objects of it, that are shown."""
MAX_REQUEST = 1 << 20
"""Bytes of a failed item's request that are shown."""


@dataclass(frozen=True, slots=True)
class ObjectView:
    """An object that was found. ``box`` is x1, y1, x2, y2 in pixels; None without a place."""

    name: str
    confidence: float
    box: Corners | None


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture's size in pixels, as it is shown, and in bytes, its format, where it was found.

    ``shown_width`` and ``shown_height`` are those of the reduced copy that is shown in its place;
    boxes are in the pixels of the picture itself all the same. None where there is no such copy.
    """

    width: int
    height: int
    size: int
    kind: str
    origin: PictureOrigin
    name: str
    shown_width: int | None = None
    shown_height: int | None = None


@dataclass(frozen=True, slots=True)
class ResultView:
    """A result or request as stored, bytes that are no UTF-8 replaced; ``size`` in bytes, ``whole``
    unless it was cut."""

    text: str
    size: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PackageFormat:
    """How boxes are written, by the model package that the task ran. ``label`` is its name and
    version; ``problem`` says what keeps the acting user from changing it."""

    id: str
    label: str
    box_format: BoxFormat
    problem: Message | None = None


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item. ``objects`` is None for an answer that is no detection; its ``reading`` is what
    that says in words, where it is simple. ``request`` is a failed item's.

    ``box_format`` is the one that boxes are shown in, ``package`` whose it is, and
    ``better_format`` the one that seems to be right where this one does not.
    """

    number: int
    name: str
    source: str
    status: str
    error: str | None
    problem: Message | None
    ms: float | None
    attempt: int | None
    box_format: BoxFormat
    better_format: BoxFormat | None = None
    package: PackageFormat | None = None
    picture: PictureView | None = None
    picture_problem: Message | None = None
    result: ResultView | None = None
    result_problem: Message | None = None
    objects: tuple[ObjectView, ...] | None = None
    objects_total: int = 0
    reading: Reading | None = None
    request: ResultView | None = None
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of reading a result."""

    result: ResultView | None = None
    problem: Message | None = None
    objects: tuple[ObjectView, ...] | None = None
    total: int = 0
    reading: Reading | None = None
    better_format: BoxFormat | None = None
    warnings: tuple[Message, ...] = ()


def view_of(entry: Entry, plan: TaskPlan, box_format: BoxFormat | None = None) -> ItemView:
    """Return all that is shown of an item, its boxes read as ``box_format``, else as the task's
    package said when it was created."""
    box_format = box_format or plan.package.box_format
    picture, picture_problem = _picture(entry, Path(plan.dataset_folder))
    answer = _answer(entry, plan, picture, box_format)
    return ItemView(
        number=entry.number,
        name=entry.name,
        source=entry.source,
        status=entry.status,
        error=entry.error,
        problem=entry.problem,
        ms=entry.more.ms if entry.more else None,
        attempt=entry.more.attempt if entry.more else None,
        box_format=box_format,
        better_format=answer.better_format,
        picture=picture,
        picture_problem=picture_problem,
        result=answer.result,
        result_problem=answer.problem,
        objects=answer.objects,
        objects_total=answer.total,
        reading=answer.reading,
        request=_request(entry, Path(plan.dataset_folder)),
        warnings=answer.warnings,
    )


def open_result(entry: Entry, plan: TaskPlan) -> BinaryIO:
    """Open the file of an item's result. Raises :class:`Refused`, :class:`NotFound`."""
    if entry.location is None:
        raise NotFound("NO_RESULT")
    return open_inside(Path(plan.output_folder), plain_relative(entry.location))


def input_of(entry: Entry) -> str:
    """Return an item's path in the dataset. Raises :class:`Refused` when it has none."""
    if entry.relative is None:
        reason = entry.problem or Message("SOURCE_OUTSIDE")
        raise Refused(reason.code, **reason.args)
    return entry.relative


def _picture(entry: Entry, dataset: Path) -> tuple[PictureView | None, Message | None]:
    try:
        found = find_picture(dataset, input_of(entry))
        info = found.inspect()
    except Refused as error:
        return None, error.message
    copy = shown_size(info.width, info.height) or (None, None)
    view = PictureView(
        info.width, info.height, found.size, info.kind, found.origin, found.name, *copy
    )
    return view, None


def _answer(
    entry: Entry, plan: TaskPlan, picture: PictureView | None, box_format: BoxFormat
) -> _Answer:
    if entry.status != ItemStatus.SUCCEEDED:
        return _Answer()
    try:
        with open_result(entry, plan) as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(MAX_PARSED if size <= MAX_PARSED else MAX_SHOWN)
    except Refused as error:
        return _Answer(problem=error.message)
    except OSError as error:
        return _Answer(problem=Message("RESULT_UNREADABLE", {"error": error.strerror}))
    text = content[:MAX_SHOWN].decode("utf-8", "replace")
    result = ResultView(text, size, whole=size <= MAX_SHOWN)
    if size > MAX_PARSED:
        too_large = Message("RESULT_TOO_LARGE", {"size": size, "most": MAX_PARSED})
        return _Answer(result, warnings=(too_large,))
    if not may_be_parsed(content):
        return _Answer(result, warnings=(Message("RESULT_TOO_MANY_PARTS", {"most": MOST_PARTS}),))
    return _read(result, parse_answer(content), plan.package, picture, box_format)


def _read(
    result: ResultView,
    answer: object,
    package: PackageSnapshot,
    picture: PictureView | None,
    box_format: BoxFormat,
) -> _Answer:
    found = protocol_of(package.service_type, model_name=package.model_name).unwrap(answer)
    if found is None:
        return _Answer(result, reading=brief(read_answer(answer)))
    size = (picture.width, picture.height) if picture else None
    placed = place(found.boxes, box_format, size)
    better = better_format(found.boxes, box_format, size) if size and placed.warnings else None
    objects = tuple(
        ObjectView(name, confidence, box)
        for name, confidence, box in zip(
            found.classes[:MAX_OBJECTS], found.confidences, placed.boxes, strict=False
        )
    )
    warnings = (*(Message(code) for code in found.warnings), *placed.warnings)
    if len(found) > MAX_OBJECTS:
        warnings += (Message("OBJECTS_CUT", {"shown": MAX_OBJECTS, "total": len(found)}),)
    return _Answer(
        result, objects=objects, total=len(found), better_format=better, warnings=warnings
    )


def _request(entry: Entry, dataset: Path) -> ResultView | None:
    """Return a failed item's request; None for a picture, or where it is gone."""
    if entry.status == ItemStatus.SUCCEEDED or entry.relative is None:
        return None
    if Path(entry.relative).suffix.lower() in IMAGE_SUFFIXES:
        return None
    try:
        with open_inside(dataset, entry.relative) as file:
            size = os.fstat(file.fileno()).st_size
            text = file.read(MAX_REQUEST).decode("utf-8", "replace")
    except (Refused, OSError):
        return None  # the picture's place already says what is wrong with the input
    return ResultView(text, size, whole=size <= MAX_REQUEST)
