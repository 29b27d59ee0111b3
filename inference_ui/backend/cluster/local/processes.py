"""Processes of this machine: who is who, who descends from whom, and sending signals safely.

A process is known by its pid *and* its start time, so that a stranger who got the pid later is
never taken for it. Standard library only on Linux (the shim uses this); elsewhere psutil answers.
Nothing here decides whom to end.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

MARKER = "INFERENCE_UI_WORKLOAD"
"""The environment variable that every process of a replica carries: the replica's run folder."""


class Identity(NamedTuple):
    """One process for all time: ``start`` tells apart those that had the same pid."""

    pid: int
    start: str


class Entry(NamedTuple):
    """A living process and its parent's pid."""

    identity: Identity
    parent: int


class System(Protocol):
    """How the operating system is asked. What is gone, or a zombie, or not ours is None."""

    def look(self, pid: int) -> Entry | None:
        """Return the living process that has this pid now."""

    def pids(self) -> Iterable[int]:
        """Return all pids."""

    def environment(self, pid: int) -> dict[str, str] | None:
        """Return the environment that the process was started with."""


class ProcFs:
    """Linux: the files of ``/proc`` (see proc_pid_stat(5))."""

    @functools.cached_property
    def _boot(self) -> str:
        """Start times count from the boot, so they only mean something together with it."""
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()

    def look(self, pid: int) -> Entry | None:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None
        if not fields or fields[0] in (b"Z", b"X"):
            return None
        return Entry(Identity(pid, f"{self._boot}:{fields[19].decode()}"), int(fields[1]))

    def pids(self) -> Iterator[int]:
        return (int(name) for name in os.listdir("/proc") if name.isdigit())

    def environment(self, pid: int) -> dict[str, str] | None:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                pairs = os.fsdecode(file.read()).split("\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


class Psutil:
    """Other systems, through psutil."""

    def look(self, pid: int) -> Entry | None:
        import psutil  # only where /proc is missing: it is no part of the standard library

        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return Entry(Identity(pid, f"{process.create_time():.3f}"), process.ppid())
        except psutil.Error:
            return None

    def pids(self) -> Iterable[int]:
        import psutil

        return psutil.pids()

    def environment(self, pid: int) -> dict[str, str] | None:
        import psutil

        try:
            return psutil.Process(pid).environ()
        except psutil.Error:
            return None


LINUX = sys.platform == "linux"
SYSTEM: System = ProcFs() if LINUX else Psutil()


def identify(pid: int) -> Identity | None:
    """Return who has this pid now; None when nobody does, or a zombie."""
    entry = SYSTEM.look(pid)
    return entry.identity if entry else None


def alive(process: Identity) -> bool:
    """Tell whether just this process still runs."""
    return identify(process.pid) == process


def send(process: Identity, number: signal.Signals) -> None:
    """Send a signal to just this process, if it still runs."""
    with contextlib.suppress(ProcessLookupError):
        if not hasattr(os, "pidfd_open"):
            if alive(process):
                os.kill(process.pid, number)
            return
        handle = os.pidfd_open(process.pid)
        try:
            if alive(process):  # asked while the handle holds on to whoever has the pid
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def descendants(pid: int, system: System = SYSTEM) -> list[Identity]:
    """Return the living children of ``pid``, their children, and so on."""
    children: dict[int, list[Identity]] = {}
    for other in system.pids():
        entry = system.look(other)
        if entry is not None:
            children.setdefault(entry.parent, []).append(entry.identity)
    found: list[Identity] = []
    parents = [pid]
    while parents:
        born = children.pop(parents.pop(), [])
        found += born
        parents += [child.pid for child in born]
    return found


def marked(folder: str, system: System = SYSTEM) -> list[Identity]:
    """Return the living processes started for this run folder or one below it, but not us."""
    found = []
    for pid in system.pids():
        environment = system.environment(pid) if pid != os.getpid() else None
        mark = (environment or {}).get(MARKER, "")
        entry = system.look(pid) if mark == folder or mark.startswith(folder + "/") else None
        if entry is not None:
            found.append(entry.identity)
    return found
