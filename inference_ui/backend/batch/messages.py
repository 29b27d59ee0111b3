"""What the coordinator and its workers say to each other, as messages over a socket.

The coordinator gives paths and gets back finished lines; it alone writes the journal. An input is
known to both by a number that the coordinator gives it.
"""

from __future__ import annotations

from array import array

import msgspec


class Message(msgspec.Struct, array_like=True, tag=True):
    """Base of all messages: an array that begins with the message's name."""


# From the coordinator.


class Servers(Message):
    """Use exactly these base URLs from now on."""

    urls: tuple[str, ...]


class Bounds(Message):
    """Keep the requests in flight at each server between these; answered by :class:`Bounded`."""

    lowest: int
    highest: int


class Take(Message):
    """Do these inputs; they have consecutive numbers from ``first``. Paths stand between NULs."""

    first: int
    paths: bytes


class Reserve(Message):
    """Send nothing to this server until :class:`Release`; answered by :class:`Reserved`."""

    url: str


class Alone(Message):
    """Send this input to the reserved server, with no other beside it."""

    url: str
    number: int
    path: bytes
    tries: int
    crashes: int


class Release(Message):
    """The reserved server may be used again."""


class Stop(Message):
    """Begin no request; those in flight may take so long. Answered by :class:`Idle`."""

    grace_s: float


# From a worker.


class Failure(Message):
    """Why an input of :class:`Done` failed."""

    cause: str
    relative: str
    text: str


class Done(Message):
    """Inputs whose results are written, though not yet safe: their numbers (unsigned 64-bit), the
    lines of journal and sidecar, and for the tally what they were."""

    numbers: bytes
    journal: bytes
    sidecar: bytes
    succeeded: int
    failures: list[Failure]
    latencies_ms: bytes
    result_bytes: int


class State(Message):
    """How a worker fares: requests in flight and the most that it would have, inputs that it
    holds, the shares of its time that it was busy (or would have been, on a free core) and that it
    spent with files, and which servers answer or why none does."""

    in_flight: int
    capacity: int
    held: int
    busy: float
    disk: float
    answering: tuple[str, ...]
    waiting_for: str


class Bounded(Message):
    """The bounds are kept from now on."""


class Reserved(Message):
    """No request of this worker is in flight at the server."""

    url: str


class Suspect(Message):
    """This input must be sent alone, after a while: servers stopped answering while they worked on
    it."""

    number: int
    tries: int
    crashes: int
    delay_s: float


class Idle(Message):
    """Nothing is in flight and everything that came is told."""


class Broken(Message):
    """The output can no longer be written to."""

    path: str
    reason: str


class Said(Message):
    """A line for the log."""

    text: str


ToWorker = Servers | Bounds | Take | Reserve | Alone | Release | Stop
FromWorker = Done | State | Bounded | Reserved | Suspect | Idle | Broken | Said


def numbers_of(packed: bytes) -> array[int]:
    """Return the numbers of a :class:`Done`."""
    return array("Q", packed)


def latencies_of(packed: bytes) -> array[float]:
    """Return the latencies of a :class:`Done`, in ms."""
    return array("d", packed)
