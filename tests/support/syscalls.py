"""A program's system calls, as ``strace`` saw them: when each began and when it was over.

The moments are line numbers of the trace. A program under ``strace`` stands still at the beginning
and at the end of each call until that was written down, so of two calls where one waited for the
other the lines say so too, across threads and processes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CALLS = "openat,write,writev,pwrite64,pwritev,close,fsync,fdatasync,syncfs,sync"
WRITES = frozenset(("write", "writev", "pwrite64", "pwritev"))


def command(trace: Path) -> list[str]:
    """Return what to put before a command to have it traced, its threads and processes too."""
    kept = ["-f", "-y", "-s", "16777216", "-e", f"trace={CALLS}", "-e", "signal=none"]
    return ["strace", *kept, "-o", str(trace)]


@dataclass(frozen=True, slots=True)
class SystemCall:
    """One call that succeeded. ``path`` is what its descriptor stood for, if it had one; ``text``
    its arguments, with escapes undone as far as quotes go."""

    name: str
    path: str
    text: str
    began: int
    ended: int


_LINE = re.compile(r"^(\d+) +(.*)$", re.DOTALL)
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+)(?:<([^>]*)>)?", re.DOTALL)
_DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")


def read(trace: Path) -> list[SystemCall]:
    """Return the calls that succeeded, by when they were over."""
    return list(_calls(trace))


def _calls(trace: Path) -> Iterator[SystemCall]:
    begun: dict[str, tuple[int, str]] = {}
    with trace.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines):
            found = _LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            process, text = found.groups()
            if text.endswith(_UNFINISHED):
                begun[process] = (number, text.removesuffix(_UNFINISHED))
                continue
            began = number
            resumed = _RESUMED.match(text)
            if resumed is not None:
                began, start = begun.pop(process)
                text = start + resumed.group(2)
            call = _CALL.match(text)
            if call is None or int(call.group(3)) < 0:
                continue
            name, arguments, _, opened = call.groups()
            descriptor = _DESCRIPTOR.match(arguments)
            path = opened if name == "openat" else descriptor and descriptor.group(1)
            yield SystemCall(name, path or "", arguments.replace('\\"', '"'), began, number)
