"""Starting, finding and ending the shims of a run. Standard library only on its way to them.

Everything here is asked of the operating system and the run folder each time; nothing is kept but
the pids of our own children, which have to be reaped.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any

from inference_ui.backend.cluster.local import files
from inference_ui.backend.cluster.local.launch import base_environment
from inference_ui.backend.cluster.local.processes import (
    MARKER,
    Identity,
    alive,
    identify,
    marked,
    send,
)
from inference_ui.backend.cluster.local.runs import Run

_MODULE = "inference_ui.backend.cluster.local.shim"

_HANG_S = 5.0
"""A shim that has not ended its child this long after the grace time is killed with it."""


_DEATH_S = 0.2
"""A killed process is gone within this time, unless the disk keeps it."""


class Supervisors:
    """The shims of this machine's runs. To be called under the cluster's lock."""

    def __init__(self) -> None:
        self._children: set[int] = set()

    def running(self, run: Run, index: int) -> Identity | None:
        """Return the living shim of a replica."""
        shim = files.read_shim(run.replica_folder(index))
        return shim if shim is not None and alive(shim) else None

    def start_lost(self, run: Run) -> None:
        """Start a shim for every replica that has none and has not ended.

        What a killed shim left behind is killed first. Should that hang in a slow disk, it still
        holds its files and locks: then the successor is started by a later call.
        """
        self.reap()
        for index in range(len(run.replica_seats)):
            folder = run.replica_folder(index)
            state = files.read_state(folder)
            if (state is not None and state.ended) or self.running(run, index):
                continue
            if state is None or _killed(folder):
                self._spawn(folder)

    def end(self, run: Run, removal: dict[str, Any]) -> bool:
        """Ask everything of the run to end, or kill it when its time is over; tell whether
        nothing is left."""
        self.reap()
        deadline = removal["requested_at"] + removal["grace_s"]
        late = time.time() - deadline
        shims = [self.running(run, index) for index in range(run.demand.replicas)]
        living = [shim for shim in shims if shim is not None]
        if living and late < _HANG_S:
            for shim in living:
                send(shim, signal.SIGTERM)
            return False
        strays = marked(str(run.folder))
        for stray in strays:
            send(stray, signal.SIGKILL if late >= 0 else signal.SIGTERM)
        return not strays

    def reap(self) -> None:
        """Take note of our children that have ended, so that no zombie stays."""
        for pid in list(self._children):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            self._children.discard(pid)

    def _spawn(self, folder: str) -> None:
        """Start a shim in a session of its own, with a scrubbed environment and no open files.

        Its own errors go where its child's output goes: whoever looks there finds them.
        """
        log = f"{folder}/{files.LOG}"
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", _MODULE, folder],
            {**base_environment(os.environ), MARKER: folder},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD),
        )
        self._children.add(pid)
        shim = identify(pid)
        if shim is not None:
            files.write_shim(folder, shim)


def _killed(folder: str) -> bool:
    """Kill whatever is marked as a replica's; tell whether nothing of it is left."""
    deadline = time.monotonic() + _DEATH_S
    while strays := marked(folder):
        for stray in strays:
            send(stray, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
