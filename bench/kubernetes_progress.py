"""Keeps the progress files of running batch clients, as often as they do: `FOLDER…` on stdin."""

import sys
import time
from pathlib import Path

from inference_ui.backend.batch.client import PROGRESS_S
from inference_ui.backend.records import PROGRESS, Progress, WalkState, write_record


def main() -> None:
    """Write until the standard input's other end is closed by killing."""
    folders = [Path(line) for line in sys.stdin.read().splitlines()]
    for folder in folders:
        (folder / PROGRESS).parent.mkdir(parents=True, exist_ok=True)
    done, due = 0, time.monotonic()
    while True:
        done, due = done + 10, due + PROGRESS_S
        for folder in folders:
            now = Progress(
                updated_at=time.time(), attempt=1, state=WalkState.RUNNING, found=1_000_000,
                walked=True, succeeded=done, rate=20.0, in_flight=8, left_s=1_000.0,
            )  # fmt: skip
            write_record(folder / PROGRESS, now)
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
