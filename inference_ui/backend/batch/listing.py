"""The walk, in a process of its own, so that it and the reading of a long journal do not wait for
each other; and what it found, as it comes.

The walker sends the list's blocks over a socket, then how it ended.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import msgspec

from inference_ui.backend.batch.paths import PathList
from inference_ui.backend.batch.selection import Selection
from inference_ui.backend.batch.walk import Walk
from inference_ui.backend.errors import CannotGoOn
from inference_ui.backend.records import InputKind

_HEAD = 4


class _Found(msgspec.Struct, frozen=True, array_like=True, tag="found"):
    """A block of the list, with so many paths."""

    block: bytes
    count: int


class _Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """The whole dataset is listed."""

    unfollowed_links: int


_encoder = msgspec.msgpack.Encoder()
_Sent: TypeAlias = _Found | _Ended
_decoder: msgspec.msgpack.Decoder[_Sent] = msgspec.msgpack.Decoder(_Sent)


def run_walker(
    dataset: Path, output: Path, kind: InputKind, selection: Selection, end: socket.socket
) -> None:
    """Walk over a dataset and send what is found, until everything is or nobody listens."""
    walk = Walk(dataset, output, kind, selection)
    paths = PathList()
    with suppress(OSError):  # the coordinator needs no more of it
        sent = 0
        for block in walk.into(paths):
            _send(end, _Found(block, paths.count - sent))
            sent = paths.count
        _send(end, _Ended(walk.unfollowed_links))
    end.close()


class Listing:
    """What a walker finds: ``paths`` grows until ``ended``. ``complete``: every input of the
    dataset is in it."""

    def __init__(self, walker: socket.socket) -> None:
        self.paths = PathList()
        self.ended = False
        self.complete = False
        self.unfollowed_links = 0
        self._stopped = False
        self._walker = walker
        self._thread = threading.Thread(target=self._run, name="listing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """List no further folder."""
        self._stopped = True
        with suppress(OSError):
            self._walker.shutdown(socket.SHUT_RDWR)

    def wait(self) -> None:
        """Wait until nothing more is listed."""
        self._thread.join()
        self.check()

    def check(self) -> None:
        """Raise ``CannotGoOn`` with WALK_KILLED when the walk ended before its time."""
        if self.ended and not self.complete and not self._stopped:
            raise CannotGoOn("WALK_KILLED")

    def close(self) -> None:
        """Stop, and let go of the walker."""
        self.stop()
        self._thread.join()
        self._walker.close()

    def _run(self) -> None:
        with self._walker.makefile("rb") as stream:
            while not self.complete and (message := _next(stream.read)) is not None:
                if isinstance(message, _Found):
                    self.paths.append(message.block, message.count)
                else:
                    self.unfollowed_links = message.unfollowed_links
                    self.complete = True
        self.ended = True


def _send(end: socket.socket, message: _Sent) -> None:
    body = _encoder.encode(message)
    end.sendall(len(body).to_bytes(_HEAD, "big") + body)


def _next(read: Callable[[int], bytes]) -> _Sent | None:
    """Return the next message; None when there is no other that is whole."""
    with suppress(OSError):
        head = read(_HEAD)
        size = int.from_bytes(head, "big")
        body = read(size)
        if len(head) == _HEAD and len(body) == size:
            return _decoder.decode(body)
    return None
