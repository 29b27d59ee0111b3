"""Deleting tasks with real processes: whenever it is asked for, nothing is left running; and a
deletion of many files goes on where a killed server was."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from inference_ui.backend.errors import Conflict, NotFound
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import TaskSearch, TaskSelection
from inference_ui.backend.services.deleted_folders import FOLDER
from tests.support.installation import Installation, numbered_inputs, processes_of
from tests.support.samples import a_plan
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
FILES = 60_000


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    yield made
    made.close()


def request(installation, *ids, with_output=True):
    deletions, actor = installation.product.deletions, installation.administrator
    return deletions.request(actor, TaskSelection(ids), with_output=with_output)


def receipt(installation, deletion, timeout_s=60):
    """Wait until a deletion has ended; return its receipt."""

    def ended():
        view = installation.product.deletions.view(installation.administrator, deletion.id).view
        return view if view.ended_at else None

    return wait_for(ended, f"the end of the deletion {deletion.id}", timeout_s)


def at_once(*actions):
    """Do all of these at the same moment; return what each refused with, or None."""
    start, refused = threading.Barrier(len(actions)), {}

    def act(number, action):
        start.wait()
        refused[number] = None
        try:
            action()
        except (Conflict, NotFound) as error:
            refused[number] = error.message.code

    threads = [threading.Thread(target=act, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [refused[number] for number in range(len(actions))]


def test_deleted_while_it_waits_starts_runs_or_ends_a_task_leaves_nothing(installation):
    installation.dataset(numbered_inputs(200))
    installation.package("slow", DELAY_MS="200")
    installation.package("never", MODE="never")
    installation.product.engine.start()
    tasks, actor = installation.product.tasks, installation.administrator

    waiting = installation.create("waiting", "never")
    first = request(installation, waiting.id)
    assert receipt(installation, first).gone == 1

    starting = installation.create("starting", "never")
    installation.wait_until(starting.id, "STARTING")
    second = receipt(installation, request(installation, starting.id))
    assert (second.gone, second.replicas) == (1, 1)

    running = installation.create("running", "slow")
    installation.wait_for_lines(running.id, 5)
    third = receipt(installation, request(installation, running.id))
    assert (third.replicas, len(third.nodes), third.removed) == (2, 1, 1)
    assert third.files > 5

    ending = installation.create("ending", "slow")
    installation.wait_for_lines(ending.id, 1)
    outcome = at_once(
        lambda: tasks.stop(actor, ending.id),
        lambda: request(installation, ending.id),
        lambda: request(installation, ending.id),
    )
    assert outcome[0] in (None, "TASK_BEING_DELETED")
    assert sorted(filter(None, outcome[1:])) == ["TASK_BEING_DELETED"], "one of two is told"
    finishing = installation.create("finishing", "slow")
    installation.wait_for_lines(finishing.id, 1)
    tasks.stop(actor, finishing.id)
    wait_for(lambda: installation.task(finishing.id).status == "FINISHING", "the teardown")
    with suppress(Conflict):
        receipt(installation, request(installation, finishing.id))

    def none_left():
        return not installation.product.task_list.count(actor, TaskSearch())

    wait_for(none_left, "all tasks gone", 60)
    wait_for(lambda: not processes_of(installation.folder), "no process left")
    assert installation.product.cluster.names() == frozenset()
    assert list((installation.folder / "runs").iterdir()) == []
    wait_for(
        lambda: not list((installation.folder / "volumes" / "results").iterdir()),
        "no folder left",
    )


def test_a_server_killed_while_it_removes_many_files_goes_on_after_its_next_start(installation):
    folder = installation.folder / "volumes" / "results" / "large"
    (folder / "deep").mkdir(parents=True)
    for number in range(FILES):
        (folder / "deep" / f"{number}.json").touch()
    outside = installation.folder / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    (folder / "link").symlink_to(outside)
    task = InferenceTask(
        name="large",
        owner_id=installation.administrator.id,
        plan=a_plan(output_folder=str(folder)),
        status=TaskStatus.SUCCEEDED,
        end_reason=EndReason.COMPLETED,
        ended_at=utc_now(),
    )
    with installation.product.store.write() as session:
        session.add(task)
    deletion = request(installation, task.id)
    command = [sys.executable, "-m", "tests.support.engine", str(installation.folder)]
    killed = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        away = installation.folder / "volumes" / "results" / FOLDER / task.id / "deep"
        wait_for(lambda: away.exists() and not folder.exists(), "the folder out of the way", 120)
        wait_for(lambda: counted(installation, deletion) > 0, "some files removed", 60)
    finally:
        killed.kill()
        killed.wait()
    before = counted(installation, deletion)
    assert before < FILES, "killed in the middle"
    installation.product.engine.start()
    view = receipt(installation, deletion)
    assert (view.gone, view.removed, view.problems) == (1, 1, 0)
    assert before <= view.files <= FILES + 1
    assert list((installation.folder / "volumes" / "results").iterdir()) == []
    assert (outside / "precious").exists()


def counted(installation, deletion) -> int:
    view = installation.product.deletions.view(installation.administrator, deletion.id).view
    return view.files
