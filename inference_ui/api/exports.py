"""Exporting results: a file that is made while it is fetched, and how far it is.

Whoever asks makes up a token of 32 hexadecimal digits for each export. A file that does not come to
its end has no end: the connection is cut, so that whoever fetches it does not take it for whole.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import msgspec
from anyio import CancelScope
from fastapi import APIRouter, Header, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from inference_ui.api.results import WantedItems
from inference_ui.backend.errors import CannotGoOn, Refused
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.exports.job import ExportFormat
from inference_ui.backend.services.export import Export, ExportProgress
from inference_ui.context import actor, product

router = APIRouter(prefix="/tasks/{task_id}/export", tags=["results"])

_ENDINGS = {
    ExportFormat.COCO: ("-coco.json", "application/json"),
    ExportFormat.YOLO: ("-yolo.zip", "application/zip"),
    ExportFormat.CSV: (".csv", "text/csv"),
    ExportFormat.SOURCE: ("-source.zip", "application/zip"),
}


class ExportResponse(StreamingResponse):
    """Streams an export, and ends it with the connection, however that ends."""

    def __init__(self, export: Export) -> None:
        ending, media_type = _ENDINGS[export.job.format]
        name = quote(f"{export.job.task}{ending}", safe="", errors="replace")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        }
        super().__init__(_pieces(export), media_type=media_type, headers=headers)
        self._export = export
        # One that is dropped unsent, as when a request is cancelled, has nobody else to close it.
        weakref.finalize(self, export.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. What is not whole is left without its last chunk, and the server then cuts the
        connection."""
        try:
            await super().__call__(scope, receive, send)
        except CannotGoOn:
            return
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._export.close)


async def _pieces(export: Export) -> AsyncIterator[bytes]:
    while (piece := await run_in_threadpool(export.read)) is not None:
        if piece:
            yield piece


@router.get("", response_class=StreamingResponse)
def export(
    task_id: str,
    format: ExportFormat,
    token: str,
    wanted: WantedItems,
    box_format: BoxFormat | None = None,
    upto: int | None = None,
    sec_purpose: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """All results, or those that a filter leaves (as in the list), as COCO JSON, as a zip of YOLO's
    labels, as CSV, or the files of the dataset that they are of as a zip. ``box_format`` says how
    boxes are to be read, where not as the model package says."""
    if "prefetch" in sec_purpose:
        raise Refused("EXPORT_PREFETCH")
    user = actor()
    exports = product().exports
    journal = exports.journal(user, task_id)  # first, so that the numbers are of no other
    numbers = product().items.numbers(user, task_id, wanted, upto)
    started = exports.start(
        user, task_id, format, token, numbers=numbers, journal=journal, box_format=box_format
    )
    return ExportResponse(started)


@router.get("/{token}", response_model=ExportProgress)
def progress(task_id: str, token: str) -> Response:
    """How far an export is, or how it ended, and what it leaves out."""
    found = product().exports.progress(actor(), task_id, token)
    content = msgspec.json.encode(found, enc_hook=dict)  # of a message's arguments
    headers = {"Cache-Control": "private, no-store"}
    return Response(content, media_type="application/json", headers=headers)


@router.delete("/{token}", status_code=204)
def cancel(task_id: str, token: str) -> None:
    """End an export; what was fetched of it is of no use."""
    product().exports.cancel(actor(), task_id, token)
