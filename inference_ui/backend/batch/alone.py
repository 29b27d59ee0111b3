"""Sending suspects alone: an input that its server went away with twice is sent with no other
beside it, so that the third time proves whose fault it was.

All workers leave one server alone, then one of them sends the input there, then the server is
everybody's again. One suspect at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inference_ui.backend.batch import messages
from inference_ui.backend.batch.items import Input

if TYPE_CHECKING:
    from inference_ui.backend.batch.team import Member


class Alone:
    """The suspects of a team, whose list of members it shares. ``url`` is the server that is
    reserved, if any."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._suspects: deque[Input] = deque()
        self._delayed = 0
        self._waiting: set[Member] = set()
        self._sent: tuple[Member, Input] | None = None
        self.url: str | None = None

    @property
    def is_busy(self) -> bool:
        """Whether there are suspects."""
        return bool(self._suspects) or self._delayed > 0 or self.url is not None

    def add(self, suspect: Input, delay_s: float = 0.0) -> None:
        """Take over a suspect, to be sent after so many seconds; the one that was sent alone may
        come back, to be sent again."""
        if self._sent is not None and self._sent[1].number == suspect.number:
            self._release()
        if delay_s > 0:
            self._delayed += 1
            asyncio.get_running_loop().call_later(delay_s, self._due, suspect)
        else:
            self._suspects.append(suspect)
        self.next()

    def _due(self, suspect: Input) -> None:
        self._delayed -= 1
        self._suspects.append(suspect)
        self.next()

    def next(self) -> None:
        """Reserve a server for the next suspect, when there is one and none is reserved."""
        if self.url is not None or not self._suspects:
            return
        urls = [url for member in self._members for url in member.state.answering]
        if not urls:
            return
        self.url = urls[0]
        self._waiting = set(self._members)
        for member in self._members:
            member.send(messages.Reserve(self.url))

    def reserved(self, member: Member) -> None:
        """A worker leaves the server alone. When all do, the suspect is sent."""
        if member not in self._waiting:
            return
        self._waiting.discard(member)
        if not self._waiting and self.url is not None and self._sent is None:
            self._send(member, self.url)

    def done(self, numbers: Iterable[int]) -> None:
        """Inputs have their lines; perhaps the one that was sent alone is among them."""
        if self._sent is not None and self._sent[1].number in numbers:
            self._release()
            self.next()

    def lost(self, member: Member) -> None:
        """A worker is gone, with the suspect if it had it; that one is returned as others are."""
        self._waiting.discard(member)
        if self._sent is not None and self._sent[0] is member:
            self._release()
        elif self.url is not None and self._sent is None and not self._waiting:
            if self._members:
                self._send(self._members[0], self.url)
            else:
                self.url = None

    def _send(self, member: Member, url: str) -> None:
        suspect = self._suspects.popleft()
        member.outstanding[suspect.number] = suspect
        self._sent = member, suspect
        member.send(
            messages.Alone(url, suspect.number, suspect.path, suspect.tries, suspect.crashes)
        )

    def _release(self) -> None:
        for member in self._members:
            member.send(messages.Release())
        self.url = None
        self._sent = None
