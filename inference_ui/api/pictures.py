"""What all answers that carry pictures have in common: how they are sent, and who waits for whom.

A list asks for many small pictures at once, and its browser gives most of them up when it is
scrolled on; a large one can take seconds. They wait in queues of their own, not in the threads that
answer everything else, and what nobody waits for any more is not made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final
from weakref import WeakValueDictionary

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from inference_ui.backend.imaging import EncodedPicture
from inference_ui.context import actor

ASKED_AGAIN: Final = {"Cache-Control": "private, no-cache"}
OF_STRANGERS: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""What somebody's file may do where it is opened by itself: nothing. The gate adds ``nosniff``."""

SMALL: Final = asyncio.Semaphore(8)
WHOLE: Final = asyncio.Semaphore(16)
"""The queues, by how many are served at once: of the 40 threads that answer requests, enough are
left."""
EACH: Final = 8
"""Pictures that one user is sent at the same time; a browser asks for six."""

_PIECE = 1 << 18
_slots: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()


class PictureAnswer(Response):
    """Carries a picture, piece by piece as its reader takes them. Until he has all of it, it counts
    among what its user is sent: pictures that nobody reads would fill the memory."""

    def __init__(self, image: EncodedPicture, headers: Mapping[str, str]) -> None:
        super().__init__(image.data, media_type=image.media_type, headers=dict(headers))
        self.slot: asyncio.Semaphore | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            for at in range(0, len(self.body), _PIECE):
                piece = self.body[at : at + _PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            if self.slot is not None:
                self.slot.release()


def picture_answer(image: EncodedPicture, headers: Mapping[str, str] = ASKED_AGAIN) -> Response:
    """Return the answer that carries a picture."""
    return PictureAnswer(image, {**OF_STRANGERS, **headers})


async def in_turn(
    queue: asyncio.Semaphore, request: Request, answer: Callable[[], Response]
) -> Response:
    """Return what ``answer`` makes in a thread when its turn comes, if somebody still waits. A user
    who is being sent :data:`EACH` pictures waits until he has taken one."""
    slot = _slots.setdefault(actor().id, asyncio.Semaphore(EACH))
    await slot.acquire()
    try:
        made = await _made(queue, request, answer)
    except BaseException:
        slot.release()
        raise
    if isinstance(made, PictureAnswer):
        made.slot = slot
    else:
        slot.release()
    return made


async def _made(
    queue: asyncio.Semaphore, request: Request, answer: Callable[[], Response]
) -> Response:
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
