"""A task again: resumed, retried, run anew, copied; and a draft tried on a few items first."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_record

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound
from inference_ui.backend.models.account import Role
from inference_ui.backend.records import (
    PROGRESS,
    SUMMARY,
    ErrorGroup,
    Progress,
    Summary,
    read_record,
    write_record,
)
from inference_ui.backend.services.failures import recorded_groups
from tests.support.installation import Installation, journal, numbered_inputs
from tests.support.waiting import wait_for


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    made.product.engine.start()
    yield made
    made.close()


def stranger(installation, role=Role.USER):
    return installation.product.accounts.create_user(
        installation.administrator, f"other-{role.lower()}", None, role
    )


def broken(count):
    """Inputs of which the first is no JSON."""
    return {**numbered_inputs(count), "part-0/page-0000.json": b"{"}


def mend(installation, dataset="pages"):
    path = installation.folder / "volumes" / "datasets" / dataset / "part-0" / "page-0000.json"
    path.write_text(json.dumps({"strData": "0"}))


def stopped_half_way(installation, name="half"):
    task = installation.create(name)
    installation.wait_for_lines(task.id, 3)
    installation.product.tasks.stop(installation.administrator, task.id)
    return installation.wait_until(task.id, "STOPPED")


def at_once(action, times=8):
    """What came of doing the same from several threads."""

    def tried(_):
        try:
            return action()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(tried, range(times)))


def test_a_stopped_task_goes_on_where_it_was_as_another_attempt(installation):
    hits = installation.folder / "hits"
    installation.dataset(numbered_inputs(200))
    installation.package(DELAY_MS="100", HITS=str(hits))
    task = stopped_half_way(installation)
    done = len(journal(task))
    assert 0 < done < 200
    begun = installation.product.again.resume(installation.administrator, task.id)
    assert (begun.attempt, begun.status, begun.end_reason) == (2, "QUEUED", None)
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (200, 200, 0)
    assert len({line.source for line in journal(ended)}) == len(journal(ended)) == 200
    view = installation.product.tasks.view(installation.administrator, task.id)
    assert [event.code for event in view.events if event.attempt == 2] == [
        "RESUMED", "STARTING", "RUNNING", "FINISHING", "SUCCEEDED",
    ]  # fmt: skip
    with pytest.raises(Conflict) as nothing:
        installation.product.again.resume(installation.administrator, task.id)
    assert nothing.value.code == "NOTHING_TO_RESUME"


def test_failed_items_are_retried_in_place_and_the_others_not_asked_again(installation):
    hits = installation.folder / "hits"
    installation.dataset(broken(20))
    installation.package(HITS=str(hits))
    task = installation.wait_until(installation.create("odd").id, "SUCCEEDED")
    assert (task.succeeded, task.failed) == (19, 1)
    mend(installation)
    before = len(hits.read_bytes())
    installation.product.again.retry_failed(installation.administrator, task.id)
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.attempt, ended.found, ended.succeeded, ended.failed) == (2, 20, 20, 0)
    assert len(hits.read_bytes()) == before + 1
    summary = read_record(Path(ended.plan.output_folder) / SUMMARY, Summary)
    assert summary.complete
    assert summary.attempt == 2
    with pytest.raises(Conflict) as nothing:
        installation.product.again.retry_failed(installation.administrator, task.id)
    assert nothing.value.code == "NOTHING_FAILED"


def test_one_kind_of_failures_is_retried_and_the_others_keep_their_lines(installation):
    hits = installation.folder / "hits"
    bad = {f"bad/{number}.json": b"{" for number in range(3)}
    installation.dataset({**numbered_inputs(20), **bad, "empty/0.json": b""})
    installation.package(HITS=str(hits))
    admin, again = installation.administrator, installation.product.again
    failures = installation.product.failures
    task = installation.wait_until(installation.create("kinds").id, "SUCCEEDED")
    assert (task.succeeded, task.failed) == (20, 4)
    groups = {group.cause: group for group in recorded_groups(task)}
    bad_key, empty_key = groups["INPUT_NOT_JSON"].name, groups["INPUT_EMPTY"].name
    shown = failures.items(admin, task.id, bad_key)
    assert {item.name for item in shown.items} == bad.keys()
    assert (shown.whole, shown.request) == (True, "{")
    first = shown.items[0]
    seen = installation.product.results.item(admin, task.id, first.number)
    assert (seen.name, seen.error) == (first.name, first.error)

    folder = Path(task.plan.dataset_folder)
    (folder / "empty/0.json").write_text('{"strData": "0"}')
    for name in bad:
        (folder / name).write_text('{"strData": "1"}')
    before = len(hits.read_bytes())
    begun = again.retry_failed(admin, task.id, (empty_key,))
    assert begun.retry_causes == [empty_key]
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.attempt, ended.found, ended.succeeded, ended.failed) == (2, 24, 21, 3)
    assert len(hits.read_bytes()) == before + 1
    assert [(group.name, group.count) for group in recorded_groups(ended)] == [(bad_key, 3)]
    view = installation.product.tasks.view(admin, task.id)
    assert {event.code: event.args for event in view.events}["RETRIED"] == {"items": 1}

    for unknown in (empty_key, "HTTP_503", "!x", ""):
        with pytest.raises(Conflict) as gone:
            again.retry_failed(admin, task.id, (bad_key, unknown))
        assert gone.value.code == "FAILURES_GONE"
    with pytest.raises(NotFound):
        failures.items(admin, task.id, empty_key)
    with pytest.raises(Forbidden):
        again.retry_failed(stranger(installation, Role.VIEWER), task.id, (bad_key,))

    # A record from before kinds were told apart names its causes alone.
    progress = Path(ended.plan.output_folder) / PROGRESS
    known = read_record(progress, Progress)
    old = tuple(ErrorGroup(one.cause, one.count, one.example, one.message) for one in known.errors)
    write_record(progress, replace_record(known, errors=old))
    assert len(failures.items(admin, task.id, "INPUT_NOT_JSON").items) == 3
    assert again.retry_failed(admin, task.id, ("INPUT_NOT_JSON",)).attempt == 3
    with pytest.raises(Conflict) as running:
        again.retry_failed(admin, task.id, ("INPUT_NOT_JSON",))
    assert running.value.code == "TASK_NOT_ENDED"
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.succeeded, ended.failed, recorded_groups(ended)) == (24, 0, ())


def test_only_an_ended_task_of_ones_own_goes_on(installation):
    installation.dataset(numbered_inputs(300))
    installation.package(DELAY_MS="100")
    again, admin = installation.product.again, installation.administrator
    task = installation.create("busy")
    installation.wait_for_lines(task.id, 1)
    with pytest.raises(Conflict) as running:
        again.resume(admin, task.id)
    assert running.value.code == "TASK_NOT_ENDED"
    installation.product.tasks.stop(admin, task.id)
    installation.wait_until(task.id, "STOPPED")
    user, viewer = stranger(installation), stranger(installation, Role.VIEWER)
    for action in (again.resume, again.retry_failed):
        with pytest.raises(Forbidden):
            action(user, task.id)
    with pytest.raises(Forbidden):
        again.run_again(viewer, task.id)
    with pytest.raises(NotFound):
        again.resume(admin, "0" * 16)


def test_two_who_resume_at_once_begin_one_attempt(installation):
    installation.dataset(numbered_inputs(200))
    installation.package(DELAY_MS="100")
    task = stopped_half_way(installation)
    outcomes = at_once(
        lambda: installation.product.again.resume(installation.administrator, task.id)
    )
    assert [one.attempt for one in outcomes if not isinstance(one, Conflict)] == [2]
    assert {one.code for one in outcomes if isinstance(one, Conflict)} == {"TASK_NOT_ENDED"}


def test_run_again_is_a_new_task_of_the_same_settings_under_a_free_name(installation):
    installation.dataset(numbered_inputs(5))
    installation.package()
    first = installation.wait_until(installation.create("nightly").id, "SUCCEEDED")
    other = stranger(installation)
    second = installation.product.again.run_again(other, first.id)
    assert (second.name, second.owner_id) == ("nightly-2", other.id)
    assert second.plan.server == first.plan.server
    ended = installation.wait_until(second.id, "SUCCEEDED")
    assert ended.succeeded == 5
    third = installation.product.again.run_again(other, first.id)
    assert third.name == "nightly-3"
    installation.wait_until(third.id, "SUCCEEDED")


def test_a_task_whose_dataset_is_gone_is_not_run_again(installation):
    installation.dataset(numbered_inputs(5))
    installation.package()
    first = installation.wait_until(installation.create("nightly").id, "SUCCEEDED")
    Path(first.plan.dataset_folder).rename(installation.folder / "moved")
    with pytest.raises(InvalidFields) as refused:
        installation.product.again.run_again(installation.administrator, first.id)
    assert refused.value.fields["dataset_id"].code == "DATASET_MISSING"
    assert not (Path(first.plan.output_folder).parent / "nightly-2").exists()


def test_a_copy_creates_the_same_task_and_what_is_new_since_is_all_it_does(installation):
    hits = installation.folder / "hits"
    installation.dataset(numbered_inputs(6))
    installation.package(HITS=str(hits))
    first = installation.wait_until(installation.create("base").id, "SUCCEEDED")
    draft = installation.product.again.draft_of(installation.administrator, first.id)
    assert draft == replace(installation.draft("base-2"), service_type="SELDON")
    added = Path(first.plan.dataset_folder) / "new.json"
    added.write_text('{"strData": "new"}')
    changed = Path(first.plan.dataset_folder) / "part-1" / "page-0001.json"
    changed.write_text('{"strData": "changed"}')
    before = len(hits.read_bytes())
    since = replace(draft, since_task_id=first.id)
    task = installation.product.tasks.create(installation.administrator, since)
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded) == (2, 2)
    assert len(hits.read_bytes()) == before + 2
    names = {line.source.removeprefix("/workspace/dataset/") for line in journal(ended)}
    assert names == {"new.json", "part-1/page-0001.json"}

    Path(first.plan.output_folder).rename(installation.folder / "away")
    again, actor = installation.product.again, installation.administrator
    with pytest.raises(Conflict, match="SINCE_GONE"):
        again.run_again(actor, task.id)
    assert len(hits.read_bytes()) == before + 2, "what the earlier task did is not done again"


def canary(installation, draft):
    product, actor = installation.product, installation.administrator
    started = product.canaries.start(actor, draft)

    def over():
        view = product.canaries.view(actor, started.id, nodes=2)
        return view if view.ended else None

    return wait_for(over, "the canary's end")


def test_a_canary_tries_five_items_on_one_node_and_tells_how_long_all_would_take(installation):
    hits = installation.folder / "hits"
    installation.dataset(numbered_inputs(40))
    installation.package(DELAY_MS="50", HITS=str(hits))
    draft = replace(installation.draft("big"), node_count=2)
    view = canary(installation, draft)
    assert view.task.status == "SUCCEEDED"
    assert [item.status for item in view.items] == ["SUCCEEDED"] * 5
    assert len(hits.read_bytes()) == 5
    assert (view.inputs, view.task.plan.node_count) == (40, 1)
    assert 1 < view.rate <= 5 * 1000 / 50
    assert view.estimate_s == pytest.approx(40 / view.rate / 2)
    product, actor = installation.product, installation.administrator
    assert product.task_list.page(actor).total == 0
    assert [row.number for row in product.items.page(actor, view.task.id).rows] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert product.tasks.name_problem(actor, "big") is None
    created = product.tasks.create(actor, draft)
    assert product.task_list.page(actor).total == 1
    installation.wait_until(created.id, "SUCCEEDED")


def test_the_next_canary_discards_the_last_and_a_broken_one_says_why(installation):
    installation.dataset(numbered_inputs(10))
    installation.package("works")
    installation.package("breaks", MODE="crash")
    first = canary(installation, installation.draft("one", "works"))
    second = canary(installation, installation.draft("two", "breaks"))
    assert second.task.status == "FAILED"
    assert second.task.detail.code == "PROCESS_EXITED"
    assert (second.items, second.rate, second.estimate_s) == ((), None, None)
    with pytest.raises(NotFound):
        installation.product.canaries.view(installation.administrator, first.task.id)
    assert not Path(first.task.plan.output_folder).exists()
    installation.product.canaries.discard(installation.administrator)
    assert not Path(second.task.plan.output_folder).exists()


def test_a_canary_that_runs_is_stopped_before_another_begins(installation):
    installation.dataset(numbered_inputs(10))
    installation.package(MODE="never")
    product, actor = installation.product, installation.administrator
    first = product.canaries.start(actor, installation.draft("one"))
    with pytest.raises(Conflict) as busy:
        product.canaries.start(actor, installation.draft("two"))
    assert busy.value.code == "CANARY_ENDS"
    installation.wait_until(first.id, "STOPPED")
    product.canaries.start(actor, installation.draft("two"))


def test_a_canary_is_its_owners_and_a_task_is_none(installation):
    installation.dataset(numbered_inputs(5))
    installation.package()
    view = canary(installation, installation.draft("mine"))
    task = installation.create("task")
    canaries = installation.product.canaries
    with pytest.raises(Forbidden):
        canaries.view(stranger(installation), view.task.id)
    with pytest.raises(NotFound):
        canaries.view(installation.administrator, task.id)
    with pytest.raises(Forbidden):
        canaries.start(stranger(installation, Role.VIEWER), installation.draft("viewers"))
    with pytest.raises(InvalidFields):
        canaries.start(installation.administrator, installation.draft(""))
