"""Starting the child of a shim, and tying its life to the shim's. Standard library only."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from inference_ui.backend.cluster.local.files import Launch, message
from inference_ui.backend.cluster.local.processes import LINUX

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36

_LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None

_NEVER_STARTS = {
    errno.ENOENT: "COMMAND_NOT_FOUND",
    errno.ENOTDIR: "COMMAND_NOT_FOUND",
    errno.EACCES: "COMMAND_NOT_EXECUTABLE",
    errno.ENOEXEC: "COMMAND_NOT_EXECUTABLE",
}


class CannotStart(Exception):
    """The command could not be started; ``for_good`` when trying again is of no use."""

    def __init__(self, reason: dict[str, Any], *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none gets lost (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start(
    launch: Launch, seat_env: Mapping[str, str], port: int | None, *, cwd: str, output: int
) -> int:
    """Start the command in a session of its own and return its pid.

    The environment is the shim's (already scrubbed) with the workload's over it; what the seat
    says of cards cannot be overridden. Raises :class:`CannotStart`.
    """
    values = {"{port}": str(port), "{python}": sys.executable}
    env = {**os.environ, **{key: _filled(text, values) for key, text in launch.env.items()}}
    env |= {**seat_env, "PYTHONUNBUFFERED": "1"}
    if port is not None:
        env["PORT"] = str(port)
    command = [_filled(word, values) for word in launch.command]
    try:
        process = subprocess.Popen(  # noqa: S603 - running what an administrator gave is the point
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid()),  # noqa: PLW1509 - the shim has a single thread
        )
    except (OSError, ValueError) as error:
        raise _converted(command[0], error) from error
    process.returncode = 0  # the shim reaps by itself; Popen must not wait for it
    return process.pid


def exit_code(status: int) -> int:
    """Return the exit code for a wait status: 128 + n where signal n ended the process."""
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def exit_reason(code: int, restarts: int) -> dict[str, Any]:
    """Return the message about an exit."""
    if code > 128:
        try:
            name = signal.Signals(code - 128).name
        except ValueError:
            name = ""
        if name:
            return message("PROCESS_KILLED", signal=name, restarts=restarts)
    return message("PROCESS_EXITED", exit_code=code, restarts=restarts)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _dies_with(parent: int) -> Callable[[], None] | None:
    libc = _LIBC
    if libc is None:
        return None

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the shim died before the kernel knew
            os._exit(128 + signal.SIGKILL)

    return ask_kernel


def _converted(command: str, error: OSError | ValueError) -> CannotStart:
    number = error.errno if isinstance(error, OSError) else errno.EINVAL
    code = _NEVER_STARTS.get(number or 0)
    if code is not None:
        return CannotStart(message(code, command=command), for_good=True)
    name = errno.errorcode.get(number or 0, type(error).__name__)
    reason = message("COMMAND_CANNOT_START", command=command, error=name)
    return CannotStart(reason, for_good=number in (errno.EINVAL, errno.E2BIG))
