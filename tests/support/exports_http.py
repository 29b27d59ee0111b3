"""A task whose results are exported over HTTP, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import psutil

from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.records import JOURNAL
from inference_ui.backend.results.exports.job import ExportFormat
from inference_ui.backend.services.export import Export
from tests.support.exports import PROGRAM
from tests.support.inside import Inside
from tests.support.results import RunTask, a_picture, detection
from tests.support.waiting import wait_for

PICTURE = a_picture(640, 480)
CAR = ("car", 0.97, (10.0, 20.0, 110.0, 120.0))


@dataclass
class Shown:
    """A task with its files, and somebody who looks at it."""

    run: RunTask
    task: InferenceTask
    inside: Inside
    http: httpx.Client

    @property
    def path(self) -> str:
        return f"/api/tasks/{self.task.id}/export"

    def get(self, wanted: str, token: str | None = None, **query: object) -> httpx.Response:
        asked = {"format": wanted, "token": token or token_hex(16), **query}
        return self.http.get(self.path, params=asked)

    @property
    def actor(self) -> Actor:
        return self.inside.product.accounts.ensure_administrator()

    def started(self, token: str = "", **more: Any) -> Export:
        """Begin to export, as the administrator, what nobody reads yet."""
        return self.inside.product.exports.start(
            self.actor, self.task.id, ExportFormat.CSV, token or token_hex(16), **more
        )

    def progress(self, token: str, http: httpx.Client | None = None) -> dict[str, object]:
        answer = (http or self.http).get(f"{self.path}/{token}")
        return dict(answer.json())

    def endless(self) -> None:
        """Make the export larger than all buffers between a program and a browser."""
        self.run.succeeded("a.png", PICTURE, detection(*[CAR] * 200))
        journal = self.run.output / JOURNAL
        journal.write_bytes(journal.read_bytes() * 50_000)

    @contextmanager
    def running(self, http: httpx.Client | None = None) -> Iterator[tuple[str, httpx.Response]]:
        """An endless export that has begun: its token, and its answer of which little was read."""
        token = token_hex(16)
        asked = {"format": "csv", "token": token}
        http = http or self.http
        with http.stream("GET", self.path, params=asked) as answer:
            wait_for(lambda: self.progress(token, http).get("bytes"), "its first bytes")
            yield token, answer

    def programs(self) -> list[psutil.Process]:
        """The programs that export for this process."""
        return [
            child
            for child in psutil.Process().children()
            if child.status() != psutil.STATUS_ZOMBIE and PROGRAM in child.cmdline()
        ]


@contextmanager
def shown_to_a_viewer(inside: Inside, tmp_path: Path) -> Iterator[Shown]:
    """Make a task, and have somebody look at it; in the end no program is left."""
    run = RunTask(tmp_path)
    product = inside.product
    task = run.stored(
        product.store,
        product.accounts.ensure_administrator(),
        id=token_hex(8),
        name=f"夜 {token_hex(4)}",
        status=TaskStatus.RUNNING,
    )
    with inside.client(inside.session(Role.VIEWER)[1]) as http:
        found = Shown(run, task, inside, http)
        yield found
        wait_for(lambda: not found.programs(), "the end of all programs")
