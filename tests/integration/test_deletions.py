"""Deleting tasks, on SQLite and on PostgreSQL: who may, and what is refused and why."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from inference_ui.backend.errors import Conflict, Forbidden, NotFound
from inference_ui.backend.models.catalog import Dataset, ModelPackage, PackageLaunch, Volume
from inference_ui.backend.models.deletion import DeletedState
from inference_ui.backend.models.task import EndReason, Since
from inference_ui.backend.models.task_search import TaskSearch, TaskSelection
from inference_ui.backend.services import deletions as service
from inference_ui.backend.services.changes import LIST
from inference_ui.backend.services.deletions import topic
from inference_ui.backend.store import tasks as task_queries
from tests.support.deletion_world import ADMIN, EVERYTHING, GUEST, LIN, ZHOU, World
from tests.support.samples import NOW


@pytest.fixture
def world(store, tmp_path):
    return World(store, tmp_path)


def test_a_task_is_deleted_and_its_output_stays_unless_asked_for(world):
    task = world.add("night")
    asked = world.request(LIN, task)
    assert (asked.accepted, asked.gone, asked.ended_at, asked.name) == (1, 0, None, "night")
    told = world.settle()
    assert {task, LIST, topic("lin", asked.id)} <= told
    receipt = world.view(asked)
    assert receipt.ended_at == NOW
    assert (receipt.gone, receipt.removed, receipt.kept, receipt.problems) == (1, 0, 1, 0)
    assert receipt.kept_on == {"results": 1}
    assert (receipt.replicas, receipt.cards) == (0, {}), "nothing ran any more"
    assert world.ids() == set()
    assert (world.volume / "night" / "result.ndjson").exists()
    with world.store.read() as session:
        assert task_queries.events(session, task) == []


def test_with_its_output_the_folder_and_its_name_are_free_and_files_are_counted(world):
    task = world.add("night")
    asked = world.request(LIN, task, with_output=True)
    world.settle()
    receipt = world.view(asked)
    assert (receipt.removed, receipt.kept, receipt.files, receipt.bytes) == (1, 0, 2, 6)
    assert list(world.volume.iterdir()) == []
    world.add("night")


def test_nobody_deletes_anothers_task_but_administrators(world):
    task = world.add("night", ZHOU)
    with pytest.raises(Forbidden) as refused:
        world.request(LIN, task)
    assert refused.value.message.args == {"name": "night", "owner": "zhou"}
    with pytest.raises(Forbidden, match="VIEWERS_DELETE_NOTHING"):
        world.request(GUEST, task)
    with pytest.raises(Forbidden, match="VIEWERS_DELETE_NOTHING"):
        world.deletions.preview(GUEST, EVERYTHING)
    assert world.deletions.recent(LIN) == (), "what was refused as a whole leaves no receipt"
    world.request(ADMIN, task)
    world.settle()
    assert world.ids() == set()


def test_of_many_those_that_cannot_be_deleted_are_named_with_the_reason(world):
    mine, others = world.add("mine"), world.add("others", ZHOU)
    asked = world.request(LIN, mine, others, "no-such-task")
    assert (asked.asked, asked.accepted, asked.refused) == (3, 1, 2)
    assert world.reasons(asked) == {others: "TASK_OF_ANOTHER", "no-such-task": "TASK_UNKNOWN"}
    world.settle()
    assert world.ids() == {others}
    assert world.view(asked).ended_at is not None
    first = world.deletions.view(LIN, asked.id, limit=1).entries
    assert [one.state for one in first] == [DeletedState.REFUSED], "what needs reading comes first"


def test_what_cannot_be_an_id_is_not_kept(world):
    with pytest.raises(NotFound, match="NOTHING_TO_DELETE"):
        world.request(LIN, "a\0b", "\udc80", "x" * 1000)


def test_who_comes_second_is_told_who_was_first(world):
    task = world.add("night")
    world.request(LIN, task)
    for again in (LIN, ADMIN):
        with pytest.raises(Conflict) as refused:
            world.request(again, task)
        assert refused.value.message.code == "TASK_BEING_DELETED"
        assert refused.value.message.args == {"name": "night", "who": "林岚"}
    world.settle()
    with pytest.raises(NotFound) as gone:
        world.request(ADMIN, task)
    assert gone.value.message.to_json() == {
        "code": "TASK_DELETED",
        "args": {"name": "night", "who": "林岚"},
    }
    with pytest.raises(NotFound, match="NOTHING_TO_DELETE"):
        world.deletions.request(LIN, EVERYTHING)


def test_of_two_who_delete_the_same_at_the_same_moment_each_task_has_one(world, monkeypatch):
    monkeypatch.setattr(service, "CHUNK", 3)
    ids = [world.add(f"task-{number}") for number in range(20)]
    start, made = threading.Barrier(2), {}

    def delete(actor, order):
        start.wait()
        made[actor.id] = world.request(actor, *order)

    threads = [
        threading.Thread(target=delete, args=(actor, order))
        for actor, order in ((LIN, ids), (ADMIN, ids[::-1]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = made["lin"], made["admin"]
    assert first.accepted + second.accepted == 20
    assert (first.accepted + first.refused, second.accepted + second.refused) == (20, 20)
    world.settle()
    assert world.ids() == set()
    assert set(world.reasons(first).values()) <= {"TASK_BEING_DELETED"}


def test_a_task_that_is_being_deleted_is_neither_stopped_nor_resumed(world, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").touch()
    folder = {"dataset_folder": str(tmp_path / "in")}
    task = world.add("night", failed=1, plan=folder)
    world.request(LIN, task)
    for refused in (
        lambda: world.tasks.stop(LIN, task),
        lambda: world.again.retry_failed(LIN, task),
    ):
        with pytest.raises(Conflict, match="TASK_BEING_DELETED"):
            refused()
    assert world.again.run_again(LIN, task).name == "night-2"


def test_output_that_another_task_still_reads_is_not_deleted(world):
    base = world.add("base")
    since = Since(task_id=base, task_name="base", output_folder=str(world.volume / "base"))
    reader = world.add("reader", status="QUEUED", plan={"since": since})
    preview = world.deletions.preview(LIN, TaskSelection((base,)))
    assert [need.args for need in preview.needed] == [{"name": "base", "task": "reader"}]
    with pytest.raises(Conflict, match="OUTPUT_NEEDED"):
        world.request(LIN, base, with_output=True)
    both = world.deletions.preview(LIN, TaskSelection((base, reader)))
    assert both.needed_count == 0
    world.request(LIN, base, reader, with_output=True)
    world.loop.run_once()
    assert (world.volume / "base").exists(), "who reads it must end first"
    world.settle()
    assert list(world.volume.iterdir()) == []


def test_nothing_goes_on_from_a_task_that_is_being_deleted(world, tmp_path):
    base = world.add("base")
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    (dataset / "one.json").write_text("{}")
    since = Since(task_id=base, task_name="base", output_folder=str(world.volume / "base"))
    plan = {"since": since, "dataset_folder": str(dataset)}
    stopped = {"status": "STOPPED", "end_reason": EndReason.STOPPED_BY_USER, "ended_at": NOW}
    reader = world.add("reader", **stopped, plan=plan)
    world.request(LIN, base, with_output=True)
    for go_on in (world.again.resume, world.again.run_again):
        with pytest.raises(Conflict, match="SINCE_DELETING"):
            go_on(LIN, reader)
    world.settle()
    for go_on in (world.again.resume, world.again.run_again):
        with pytest.raises(Conflict, match="SINCE_GONE"):
            go_on(LIN, reader)
    assert {path.name for path in world.volume.iterdir()} == {"reader"}


def test_an_output_folder_that_holds_a_dataset_is_not_deleted(world):
    task = world.add("night")
    with world.store.write() as session:
        session.add(Dataset(name="again", owner_id="lin", volume_id="v", path="night/deep"))
    with pytest.raises(Conflict, match="OUTPUT_HOLDS_DATASET"):
        world.request(LIN, task, with_output=True)
    world.request(LIN, task)


@pytest.mark.parametrize("moment", ["before", "since"])
@pytest.mark.parametrize("what", ["OUTPUT_HOLDS_DATASET", "OUTPUT_HOLDS_PACKAGE"])
def test_what_is_used_through_a_link_is_not_deleted_with_the_folder_it_leads_to(
    world, moment, what
):
    task, place = world.add("night"), world.volume / "night"
    asked = world.request(LIN, task, with_output=True) if moment == "since" else None
    (world.volume / "ds").symlink_to(place / "deep")
    with world.store.write() as session:
        if what == "OUTPUT_HOLDS_DATASET":
            session.add(Dataset(name="again", owner_id="lin", volume_id="v", path="ds"))
        else:
            launch = PackageLaunch(command=("run",), model_volume_id="v", model_path="ds")
            session.add(
                ModelPackage(
                    name="m", version="1", owner_id="lin", service_type="CUSTOM", launch=launch
                )
            )
    if asked is None:
        preview = world.deletions.preview(LIN, TaskSelection((task,)))
        assert [need.code for need in preview.needed] == [what]
        with pytest.raises(Conflict, match=what):
            world.request(LIN, task, with_output=True)
    else:
        world.settle()
        assert world.reasons(asked) == {task: what}
    assert (place / "deep" / "one.json").exists()


def test_a_dataset_on_a_volume_that_is_a_link_to_another_ones_folder_is_held(world):
    task = world.add("night")
    other = world.volume.parent / "other"
    other.symlink_to(world.volume)
    with world.store.write() as session:
        session.add(Volume(id="w", name="other", owner_id="admin", root=str(other)))
        session.flush()
        session.add(Dataset(name="again", owner_id="lin", volume_id="w", path="night"))
    with pytest.raises(Conflict, match="OUTPUT_HOLDS_DATASET"):
        world.request(LIN, task, with_output=True)


@pytest.mark.parametrize("change", ["volume", "dataset", "folder", "missing"])
def test_what_became_impossible_since_the_request_keeps_the_files_and_says_so(world, change):
    task = world.add("night")
    asked = world.request(LIN, task, with_output=True)
    place = world.volume / "night"
    if change == "volume":
        with world.store.write() as session:
            session.delete(session.get_one(Volume, "v"))
    elif change == "dataset":
        with world.store.write() as session:
            session.add(Dataset(name="again", owner_id="lin", volume_id="v", path="night"))
    else:
        place.rename(world.volume / "elsewhere")
        if change == "folder":
            place.symlink_to("elsewhere")
    world.settle()
    receipt = world.view(asked)
    codes = {
        "volume": "OUTPUT_OFF_VOLUME",
        "dataset": "OUTPUT_HOLDS_DATASET",
        "folder": "OUTPUT_NOT_A_FOLDER",
        "missing": "OUTPUT_MISSING",
    }
    assert world.reasons(asked) == {task: codes[change]}
    in_place = change != "missing"
    assert (receipt.gone, receipt.removed, receipt.problems) == (1, 0, 1)
    assert (receipt.kept, bool(receipt.kept_on)) == (in_place, in_place)
    kept = world.volume / ("night" if change in ("volume", "dataset") else "elsewhere")
    assert (kept / "result.ndjson").exists()


def test_the_preview_counts_and_names_those_that_run_first(world):
    for number in range(4):
        world.add(f"ended-{number}", created_at=NOW - timedelta(minutes=number))
    world.add("running", status="RUNNING", created_at=NOW - timedelta(hours=1))
    world.add("others", ZHOU)
    world.request(LIN, world.add("leaving"))
    seen = world.deletions.preview(LIN, TaskSelection(("idgone",), search=TaskSearch()))
    assert (seen.asked, seen.tasks, seen.running) == (7, 5, 1)
    assert (seen.others, seen.leaving, seen.missing) == (1, 1, 0)
    assert [one.name for one in seen.first] == ["running", "ended-0", "ended-1"]
    assert seen.first[0].owner == "林岚"
    assert (seen.volumes, seen.results) == ({"results": 5}, 8)
    assert world.deletions.preview(LIN, TaskSelection(("idgone",))).missing == 1
