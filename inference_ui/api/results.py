"""The items of a task's results: rows, one item, its picture, its files as stored.

What is said of numbers and codes stands at the services' classes; answers are those classes as
JSON. Pictures and rows belong to a generation of the journal: a browser may keep what it asked for
with one (``v``), since nothing else is ever meant by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from inference_ui.api.pictures import (
    ASKED_AGAIN,
    OF_STRANGERS,
    SMALL,
    WHOLE,
    in_turn,
    picture_answer,
)
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.item_view import ItemView
from inference_ui.backend.results.query import ItemFilter, ItemKind, ItemOrder
from inference_ui.backend.services.item_list import ItemsPage, OverviewPage
from inference_ui.backend.services.results import ResultFile
from inference_ui.context import actor, product

router = APIRouter(prefix="/tasks/{task_id}/items", tags=["results"])

_KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
_CHUNK = 1 << 18
_LONGEST_TEXT = 500


def wanted_items(
    q: str = "",
    kind: ItemKind = ItemKind.ALL,
    of_class: Annotated[list[str] | None, Query(alias="class")] = None,
    least: int | None = None,
    most: int | None = None,
    above: float | None = None,
    below: float | None = None,
    order: ItemOrder = ItemOrder.NUMBER,
) -> ItemFilter:
    """Return the filter that a request's query names, as in ``query.ItemFilter``: ``q`` is its
    ``text``, and ``class`` may be given several times."""
    classes = tuple(dict.fromkeys(of_class or ()))
    return ItemFilter(q[:_LONGEST_TEXT], kind, classes, least, most, above, below, order)


WantedItems = Annotated[ItemFilter, Depends(wanted_items)]


@router.get("", response_model=ItemsPage)
def items(
    task_id: str, wanted: WantedItems, offset: int = 0, limit: int = 200, upto: int | None = None
) -> Response:
    """Rows of the list, up to 500 from ``offset`` on, and how many there are so far."""
    return _json(product().items.page(actor(), task_id, wanted, offset, limit, upto))


@router.get("/overview", response_model=OverviewPage)
def overview(task_id: str) -> Response:
    """The items in numbers: classes, confidences, objects, and those that stand out."""
    return _json(product().items.overview(actor(), task_id))


@router.get("/{number}/position")
def position(
    task_id: str, number: int, wanted: WantedItems, upto: int | None = None
) -> dict[str, int | None]:
    """Where an item stands in the list that the filter leaves, from 0; null where it does not."""
    return {"position": product().items.position(actor(), task_id, number, wanted, upto)}


@router.get("/{number}", response_model=ItemView)
def item(task_id: str, number: int, box_format: BoxFormat | None = None) -> Response:
    """All that is shown of an item. Items are numbered from 1. ``box_format`` says how boxes are to
    be read, where not as the model package says."""
    return _json(product().results.item(actor(), task_id, number, box_format))


@router.get("/{number}/picture", response_class=Response)
async def picture(request: Request, task_id: str, number: int, v: str = "") -> Response:
    """The picture of an item, in a format that browsers show."""

    def answer() -> Response:
        return picture_answer(product().results.picture(actor(), task_id, number), _headers(v))

    return await in_turn(WHOLE, request, answer)


@router.get("/{number}/thumbnail", response_class=Response)
async def thumbnail(
    request: Request, task_id: str, number: int, side: int = 128, v: str = ""
) -> Response:
    """A small JPEG of it, its longer side of 32 to 512 pixels; 204 where there is no picture."""

    def answer() -> Response:
        small = product().results.thumbnail(actor(), task_id, number, side)
        # What keeps a picture from being shown may pass.
        return (
            picture_answer(small, _headers(v))
            if small
            else Response(status_code=204, headers=ASKED_AGAIN)
        )

    return await in_turn(SMALL, request, answer)


@router.get("/{number}/original", response_class=StreamingResponse)
def original(task_id: str, number: int) -> StreamingResponse:
    """The picture of an item, byte for byte, to be saved."""
    found = product().results.original(actor(), task_id, number)
    return _saved(found, "application/octet-stream")


@router.get("/{number}/result", response_class=StreamingResponse)
def result(task_id: str, number: int) -> StreamingResponse:
    """The result of an item, byte for byte, to be saved."""
    return _saved(product().results.result(actor(), task_id, number), "application/json")


def _saved(found: ResultFile, media_type: str) -> StreamingResponse:
    name = quote(found.name, errors="replace")
    headers = {
        "Content-Length": str(found.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        **ASKED_AGAIN,
        **OF_STRANGERS,
    }
    return StreamingResponse(_chunks(found), media_type=media_type, headers=headers)


def _chunks(found: ResultFile) -> Iterator[bytes]:
    left = found.size
    with found.file as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _headers(generation: str) -> dict[str, str]:
    return _KEPT if generation else ASKED_AGAIN


def _json(view: Any) -> Response:
    content = msgspec.json.encode(view, enc_hook=_plain)
    return Response(content, media_type="application/json", headers=ASKED_AGAIN)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value))
