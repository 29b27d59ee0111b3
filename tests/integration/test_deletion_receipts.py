"""How deletions of tasks end, on SQLite and on PostgreSQL: what ran, what was cut short, what is
told of them and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inference_ui.backend.cluster.memory import ONE_NODE
from inference_ui.backend.deletion_reconciler import ABANDONED, KEPT
from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard
from inference_ui.backend.models.deletion import Deletion
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.models.task_search import TaskSelection
from inference_ui.backend.ports import workload_name
from inference_ui.backend.services import deletions as service
from inference_ui.backend.services.changes import LIST
from tests.support.deletion_world import ADMIN, EVERYTHING, LIN, ZHOU, World
from tests.support.samples import NOW, a_plan


@pytest.fixture
def world(store, tmp_path):
    return World(store, tmp_path)


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
