"""The items of a task's results: rows, one item, its picture, its result as stored.

What is said of numbers and codes stands at the services' classes; answers are those classes as
JSON. Pictures and rows belong to a generation of the journal: a browser may keep what it asked for
with one (``v``), since nothing else is ever meant by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import StreamingResponse

from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.models.catalog import BoxFormat
from inference_ui.backend.results.item_view import ItemView
from inference_ui.backend.results.query import ItemFilter, ItemKind, ItemOrder
from inference_ui.backend.services.item_list import ItemsPage, OverviewPage
from inference_ui.backend.services.results import ResultFile
from inference_ui.context import actor, product

router = APIRouter(prefix="/tasks/{task_id}/items", tags=["results"])

_KEPT = "private, max-age=86400, immutable"
_ASKED_AGAIN = "private, no-cache"
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
def picture(task_id: str, number: int, v: str = "") -> Response:
    """The picture of an item, in a format that browsers show."""
    return _image(product().results.picture(actor(), task_id, number), v)


@router.get("/{number}/thumbnail", response_class=Response)
def thumbnail(task_id: str, number: int, side: int = 128, v: str = "") -> Response:
    """A small JPEG of it, its longer side of 32 to 512 pixels; 204 where there is no picture."""
    small = product().results.thumbnail(actor(), task_id, number, side)
    return _image(small, v) if small else Response(status_code=204, headers=_headers(v))


@router.get("/{number}/result", response_class=StreamingResponse)
def result(task_id: str, number: int) -> StreamingResponse:
    """The result of an item, byte for byte, to be saved."""
    found = product().results.result(actor(), task_id, number)
    name = quote(found.name, errors="replace")
    headers = {
        "Content-Length": str(found.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Cache-Control": _ASKED_AGAIN,
    }
    return StreamingResponse(_chunks(found), media_type="application/json", headers=headers)


def _chunks(found: ResultFile) -> Iterator[bytes]:
    left = found.size
    with found.file as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _image(image: EncodedPicture, generation: str) -> Response:
    return Response(image.data, media_type=image.media_type, headers=_headers(generation))


def _headers(generation: str) -> dict[str, str]:
    return {"Cache-Control": _KEPT if generation else _ASKED_AGAIN}


def _json(view: Any) -> Response:
    content = msgspec.json.encode(view, enc_hook=_plain)
    headers = {"Cache-Control": _ASKED_AGAIN}
    return Response(content, media_type="application/json", headers=headers)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value))
