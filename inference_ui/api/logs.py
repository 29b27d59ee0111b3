"""The whole log of a task's server or batch client, to be saved."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from inference_ui.context import actor, product

router = APIRouter(prefix="/tasks/{task_id}/logs", tags=["tasks"])


@router.get("/{replica}", response_class=StreamingResponse)
def log(task_id: str, replica: str) -> StreamingResponse:
    """All that a replica has written while it is there, or what was saved of it, byte for byte."""
    found = product().logs.whole(actor(), task_id, replica)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(found.pieces, media_type="text/plain", headers=headers)
