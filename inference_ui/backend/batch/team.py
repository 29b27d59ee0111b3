"""The workers, as the coordinator sees them: who has which inputs, who is lost, how many pay off.

Lives in the event loop. An input is outstanding at one worker until its lines come back; when the
worker is lost instead, another gets it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from inference_ui.backend.batch import messages
from inference_ui.backend.batch.alone import Alone
from inference_ui.backend.batch.channel import Channel, to_worker
from inference_ui.backend.batch.feed import Feed
from inference_ui.backend.batch.items import Input
from inference_ui.backend.batch.load import cores
from inference_ui.backend.batch.nursery import Nursery
from inference_ui.backend.batch.plan import MAX_IN_FLIGHT, Plan
from inference_ui.backend.batch.sender import ALONE_AFTER
from inference_ui.backend.errors import CannotGoOn

MOST_PROCESSES = 16
"""Processes that are started at most when the job does not say how many."""
_FEWEST_OUTSTANDING, _MOST_OUTSTANDING = 64, 4096
_AHEAD_S = 0.3
"""A worker holds what it does in so long, so that none has much left when the others are done."""
_PAYS_OFF = 2000
"""Inputs that must be left for one more worker to pay off."""
_BUSY, _BUSY_LOOKS = 0.85, 2
_MOST_DEATHS = 3

_UNKNOWN = messages.State(0, 0, 0, 0.0, 0.0, (), "")


@dataclass(slots=True, eq=False)
class Member:
    """A worker. ``outstanding`` are the inputs that it has, by number."""

    index: int
    channel: Channel | None = None
    outstanding: dict[int, Input] = field(default_factory=dict)
    state: messages.State = _UNKNOWN
    has_told: bool = False
    is_idle: bool = False
    is_bounded: bool = True
    done: int = 0
    rate: float = 0.0

    def send(self, message: messages.Message) -> None:
        """Send it a message."""
        if self.channel is not None:
            self.channel.send(message)


class Team:
    """Gives the feed's inputs to workers. ``finished`` gets what they tell, ``changed`` is called
    when something ended or may be possible, ``failed`` with what ends the run."""

    def __init__(
        self,
        plan: Plan,
        nursery: Nursery,
        feed: Feed,
        *,
        finished: Callable[[messages.Done], None],
        changed: Callable[[], None],
        failed: Callable[[BaseException], None],
        say: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._nursery = nursery
        self._feed = feed
        self._finished = finished
        self._changed = changed
        self._failed = failed
        self._say = say
        self._urls: tuple[str, ...] = ()
        self._returned: deque[Input] = deque()
        self._next_number = 0
        self._deaths = 0
        self._hired = 0
        self._hiring = asyncio.Lock()
        self._closed = False
        self._grace_s = 0.0
        self._busy_looks = 0
        self._bounded = asyncio.Event()
        self._replacing: set[asyncio.Task[None]] = set()
        self._looked_at = time.monotonic()
        self.members: list[Member] = []
        self.alone = Alone(self.members)
        self.stopping = False
        wanted = plan.job.processes or min(cores(), MOST_PROCESSES)
        self.most = min(wanted, plan.job.max_in_flight or wanted)

    @property
    def in_flight(self) -> int:
        """How many requests are out."""
        return sum(member.state.in_flight for member in self.members)

    @property
    def waiting_for(self) -> str:
        """What no server answers with, when inputs wait for one; empty otherwise."""
        holding = [member.state for member in self.members if member.state.held]
        if holding and all(state.waiting_for for state in holding):
            return holding[0].waiting_for
        return ""

    @property
    def is_finished(self) -> bool:
        """Whether every input of the feed has its lines, or :meth:`stop` was obeyed by all."""
        if self.stopping:
            return all(member.is_idle for member in self.members)
        return (
            self._feed.exhausted
            and not self._returned
            and not self.alone.is_busy
            and not any(member.outstanding for member in self.members)
        )

    @property
    def is_starved(self) -> bool:
        """Whether workers have nothing to do since the walk did not come further."""
        return not self._feed.exhausted and not any(m.outstanding for m in self.members)

    async def start(self) -> None:
        """Begin with as many workers as are sure to pay off."""
        count = self.most if self._plan.job.processes else 1
        for _ in range(count):
            await self._hire(count)
        self.give()

    def use(self, urls: Iterable[str]) -> None:
        """Use exactly these servers from now on."""
        self._urls = tuple(sorted(urls))
        for member in self.members:
            member.send(messages.Servers(self._urls))

    def stop(self, grace_s: float) -> None:
        """Begin no new request; those in flight may take ``grace_s`` seconds more."""
        self.stopping = True
        self._grace_s = grace_s
        self._bounded.set()
        for member in self.members:
            member.send(messages.Stop(grace_s))

    def give(self) -> None:
        """Give every worker as much as it should have."""
        if self.stopping:
            return
        for member in self.members:
            wanted = self._target(member) - len(member.outstanding)
            if wanted > 0 and (not member.outstanding or wanted >= _FEWEST_OUTSTANDING // 4):
                self._give(member, wanted)

    async def look(self) -> None:
        """Take note of the workers' speed; hire one more if that pays off. To be called a few
        times a second."""
        now = time.monotonic()
        seconds, self._looked_at = max(now - self._looked_at, 1e-3), now
        for member in self.members:
            member.rate += (member.done / seconds - member.rate) / 2
            member.done = 0
        self._busy_looks = self._busy_looks + 1 if self.is_busy else 0
        if self._more_pays_off():
            await self._hire(len(self.members) + 1)
            self.give()

    async def close(self) -> None:
        """End all workers, and start no other."""
        self._closed = True
        self._bounded.set()
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        for member in self.members:
            if member.channel is not None:
                member.channel.close()
        self.members.clear()
        await asyncio.sleep(0)

    @property
    def is_busy(self) -> bool:
        """Whether all workers compute nearly all the time."""
        told = [member for member in self.members if member.has_told]
        return len(told) == len(self.members) > 0 and all(m.state.busy > _BUSY for m in told)

    def _more_pays_off(self) -> bool:
        return (
            not self.stopping
            and not self._hiring.locked()
            and len(self.members) < self.most
            and self._busy_looks >= _BUSY_LOOKS
            and self._feed.left > _PAYS_OFF
        )

    def _target(self, member: Member) -> int:
        if len(self.members) == 1:
            return _MOST_OUTSTANDING // 2  # the one will not wait for the others
        wanted = int(2 * member.state.capacity + _AHEAD_S * member.rate)
        return min(max(wanted, _FEWEST_OUTSTANDING), _MOST_OUTSTANDING)

    def _give(self, member: Member, wanted: int) -> None:
        if len(self.members) > 1:  # what is left is shared, lest one has all of it
            left = self._feed.left + len(self._returned)
            wanted = min(wanted, max(left // (2 * len(self.members)), 1))
        given: list[Input] = []
        while self._returned and len(given) < wanted:
            given.append(self._returned.popleft())
        for each in given:
            self._send(member, each.number, [each.path])
        try:
            paths = self._feed.take(wanted - len(given))
        except BaseException as error:
            self._failed(error)
            return
        if paths:
            self._send(member, self._next_number, paths)
            self._next_number += len(paths)

    def _send(self, member: Member, first: int, paths: list[bytes]) -> None:
        for at, path in enumerate(paths):
            member.outstanding[first + at] = Input(first + at, path)
        member.send(messages.Take(first, b"\0".join(paths)))

    async def _hire(self, parts: int) -> None:
        """Start a worker; the job's bounds are shared by so many."""
        async with self._hiring:
            await self._share_bounds(parts)
            if self.stopping or self._closed:
                return
            member = Member(self._hired)
            self._hired += 1
            member.channel = to_worker(
                lambda message: self._received(member, message), lambda: self._lost(member)
            )
            try:
                await member.channel.open(self._nursery.worker())
            except OSError as error:
                if not self.members:
                    raise CannotGoOn("NO_PROCESS", reason=error.strerror or str(error)) from error
                self.most = len(self.members)
                self._send_shares(self.most)
                return
            self.members.append(member)
            member.send(messages.Bounds(*self._share(len(self.members) - 1, parts)))
            if self.alone.url is not None:
                member.send(messages.Reserve(self.alone.url))
            member.send(messages.Servers(self._urls))
            if self.stopping:  # it was told to the others meanwhile
                member.send(messages.Stop(self._grace_s))

    async def _share_bounds(self, count: int) -> None:
        """Leave room for one more below the job's own bound, and wait until it is there."""
        self._send_shares(count)
        while not (
            self.stopping or self._closed or all(member.is_bounded for member in self.members)
        ):
            self._bounded.clear()
            await self._bounded.wait()

    def _send_shares(self, count: int) -> None:
        if self._plan.job.max_in_flight is not None:
            for index, member in enumerate(self.members):
                member.is_bounded = False
                member.send(messages.Bounds(*self._share(index, count)))

    def _share(self, index: int, count: int) -> tuple[int, int]:
        lowest, highest = self._plan.bounds
        if self._plan.job.max_in_flight is None:
            return max(lowest // count, 1), MAX_IN_FLIGHT
        share = highest // count + (index < highest % count)
        return max(min(lowest // count, share), 1), share

    def _received(self, member: Member, message: messages.FromWorker) -> None:
        match message:
            case messages.Done():
                self._done(member, message)
            case messages.State():
                member.state = message
                member.has_told = True
                self.alone.next()
                self._changed()
            case messages.Suspect():
                given = member.outstanding.pop(message.number)
                again = given._replace(tries=message.tries, crashes=message.crashes)
                self.alone.add(again, message.delay_s)
            case messages.Reserved():
                self.alone.reserved(member)
            case messages.Bounded():
                member.is_bounded = True
                self._bounded.set()
            case messages.Idle():
                member.is_idle = True
                self._changed()
            case messages.Broken():
                self._failed(CannotGoOn("OUTPUT_FAILED", path=message.path, reason=message.reason))
            case messages.Said():
                self._say(message.text)

    def _done(self, member: Member, done: messages.Done) -> None:
        numbers = messages.numbers_of(done.numbers)
        for number in numbers:
            del member.outstanding[number]
        member.done += len(numbers)
        self.alone.done(numbers)
        self._finished(done)
        self._changed()

    def _lost(self, member: Member) -> None:
        """A worker is gone: at the end of the run, or since something killed it."""
        if member not in self.members:
            return
        self.members.remove(member)
        self._bounded.set()
        self.alone.lost(member)
        for given in member.outstanding.values():
            if given.crashes >= ALONE_AFTER:
                self.alone.add(given)
            else:
                self._returned.append(given)
        if not self.stopping:
            self._deaths += 1
            self._say("a process of this client was killed; another one goes on")
            if self._deaths > _MOST_DEATHS:
                self._failed(CannotGoOn("WORKERS_KILLED", count=self._deaths))
            elif self._plan.job.processes or not self.members:
                self._replace()
            else:
                self._send_shares(len(self.members))
        self._changed()

    def _replace(self) -> None:
        """Start a worker in the place of one that is lost."""
        task = asyncio.ensure_future(self._hire(self.most if self._plan.job.processes else 1))
        self._replacing.add(task)
        task.add_done_callback(self._replaced)

    def _replaced(self, task: asyncio.Task[None]) -> None:
        self._replacing.discard(task)
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self._failed(error)
            self._changed()
