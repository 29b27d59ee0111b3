"""Where the walker and the workers come from: a process that was forked before there were threads,
and forks others.

The coordinator has threads and an event loop, which no fork survives in good order; the nursery has
neither. It holds what all of them share (imported modules, the plan), so a worker costs little
memory and is there within milliseconds, whenever one more pays off or one was killed.

No process outlives the coordinator: the kernel kills the nursery when the coordinator dies, and the
workers when the nursery does; where there is no such kernel, they end when their sockets do.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of linux/prctl.h

Walk = Callable[[socket.socket], None]
"""What a walker does: gets its socket to the coordinator, returns when it ended."""
Work = Callable[[int, socket.socket], None]
"""What a worker does: gets its index and its socket to the coordinator, returns when it ended."""

_WALKER, _WORKER, _NONE = b"l", b"w", b"-"


class Nursery:
    """The coordinator's handle on the nursery. Create it while the process has no threads."""

    def __init__(self, walk: Walk, work: Work) -> None:
        self._end, inner = socket.socketpair()
        gc.freeze()  # what is here by now is shared with the workers as long as nobody touches it
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _in_child(lambda: self._run(inner, walk, work), parent, self._end)
        inner.close()

    def walker(self) -> socket.socket:
        """Start a walker; return the socket to it. Raises ``OSError`` when none can be started."""
        return self._start(_WALKER)

    def worker(self) -> socket.socket:
        """Start a worker; return the socket to it. Raises ``OSError`` when none can be started."""
        return self._start(_WORKER)

    def _start(self, kind: bytes) -> socket.socket:
        self._end.sendall(kind)
        _, ends, _, _ = socket.recv_fds(self._end, 1, 1)
        if not ends:
            raise OSError("no process could be started")
        return socket.socket(fileno=ends[0])

    def close(self) -> None:
        """Start no more; wait until the workers, whose sockets must be closed, have ended."""
        self._end.close()
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _run(self, coordinator: socket.socket, walk: Walk, work: Work) -> None:
        signal.signal(signal.SIGCHLD, lambda number, frame: _reap(os.WNOHANG))
        index = 0
        walkers: list[int] = []
        while kind := coordinator.recv(1):
            ours, theirs = socket.socketpair()
            nursery = os.getpid()
            try:
                started = os.fork()
            except OSError:
                coordinator.sendall(_NONE)
            else:
                if started == 0:
                    run = partial(walk, ours) if kind == _WALKER else partial(work, index, ours)
                    _in_child(run, nursery, coordinator, theirs)
                index += kind == _WORKER
                if kind == _WALKER:
                    walkers.append(started)
                socket.send_fds(coordinator, [kind], [theirs.fileno()])
            ours.close()
            theirs.close()
        # It only reads, perhaps for long, and nobody listens any more.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for walker in walkers:
            with suppress(ProcessLookupError):
                os.kill(walker, signal.SIGKILL)
        _reap(0)


def _in_child(run: Callable[[], None], parent: int, *not_ours: socket.socket) -> None:
    """Run in a forked child and leave it, never to return."""
    code = 1
    try:
        for end in not_ours:
            end.close()
        # Stopping is the coordinator's to decide; Ctrl-C reaches every process of a terminal.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _die_with(parent)
        run()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


def _die_with(parent: int) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(1)


def _reap(options: int) -> None:
    """Take the exit codes of those that ended; without WNOHANG wait for all."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            continue
