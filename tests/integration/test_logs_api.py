"""The whole log of a task over HTTP: to be saved, byte for byte, by whoever is signed in."""

from __future__ import annotations

from secrets import token_hex

import httpx
import pytest

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.task import InferenceTask, TaskLog, TaskStatus
from inference_ui.backend.ports import workload_name
from tests.support.inside import Inside
from tests.support.samples import a_task

TEXT = "正在加载\x1b[32m model\x1b[0m\n" * 1000


@pytest.fixture
def task(inside: Inside) -> InferenceTask:
    """An ended task whose server's log was saved."""
    owner = inside.product.accounts.ensure_administrator()
    name = f"夜间 {token_hex(4)}"
    made = a_task(id=token_hex(8), name=name, owner_id=owner.id, status=TaskStatus.STOPPED)
    replica = f"{workload_name(made.id, 1, 'server')}-0"
    with inside.product.store.write() as session:
        session.add(made)
        session.flush()
        session.add(
            TaskLog(
                task_id=made.id,
                attempt=1,
                role="server",
                replica=replica,
                owner_id=owner.id,
                text=TEXT,
            )
        )
    return made


def test_a_viewer_saves_it_under_the_tasks_name(inside: Inside, task: InferenceTask) -> None:
    path = f"/api/tasks/{task.id}/logs/task-{task.id}-1-server-0"
    with inside.client(inside.session(Role.VIEWER)[1]) as http:
        answer = http.get(path)
        assert answer.status_code == 200
        assert answer.content.decode() == TEXT
        assert answer.headers["content-type"].startswith("text/plain")
        saved_as = httpx.URL(f"x:{answer.headers['content-disposition'].split(chr(39))[-1]}").path
        assert saved_as == f"{task.name}-1-server-0.log"
        unknown = http.get(f"/api/tasks/{task.id}/logs/task-{task.id}-1-client-0")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "LOG_UNKNOWN")
    with inside.client() as stranger:
        assert stranger.get(path).status_code == 401
