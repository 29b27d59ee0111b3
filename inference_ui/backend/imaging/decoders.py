"""The processes that decode pictures, seen from the server: started when one is needed, kept warm
for a while, ended when a picture takes too long, and replaced when they die.

They hold nothing but the picture that they were given through a pipe. The pipe ends with the
server, whatever ends it, and so do they.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal, TypeAlias, cast

from inference_ui.backend.imaging.headers import BadPicture, EncodedPicture

AT_ONCE: Final = 2
"""Pictures that are decoded at the same time. Of large ones, which take seconds and most of the
memory, one is: so thumbnails never wait for them alone."""
IDLE_S: Final = 60.0
"""How long a process is kept that has nothing to do."""
LIMIT_S: Final = 30.0
"""How long one picture may take."""

Job: TypeAlias = Literal["show", "copy", "thumbnail"]

_PROGRAM = "inference_ui.backend.imaging.decoder"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 16
_MOST_ANSWER = 256 << 20
_MEDIA_TYPES = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a picture of ``size`` bytes. ``large`` ones are decoded one at a time;
    ``side`` is that of a thumbnail."""

    job: Job
    size: int
    side: int = 0
    large: bool = False


class Decoders:
    """At most :data:`AT_ONCE` processes. Thread-safe; calls wait for their turn."""

    def __init__(self, *, idle_s: float = IDLE_S, limit_s: float = LIMIT_S) -> None:
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._large = threading.BoundedSemaphore(1)
        self._large_thumbnail = threading.BoundedSemaphore(1)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, _Process]] = []
        self._busy: set[_Process] = set()
        self._closed = False
        self._tidying: threading.Timer | None = None

    def ask(self, question: Question, picture: BinaryIO) -> EncodedPicture | None:
        """Have a picture decoded that ``picture`` stands at the beginning of. Returns the copy, or
        None where it was found whole and is to be shown as it is.

        Raises :class:`BadPicture`, whose code says which limit it broke or how the process died.
        """
        if not question.large:
            return self._in_turn(question, picture)
        # One thumbnail waits at a time: who looks at a picture does not wait for a list of them.
        apart = self._large_thumbnail if question.job == "thumbnail" else contextlib.nullcontext()
        with apart, self._large:
            return self._in_turn(question, picture)

    def close(self) -> None:
        """End all processes, at once: whoever waits for one is refused."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            if self._tidying is not None:
                self._tidying.cancel()
            for process in self._busy:
                process.kill()
        for _, process in idle:
            process.end()

    def _in_turn(self, question: Question, picture: BinaryIO) -> EncodedPicture | None:
        with self._turns:
            process = self._take()
            try:
                return process.ask(question, picture, self._limit_s)
            finally:
                self._give_back(process)

    def _take(self) -> _Process:
        with self._lock:
            if self._closed:
                raise BadPicture("PICTURE_NOT_DECODED", error="closed")
            process = self._living() or _Process()
            self._busy.add(process)
        return process

    def _living(self) -> _Process | None:
        while self._idle:
            process = self._idle.pop()[1]
            if process.lives():
                return process
            process.end()
        return None

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            self._busy.discard(process)
            if process.is_ready and not self._closed:
                self._idle.append((time.monotonic(), process))
                self._tidy_later()
                return
        process.end()

    def _tidy_later(self) -> None:
        if self._tidying is None:
            self._tidying = threading.Timer(self._idle_s, self._tidy)
            self._tidying.daemon = True
            self._tidying.start()

    def _tidy(self) -> None:
        """End what was idle for long."""
        with self._lock:
            self._tidying = None
            long_ago = time.monotonic() - self._idle_s
            old = [process for since, process in self._idle if since <= long_ago]
            self._idle = [one for one in self._idle if one[0] > long_ago]
            if self._idle and not self._closed:
                self._tidy_later()
        for process in old:
            process.end()


class _Process:
    """One process, and the pipes to and from it; ``is_ready`` unless it owes an answer."""

    def __init__(self) -> None:
        environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise BadPicture("PICTURE_NOT_DECODED", error=error.strerror) from error
        self.is_ready = True
        self._process = process
        self._to = cast("BinaryIO", process.stdin)
        self._from = cast("BinaryIO", process.stdout)

    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, question: Question, picture: BinaryIO, limit_s: float) -> EncodedPicture | None:
        """Ask, and wait for the answer for so long. Raises :class:`BadPicture`."""
        self.is_ready = False
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        watch = threading.Timer(limit_s, give_up)
        watch.daemon = True
        watch.start()
        try:
            self._send(question, picture)
            head, data = _read(self._from)
            self.is_ready = True
        except (_Gone, BrokenPipeError) as error:
            if late.is_set():
                raise BadPicture("PICTURE_TOO_SLOW", seconds=int(limit_s)) from error
            self._process.kill()
            raise BadPicture("PICTURE_NOT_DECODED", error=self._how_it_ended()) from error
        finally:
            watch.cancel()
        if reason := head.get("reason"):
            raise BadPicture(reason["code"], **reason["args"])
        return EncodedPicture(data, head["media_type"]) if data else None

    def kill(self) -> None:
        """End it, whatever it does; who waits for its answer gets none."""
        self._process.kill()

    def end(self) -> None:
        """End it, and clear away what is left of it."""
        self.kill()
        for pipe in (self._to, self._from):
            with contextlib.suppress(OSError):  # what was not sent cannot be any more
                pipe.close()
        self._process.wait()

    def _send(self, question: Question, picture: BinaryIO) -> None:
        head = {"job": question.job, "side": question.side, "size": question.size}
        self._to.write(json.dumps(head).encode() + b"\n")
        left = question.size
        while left:
            chunk = picture.read(min(_CHUNK, left))
            if not chunk:
                raise BadPicture("PICTURE_BROKEN", error="the file became shorter")
            self._to.write(chunk)
            left -= len(chunk)
        self._to.flush()

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit {code}"


class _Gone(Exception):
    """A process ended, or says what it never should."""


def _read(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read an answer's line and bytes, and believe no more of it than an answer can be: what was
    decoded may have taken the process over."""
    try:
        head: dict[str, Any] = json.loads(source.readline(_LONGEST_LINE))
        size = int(head["size"])
        known = "reason" in head or head.get("as_is") or head["media_type"] in _MEDIA_TYPES
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Gone from error
    data = source.read(min(size, _MOST_ANSWER)) if size > 0 else b""
    if not known or len(data) != size:
        raise _Gone
    return head, data
