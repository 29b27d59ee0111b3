"""Pictures that nobody reads are not made without end, and hold up nobody else."""

from __future__ import annotations

import asyncio

from fastapi import Request

from inference_ui.api.pictures import EACH, WHOLE, in_turn, picture_answer
from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.models.account import Actor, Role
from inference_ui.context import act_as

PICTURE = EncodedPicture(b"x" * 1_000_000, "image/jpeg")
SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}


class Reader:
    """A browser that takes what it is sent when it is told to."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.taken = b""

    async def send(self, message: dict) -> None:
        await self.reads.wait()
        self.taken += message.get("body", b"")


def asking(name: str, reader: Reader) -> asyncio.Task:
    """Ask for a picture as a user, and have it sent to a reader."""

    async def ask() -> None:
        act_as(Actor(id=name, name=name, role=Role.VIEWER))
        received = False

        async def receive() -> dict:
            nonlocal received
            if received:
                await asyncio.Event().wait()
            received = True
            return {"type": "http.request", "body": b"", "more_body": False}

        answer = await in_turn(WHOLE, Request(SCOPE, receive), lambda: picture_answer(PICTURE))
        await answer(SCOPE, receive, reader.send)

    return asyncio.create_task(ask())


async def test_who_does_not_read_waits_for_himself_alone():
    slow, quick = Reader(), Reader()
    quick.reads.set()
    stuck = [asking("slow", slow) for _ in range(EACH + 1)]
    await asking("quick", quick)
    assert len(quick.taken) == len(PICTURE.data)
    assert not any(one.done() for one in stuck)
    slow.reads.set()
    await asyncio.gather(*stuck)
    assert len(slow.taken) == (EACH + 1) * len(PICTURE.data)
