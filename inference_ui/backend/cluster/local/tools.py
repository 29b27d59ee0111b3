"""Asking the cards' own tools, which hang or fail when a card does."""

from __future__ import annotations

import contextlib
import logging
import shutil
import subprocess

_log = logging.getLogger(__name__)

TIMEOUT_S = 20.0


class Tool:
    """One command line. A failure is logged once, until the tool answers again."""

    def __init__(self, *command: str, timeout_s: float = TIMEOUT_S) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._said = ""
        self._hung: subprocess.Popen[str] | None = None

    def ask(self) -> tuple[str, bool] | None:
        """Return what it printed and whether it ended well; None if it is not there, did not answer
        in time, or has not ended since it was asked before."""
        program = shutil.which(self._command[0])
        if program is None or (self._hung is not None and self._hung.poll() is None):
            return None
        self._hung = None
        try:
            return self._answer(program)
        except OSError as error:
            self._complain(str(error))
            return None

    def _answer(self, program: str) -> tuple[str, bool] | None:
        process = subprocess.Popen(  # noqa: S603 - fixed commands, found on the PATH
            (program, *self._command[1:]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            text, _ = process.communicate(timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            self._abandon(process)
            return None
        if process.returncode == 0:
            self._said = ""
        else:
            last = text.strip().splitlines()[-1:] or [""]
            self._complain(f"exit code {process.returncode} {last[0]}")
        return text, process.returncode == 0

    def _abandon(self, process: subprocess.Popen[str]) -> None:
        """Kill it without waiting: in a driver's call it cannot be killed, for hours maybe."""
        process.kill()
        if process.stdout is not None:
            process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        self._hung = process
        self._complain(f"no answer in {self._timeout_s:g} s")

    def _complain(self, text: str) -> None:
        if text != self._said:
            self._said = text
            _log.warning("%s could not be asked for cards: %s", self._command[0], text)
