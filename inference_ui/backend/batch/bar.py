"""How far it is, for a person: a line that is drawn anew on a terminal, a log elsewhere."""

from __future__ import annotations

import shutil
from datetime import datetime
from threading import Lock
from typing import TextIO

from inference_ui.backend.records import Progress, WalkState

_WIDEST = 30
_ERASE = "\r\x1b[2K"


class Bar:
    """Writes to one stream. Used by several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._draws = stream.isatty()
        self._lock = Lock()
        self._line = ""

    def say(self, text: str) -> None:
        """Write a line of the log; the bar stays below it."""
        stamp = "" if self._draws else f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} "
        with self._lock:
            self._write(f"{self._erase()}{stamp}{text}\n{self._line}")

    def show(self, progress: Progress) -> None:
        """Draw the bar, where there is a terminal."""
        if not self._draws:
            return
        columns = shutil.get_terminal_size().columns
        with self._lock:
            line = drawn(progress, columns - 1)
            self._write(f"{self._erase()}{line}")
            self._line = line

    def end(self) -> None:
        """Leave the terminal as it was."""
        with self._lock:
            self._write(self._erase())
            self._line = ""

    def _erase(self) -> str:
        return _ERASE if self._line else ""

    def _write(self, text: str) -> None:
        try:  # a terminal that is gone is no reason to stop
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            return


def drawn(progress: Progress, columns: int) -> str:
    """Return the bar for a terminal of so many columns. What matters least is left out first: the
    bar itself, then what stands at the end."""
    done = progress.succeeded + progress.failed
    found = f"{progress.found:,}" + ("" if progress.walked else "+")
    parts = [f"{done:,} of {found}"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.state is WalkState.WAITING_FOR_SERVER:
        parts.append(f"waiting for a server: {progress.waiting_for}")
    else:
        parts.append(f"{progress.rate:,.0f}/s" if progress.rate >= 10 else f"{progress.rate:.1f}/s")
        parts.append(f"{progress.in_flight} in flight")
        if progress.left_s is not None and progress.state is WalkState.RUNNING:
            parts.append(f"{_clock(progress.left_s)} left")
    if progress.state is WalkState.STOPPING:
        parts.append("stopping")
    if progress.room is not None:
        parts.append("the results will not fit")
    text = " · ".join(parts)
    width = min(columns - len(text) - 1, _WIDEST)
    if width < 5 or not progress.walked or not progress.found:
        return text[: max(columns, 0)]
    filled = done * width // progress.found
    return f"{'━' * filled}{'╌' * (width - filled)} {text}"


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
