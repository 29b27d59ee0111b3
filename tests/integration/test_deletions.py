"""Deleting tasks, on SQLite and on PostgreSQL: who may, what is refused and why, what is told."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inference_ui.backend.cluster.memory import ONE_NODE, MemoryCluster
from inference_ui.backend.deletion_reconciler import ABANDONED, KEPT, DeletionReconciler
from inference_ui.backend.errors import Conflict, Forbidden, NotFound, Refused
from inference_ui.backend.models.account import Actor, Role, User
from inference_ui.backend.models.catalog import Dataset, ModelPackage, PackageLaunch, Volume
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard
from inference_ui.backend.models.deletion import DeletedState, Deletion
from inference_ui.backend.models.task import EndReason, InferenceTask, Since, TaskEvent
from inference_ui.backend.models.task_search import TaskSearch, TaskSelection
from inference_ui.backend.ports import workload_name
from inference_ui.backend.reconciler import Reconciler
from inference_ui.backend.services import deletions as service
from inference_ui.backend.services.again import Again
from inference_ui.backend.services.changes import LIST, Changes
from inference_ui.backend.services.deletions import Deletions, topic
from inference_ui.backend.services.task_list import TaskList
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.store import tasks as task_queries
from tests.support.samples import NOW, a_plan, a_task

LIN, ZHOU = Actor("lin", "林岚", Role.USER), Actor("zhou", "zhou", Role.USER)
ADMIN, GUEST = Actor("admin", "admin", Role.ADMINISTRATOR), Actor("guest", "guest", Role.VIEWER)
EVERYTHING = TaskSelection(search=TaskSearch())


class World:
    """A store with four people and a volume, a cluster in memory, and both reconcilers."""

    def __init__(self, store, folder: Path):
        self.store, self.now = store, NOW
        self.volume = folder / "results"
        self.volume.mkdir()
        self.cluster = MemoryCluster(now=self.unix_time)
        self.changes = Changes()
        self.told: list[frozenset[str]] = []
        self.changes.subscribe(self.told.append)
        task_list = TaskList(store, self.changes)
        self.tasks = Tasks(store, self.cluster, self.changes, now=self.time)
        self.again = Again(store, self.tasks, self.changes, now=self.time)
        self.deletions = Deletions(store, self.cluster, task_list, self.changes, now=self.time)
        self.restart()
        with store.write() as session:
            for one in (LIN, ZHOU, ADMIN, GUEST):
                session.add(User(id=one.id, name=one.name, role=one.role))
            session.flush()
            session.add(Volume(id="v", name="results", owner_id="admin", root=str(self.volume)))

    def time(self):
        return self.now

    def unix_time(self):
        return self.now.timestamp()

    def restart(self):
        self.reconciler = Reconciler(self.store, self.cluster, now=self.time)
        self.loop = DeletionReconciler(self.store, self.cluster, now=self.time)

    def add(self, name: str, owner: Actor = LIN, status: str = "SUCCEEDED", **values) -> str:
        """Add a task with an output folder of two files."""
        folder = self.volume / name
        (folder / "deep").mkdir(parents=True)
        (folder / "result.ndjson").write_bytes(b"12345")
        (folder / "deep" / "one.json").write_bytes(b"1")
        changes = {"output_folder": str(folder)} | values.pop("plan", {})
        ended = {"end_reason": EndReason.COMPLETED, "ended_at": NOW, "succeeded": 2}
        task = a_task(
            id=f"id{name}",
            name=name,
            owner_id=owner.id,
            status=status,
            plan=a_plan(**changes),
            **(ended if status == "SUCCEEDED" else {}),
            **values,
        )
        with self.store.write() as session:
            session.add(task)
            session.flush()
            session.add(TaskEvent(task_id=task.id, owner_id=owner.id, attempt=1, code="SUBMITTED"))
        return task.id

    def request(self, actor: Actor, *ids: str, **options):
        return self.deletions.request(actor, TaskSelection(ids), **options)

    def settle(self):
        """Let everything come to its end; return what was told."""
        told = frozenset()
        for _ in range(20):
            changed = self.reconciler.run_once() | self.loop.run_once()
            if not changed:
                return told
            told |= changed
        raise AssertionError("it never ends")

    def ids(self) -> set[str]:
        with self.store.read() as session:
            return set(session.scalars(task_queries.select(InferenceTask.id)))

    def view(self, deletion, actor: Actor = LIN):
        return self.deletions.view(actor, deletion.id).view

    def reasons(self, deletion, actor: Actor = LIN) -> dict[str, str]:
        found = self.deletions.view(actor, deletion.id).entries
        return {one.task_id: one.problem.code for one in found if one.problem}


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


MLU = AcceleratorType.MLU
CARDS = tuple(PhysicalCard(slot, str(slot), "MLU370-X8", MLU) for slot in (1, 2))


def with_two_cards():
    """A spec whose replicas hold two cards."""
    spec = a_plan().spec
    asked = {"accelerator": MLU, "card_model": "MLU370-X8", "cards": 2}
    return spec.model_copy(update={"resources": spec.resources.model_copy(update=asked)})


def test_what_ran_is_ended_first_and_told_in_the_receipt(world):
    world.cluster.offer([replace(ONE_NODE, cards=CARDS)])
    task = world.add("night", status="QUEUED", plan={"spec": with_two_cards()})
    server, client = (workload_name(task, 1, role) for role in ("server", "client"))
    world.reconciler.run_once()
    world.reconciler.run_once()
    world.cluster.become_ready(server)
    for _ in range(3):
        world.reconciler.run_once()
    assert world.cluster.names() == {server, client}
    world.cluster.linger = True
    asked = world.request(LIN, task, with_output=True)
    for _ in range(4):
        world.reconciler.run_once()
        world.loop.run_once()
    assert world.ids() == {task}, "something of it still runs"
    assert (world.volume / "night").exists()
    for name in (client, server):
        world.cluster.finish_removal(name)
        world.reconciler.run_once()
        world.reconciler.run_once()
    world.settle()
    receipt = world.view(asked)
    assert (receipt.replicas, receipt.nodes, receipt.pods) == (2, ("node-1",), False)
    assert (receipt.cards, receipt.gone, receipt.files) == ({"MLU370-X8": 2}, 1, 2)
    assert world.cluster.names() == frozenset()


def test_a_leftover_of_a_task_that_has_ended_holds_its_deletion_up_until_it_is_swept(world):
    task = world.add("night", status="QUEUED")
    world.reconciler.run_once()
    with world.store.write() as session:
        session.get_one(InferenceTask, task).status = "STOPPED"
    world.request(LIN, task)
    world.loop.run_once()
    assert world.ids() == {task}
    world.settle()
    assert world.ids() == set()


def test_an_unreachable_cluster_holds_everything(world):
    task = world.add("night")
    world.request(LIN, task)
    world.cluster.unreachable = True
    world.loop.run_once()
    assert world.ids() == {task}
    world.cluster.unreachable = False
    world.settle()
    assert world.ids() == set()


def test_a_request_that_was_cut_short_ends_with_what_was_taken_down(world):
    task = world.add("night")
    asked = world.request(LIN, task)
    with world.store.write() as session:
        row = session.get_one(Deletion, asked.id)
        row.taken_at, row.asked = None, 10
    world.settle()
    assert world.view(asked).ended_at is None, "it may still be written on"
    world.now += ABANDONED + timedelta(seconds=1)
    world.settle()
    assert (world.view(asked).ended_at, world.view(asked).unreached) == (world.now, 9)


def test_a_request_that_was_held_up_too_long_marks_nothing_more(world, monkeypatch):
    monkeypatch.setattr(service, "CHUNK", 1)
    first, second = world.add("first"), world.add("second")

    def hold_up(told):
        if first in told and world.now == NOW:
            world.now += ABANDONED + timedelta(seconds=1)
            world.settle()

    world.changes.subscribe(hold_up)
    asked = world.request(LIN, first, second)
    assert (asked.accepted, asked.unreached, asked.ended_at) == (1, 1, world.now)
    world.settle()
    assert world.ids() == {second}
    world.request(LIN, second)
    world.settle()
    assert world.ids() == set()


def test_a_deletion_is_not_ended_when_its_request_goes_on_at_the_last_moment(world):
    asked = world.request(LIN, world.add("night"))
    world.settle()
    with world.store.write() as session:
        row = session.get_one(Deletion, asked.id)
        row.taken_at = row.ended_at = None
        stale = row.model_copy()
    world.now += ABANDONED + timedelta(seconds=1)
    with world.store.write() as session:
        session.get_one(Deletion, asked.id).touched_at = world.now
    world.loop._close([stale])
    assert world.view(asked).ended_at is None


def test_what_begins_to_match_after_the_question_is_not_meant(world):
    world.add("one")
    seen = world.deletions.preview(ADMIN, EVERYTHING)
    late = world.add("two", ZHOU, status="RUNNING")
    world.deletions.request(ADMIN, TaskSelection(seen.meant))
    world.settle()
    assert world.ids() == {late}


def test_a_receipt_is_ones_own_until_it_is_dismissed_or_old(world):
    asked = world.request(LIN, world.add("night"))
    world.settle()
    assert [one.id for one in world.deletions.recent(LIN)] == [asked.id]
    assert world.deletions.recent(ZHOU) == ()
    with pytest.raises(NotFound, match="DELETION_UNKNOWN"):
        world.deletions.view(ZHOU, asked.id)
    with pytest.raises(NotFound, match="DELETION_UNKNOWN"):
        world.deletions.dismiss(ZHOU, asked.id)
    world.deletions.dismiss(LIN, asked.id)
    assert world.deletions.recent(LIN) == ()
    assert world.view(asked, ADMIN).gone == 1
    world.now += KEPT + timedelta(seconds=1)
    world.restart()
    world.settle()
    with pytest.raises(Refused):
        world.view(asked)


def test_what_went_well_is_told_for_an_hour_and_what_did_not_until_it_is_dismissed(world):
    well = world.request(LIN, world.add("night"))
    task = world.add("day")
    (world.volume / "day").rename(world.volume / "elsewhere")
    badly = world.request(LIN, task, with_output=True)
    world.settle()
    assert {one.id for one in world.deletions.recent(LIN)} == {well.id, badly.id}
    world.now += service.TOLD + timedelta(seconds=1)
    assert [one.id for one in world.deletions.recent(LIN)] == [badly.id]


def test_who_comes_to_a_task_that_is_gone_is_told_who_deleted_it(world):
    task = world.add("night")
    world.request(LIN, task)
    world.settle()
    gone = world.deletions.gone(ZHOU, task)
    assert (gone.code, gone.args) == ("TASK_DELETED", {"name": "night", "who": LIN.name})
    assert world.deletions.gone(ZHOU, "never").code == "TASK_UNKNOWN"


def test_many_go_in_pieces_and_others_are_told_once_a_piece(world, monkeypatch):
    monkeypatch.setattr(service, "CHUNK", 10)
    for number in range(35):
        world.add(f"task-{number:02}")
    asked = world.deletions.request(LIN, EVERYTHING, with_output=True)
    pieces = [ids for ids in world.told if LIST in ids]
    assert [len(ids) - 2 for ids in pieces] == [10, 10, 10, 5]
    world.settle()
    receipt = world.view(asked)
    assert (receipt.gone, receipt.removed, receipt.files) == (35, 35, 70)
    assert list(world.volume.iterdir()) == []
