"""Uploads over REST. How a batch of files looks is told at ``services.receiving``.

Bodies stream to disk; no route holds a file. ``X-Sender`` names the tab or program that sends, for
only one may at a time.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from inference_ui.backend.services.upload_batches import Batch
from inference_ui.backend.services.upload_drafts import UploadDraft, UploadView
from inference_ui.context import actor, product

router = APIRouter(prefix="/uploads", tags=["uploads"])

_PIECE = 1 << 20
"""So much of a body is written to disk in one step."""

Sender = Annotated[str, Header(alias="X-Sender")]


class Draft(BaseModel):
    """What begins an upload: ``files`` and ``bytes`` in all; of a zip, those of the zip."""

    model_config = ConfigDict(extra="forbid")

    name: str
    volume_id: str
    files: int
    bytes: int
    zipped: bool = False

    def draft(self) -> UploadDraft:
        """Return it as the service takes it."""
        return UploadDraft(**self.model_dump())


class Name(BaseModel):
    """Another name for the dataset, or nothing."""

    name: str = ""


@router.get("")
def uploads() -> list[dict[str, Any]]:
    """The user's uploads, the newest first; all users' for an administrator."""
    return [_json(view) for view in product().uploads.uploads(actor())]


@router.post("", status_code=201)
def begin(given: Draft) -> dict[str, Any]:
    """Begin an upload."""
    return _json(product().uploads.begin(actor(), given.draft()))


@router.post("/check")
def check(given: Draft) -> dict[str, Any]:
    """What is wrong with what would begin an upload, by field."""
    problems = product().uploads.check(actor(), given.draft())
    return {field: problem.to_json() for field, problem in problems.items()}


@router.get("/{upload_id}")
def upload(upload_id: str) -> dict[str, Any]:
    """One upload as it is now."""
    return _json(product().uploads.get(actor(), upload_id))


@router.get("/{upload_id}/arrived")
def arrived(upload_id: str) -> dict[str, dict[str, int]]:
    """The sizes of the files that are there, by path, and of those that are there in part."""
    files, parts = product().uploads.arrived(actor(), upload_id)
    return {"files": files, "parts": parts}


@router.post("/{upload_id}/files")
async def files(upload_id: str, request: Request, sender: Sender) -> dict[str, int]:
    """Take a batch of files; answers how much has arrived in all."""
    opened = await run_in_threadpool(product().uploads.open_batch, actor(), upload_id, sender)
    try:
        await _receive(request, opened)
    except BaseException:
        # Not awaited: when the connection is gone, whatever is awaited here is cancelled.
        opened.abort()
        raise
    count, size = await run_in_threadpool(opened.close)
    return {"files": count, "bytes": size}


@router.post("/{upload_id}/release", status_code=204)
def release(upload_id: str, sender: str) -> Response:
    """Let another tab send."""
    product().uploads.release(actor(), upload_id, sender)
    return Response(status_code=204)


@router.post("/{upload_id}/finish")
def finish(upload_id: str, given: Name) -> dict[str, Any]:
    """Make the dataset, or begin to unpack the zip."""
    return _json(product().uploads.finish(actor(), upload_id, given.name))


@router.delete("/{upload_id}", status_code=204)
def cancel(upload_id: str) -> Response:
    """Remove the upload and what has arrived of it."""
    product().uploads.cancel(actor(), upload_id)
    return Response(status_code=204)


async def _receive(request: Request, batch: Batch) -> None:
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) >= _PIECE:
            await run_in_threadpool(batch.feed, bytes(held))
            held.clear()
    if held:
        await run_in_threadpool(batch.feed, bytes(held))


def _json(view: UploadView) -> dict[str, Any]:
    return asdict(view) | {"reason": view.reason.to_json() if view.reason else None}
