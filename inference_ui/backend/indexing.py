"""Filling the columns of a large task, a program of its own:
``python -m inference_ui.backend.indexing``.

A million lines take seconds of computing, and as many results to read, where there is no sidecar,
take minutes; in the web server that would hold up all who use it. The job comes as JSON on the
standard input; how many items there are by and by goes to the standard output, a line each; the
columns are saved to a file, from which a later run goes on. The program ends when nobody listens.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import msgspec

from inference_ui.backend.memory_limit import limit_memory
from inference_ui.backend.results.building import Follower, ResultFiles
from inference_ui.backend.results.columns import Columns

MEMORY = 1 << 30
"""Bytes that it may take. Measured: 200 MiB while the most mentions of classes are saved, 60 MiB
for a result of 16 MiB."""
TOLD_S = 0.2
_NICE = 10


class IndexJob(msgspec.Struct, frozen=True):
    """A task's folder and protocol, whether the task has ended, and where the columns go."""

    output: str
    service_type: str
    model_name: str
    ended: bool
    saved: str


def build(job: IndexJob) -> None:
    """Bring the saved columns up to what the files say. Raises :class:`OSError`."""
    saved = Path(job.saved)
    files = ResultFiles(Path(job.output), job.service_type, job.model_name)
    columns = Columns.load(saved) or Columns()
    teller = _Teller()
    while not Follower(files, columns).follow(ended=job.ended, told=teller):
        columns = Columns()  # the files were replaced
    columns.save(saved)


class _Teller:
    def __init__(self) -> None:
        self._due = 0.0

    def __call__(self, lines: int) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + TOLD_S
            sys.stdout.write(f"{lines}\n")
            sys.stdout.flush()


def main() -> None:
    """Do the job that is on the standard input."""
    os.nice(_NICE)
    limit_memory(MEMORY)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=IndexJob)
    try:
        build(job)
    except BrokenPipeError:
        os._exit(0)  # the web server is gone; at its end Python would complain of the pipe again


if __name__ == "__main__":
    main()
