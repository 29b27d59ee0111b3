"""What all answers that carry pictures have in common: how they are sent, and who waits for whom.

A list asks for many small pictures at once, and its browser gives most of them up when it is
scrolled on; a large one can take seconds. They wait in queues of their own, not in the threads that
answer everything else, and what nobody waits for any more is not made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from inference_ui.backend.imaging import EncodedPicture

ASKED_AGAIN: Final = {"Cache-Control": "private, no-cache"}
OF_STRANGERS: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""What somebody's file may do where it is opened by itself: nothing. The gate adds ``nosniff``."""

SMALL: Final = asyncio.Semaphore(8)
WHOLE: Final = asyncio.Semaphore(16)
"""The queues, by how many are served at once: of the 40 threads that answer requests, enough are
left."""


def picture_answer(image: EncodedPicture, headers: Mapping[str, str] = ASKED_AGAIN) -> Response:
    """Return the answer that carries a picture."""
    return Response(image.data, media_type=image.media_type, headers={**OF_STRANGERS, **headers})


async def in_turn(
    queue: asyncio.Semaphore, request: Request, answer: Callable[[], Response]
) -> Response:
    """Return what ``answer`` makes in a thread when its turn comes, if somebody still waits."""
    async with queue:
        if await _is_gone(request):
            return Response(status_code=204)
        return await run_in_threadpool(answer)


async def _is_gone(request: Request) -> bool:
    try:
        await request.body()  # it comes before the news that the browser went away
    except ClientDisconnect:
        return True
    return await request.is_disconnected()
