"""Removing output folders of deleted tasks in a process of its own.

``python -m inference_ui.backend.removing SECONDS`` reads ``[[volume, task id], …]`` as JSON, works
on these folders for so long, and answers with what came of each that it got to. A file costs a few
calls to the system, and after each of them a thread of a busy web server waits for its turn; a
process of its own does not, and leaves the processor to the others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.backend.services.deleted_folders import Clearing

_PROGRAM = "inference_ui.backend.removing"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
_PATIENCE_S = 60.0
_NICE = 10


@dataclass(frozen=True, slots=True)
class Removal:
    """What came of one folder: how many ``files`` and ``bytes`` were removed, whether it is
    ``over``; then ``problem`` says what is left, and ``final`` that it is of no use to try again.
    """

    files: int
    bytes: int
    over: bool
    final: bool
    problem: dict[str, Any] | None

    @property
    def reason(self) -> Message | None:
        """Why something is left."""
        return Message.from_json(self.problem) if self.problem else None


def remove(places: Sequence[tuple[Path, str]], seconds: float) -> list[Removal]:
    """Remove the folders that were taken away of these (volume, task id), in order, for about so
    long. Returns what came of each that was begun.

    Raises :class:`subprocess.SubprocessError` when the process fails or hangs.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", _PROGRAM, str(seconds)],
        input=json.dumps([[str(volume), task_id] for volume, task_id in places]),
        stdout=subprocess.PIPE,
        encoding="ascii",
        env=environment,
        timeout=seconds + _PATIENCE_S,
        check=True,
        start_new_session=True,
    )
    return [Removal(**one) for one in json.loads(done.stdout)]


def main() -> None:
    """Remove what stdin names, for so many seconds."""
    os.nice(_NICE)
    until = time.monotonic() + float(sys.argv[1])
    removals: list[dict[str, Any]] = []
    for volume, task_id in json.load(sys.stdin):
        if removals and time.monotonic() >= until:
            break
        clearing = Clearing(Path(volume), task_id)
        over = clearing.go_on(until)
        problem = clearing.problem if over else None
        told = problem.to_json() if problem else None
        removals.append(asdict(Removal(clearing.files, clearing.bytes, over, clearing.final, told)))
    json.dump(removals, sys.stdout)


if __name__ == "__main__":
    main()
