"""The life of a task as a table: from what is seen to what is done."""

from datetime import timedelta

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.lifecycle import (
    CLIENT_PATIENCE,
    FINISHING_TIMEOUT,
    STALL_TIMEOUT,
    Action,
    End,
    Situation,
    Step,
    next_step,
)
from inference_ui.backend.models.task import EndReason, TaskStatus
from inference_ui.backend.ports import GONE, Observation, Phase, Replica
from inference_ui.backend.records import ErrorGroup, Outcome, Summary
from tests.support.samples import NOW, a_task, through

NO_ROOM = Message("QUEUED_NO_ROOM", {"among": "all", "resource": "cpu", "needed": 1000, "free": 0})
CRASHED = Message("PROCESS_EXITED", {"exit_code": 1, "restarts": 3})

WAITING = Observation(Phase.WAITING, reason=NO_ROOM)
STARTING = Observation(Phase.STARTING, (Replica("server-0", Phase.STARTING),))
LOOPING = Observation(Phase.STARTING, (Replica("0", Phase.STARTING, restarts=2, reason=CRASHED),))
READY = Observation(Phase.READY, (Replica("0", Phase.READY, endpoint="http://127.0.0.1:1"),))
FAILED = Observation(Phase.FAILED, reason=CRASHED)
DONE = Observation(Phase.DONE, exit_code=0)

KEEP = (Action.APPLY_SERVER, Action.APPLY_CLIENT)
LOGS = (Action.SAVE_LOGS,)


def summary(outcome=Outcome.COMPLETE, found=10, succeeded=10, failed=0, skipped=0, errors=()):
    return Summary(outcome, 1, found, succeeded, failed, skipped, 0.0, 1.0, errors=errors)


def finishing(reason, detail=None):
    return Step(LOGS, TaskStatus.FINISHING, End(reason, detail))


REFUSED = ErrorGroup("HTTP_400", 10, "a.json", "unexpected protocol")
MORE = timedelta(seconds=1)

TABLE = [
    # a new task
    ("QUEUED", GONE, GONE, None, Step((Action.APPLY_SERVER,))),
    ("QUEUED", WAITING, GONE, None, Step((Action.APPLY_SERVER,), waiting=NO_ROOM)),
    ("QUEUED", STARTING, GONE, None, Step((Action.APPLY_SERVER,), TaskStatus.STARTING)),
    ("QUEUED", READY, GONE, None, Step((Action.APPLY_SERVER,), TaskStatus.STARTING)),
    ("QUEUED", FAILED, GONE, None, finishing(EndReason.SERVER_FAILED, CRASHED)),
    # its server starts
    (
        "STARTING",
        STARTING,
        GONE,
        None,
        Step((Action.APPLY_SERVER,), waiting=Message("SERVER_STARTING", {"replicas": 1})),
    ),
    ("STARTING", LOOPING, GONE, None, Step((Action.APPLY_SERVER,), waiting=CRASHED)),
    ("STARTING", READY, GONE, None, Step((Action.APPLY_CLIENT,), TaskStatus.RUNNING)),
    ("STARTING", GONE, GONE, None, Step(to=TaskStatus.QUEUED)),
    ("STARTING", WAITING, GONE, None, Step(to=TaskStatus.QUEUED, waiting=NO_ROOM)),
    ("STARTING", FAILED, GONE, None, finishing(EndReason.SERVER_FAILED, CRASHED)),
    # it runs
    ("RUNNING", READY, READY, None, Step(KEEP)),
    ("RUNNING", READY, GONE, None, Step(KEEP)),
    ("RUNNING", LOOPING, READY, None, Step(KEEP, waiting=CRASHED)),
    ("RUNNING", GONE, READY, None, Step(KEEP, waiting=Message("SERVER_AWAY"))),
    ("RUNNING", READY, WAITING, None, Step(KEEP, waiting=NO_ROOM)),
    ("RUNNING", FAILED, READY, None, finishing(EndReason.SERVER_FAILED, CRASHED)),
    ("RUNNING", READY, FAILED, None, finishing(EndReason.CLIENT_FAILED, CRASHED)),
    # its client is done: the summary decides, also when the server has just gone
    ("RUNNING", READY, DONE, summary(), finishing(EndReason.COMPLETED)),
    ("RUNNING", FAILED, DONE, summary(), finishing(EndReason.COMPLETED)),
    ("RUNNING", READY, DONE, summary(succeeded=7, failed=3), finishing(EndReason.COMPLETED)),
    (
        "RUNNING",
        READY,
        DONE,
        summary(succeeded=0, failed=10, errors=(REFUSED,)),
        finishing(
            EndReason.NO_ITEM_SUCCEEDED,
            Message("ALL_FAILED", {"found": 10, "cause": "unexpected protocol"}),
        ),
    ),
    (
        "RUNNING",
        READY,
        DONE,
        summary(Outcome.THRESHOLD, succeeded=4, failed=6),
        finishing(
            EndReason.TOO_MANY_FAILED,
            Message("FAILED_ITEMS", {"found": 10, "succeeded": 4, "failed": 6}),
        ),
    ),
    (
        "RUNNING",
        READY,
        DONE,
        summary(succeeded=9, skipped=1),
        finishing(EndReason.INCOMPLETE, Message("SKIPPED_ITEMS", {"found": 10, "skipped": 1})),
    ),
    (
        "RUNNING",
        READY,
        DONE,
        None,
        finishing(EndReason.CLIENT_FAILED, Message("SUMMARY_MISSING")),
    ),
    # an ended task
    ("SUCCEEDED", GONE, GONE, None, Step()),
    ("FAILED", READY, READY, None, Step()),
    ("STOPPED", GONE, GONE, None, Step()),
]


@pytest.mark.parametrize(("status", "server", "client", "result", "expected"), TABLE)
def test_next_step_of_a_task(status, server, client, result, expected):
    seen = Situation(server, client, summary=result)
    assert next_step(a_task(status=status), seen, NOW + MORE) == expected


NOT_READY = Message("SERVICE_NOT_READY", {"service": "detect"})
BUSY = Message("SERVICE_BUSY", {"service": "detect", "task": "day"})
DELETED = Message("SERVICE_DELETED", {"service": "detect"})
BEGIN = Step((Action.APPLY_CLIENT,), TaskStatus.RUNNING)
GO_ON = (Action.APPLY_CLIENT,)

SHARED = [
    ("QUEUED", READY, None, GONE, BEGIN),
    ("QUEUED", READY, "day", GONE, Step(waiting=BUSY)),
    ("QUEUED", WAITING, None, GONE, Step(waiting=NO_ROOM)),
    ("QUEUED", Observation(Phase.STARTING), None, GONE, Step(waiting=NOT_READY)),
    ("QUEUED", GONE, None, GONE, finishing(EndReason.SERVER_FAILED, DELETED)),
    ("RUNNING", READY, None, READY, Step(GO_ON)),
    ("RUNNING", READY, "day", READY, Step(GO_ON)),
    ("RUNNING", FAILED, None, READY, Step(GO_ON, waiting=Message("SERVER_AWAY"))),
    ("RUNNING", READY, None, FAILED, finishing(EndReason.CLIENT_FAILED, CRASHED)),
    ("FINISHING", READY, None, READY, Step((Action.SAVE_LOGS, Action.REMOVE_CLIENT))),
    ("FINISHING", READY, None, GONE, Step(to=TaskStatus.STOPPED)),
]


@pytest.mark.parametrize(("status", "service", "before", "client", "expected"), SHARED)
def test_next_step_of_a_task_that_goes_through_an_online_service(
    status, service, before, client, expected
):
    task = a_task(status=status, plan=through(), end_reason=EndReason.STOPPED_BY_USER)
    assert next_step(task, Situation(service, client, before=before), NOW + MORE) == expected


@pytest.mark.parametrize("status", ["QUEUED", "STARTING", "RUNNING"])
def test_a_stop_ends_a_task_wherever_it_is(status):
    task = a_task(status=status, stop_requested_at=NOW)
    step = next_step(task, Situation(READY, READY), NOW)
    assert step == finishing(EndReason.STOPPED_BY_USER)


TEARDOWN = [
    (READY, READY, Step((Action.SAVE_LOGS, Action.REMOVE_CLIENT))),
    (READY, GONE, Step((Action.SAVE_LOGS, Action.REMOVE_SERVER))),
    (GONE, DONE, Step((Action.SAVE_LOGS, Action.REMOVE_CLIENT))),
]


@pytest.mark.parametrize(("server", "client", "expected"), TEARDOWN)
def test_teardown_ends_the_client_before_its_server_and_saves_logs_first(server, client, expected):
    task = a_task(status="FINISHING", end_reason="COMPLETED")
    assert next_step(task, Situation(server, client), NOW) == expected


@pytest.mark.parametrize("reason", list(EndReason))
def test_the_reason_alone_decides_the_final_status(reason):
    task = a_task(status="FINISHING", end_reason=reason, stop_requested_at=NOW)
    assert next_step(task, Situation(GONE, GONE), NOW) == Step(to=reason.final_status)


def test_only_completion_succeeds_and_only_a_user_stops():
    by_status = {reason: reason.final_status for reason in EndReason}
    assert [r for r, s in by_status.items() if s is TaskStatus.SUCCEEDED] == [EndReason.COMPLETED]
    assert [r for r, s in by_status.items() if s is TaskStatus.STOPPED] == [
        EndReason.STOPPED_BY_USER
    ]


def test_a_server_that_never_gets_ready_ends_the_task_within_its_timeout():
    task = a_task(status="STARTING")
    limit = timedelta(seconds=task.plan.package.launch.ready_timeout_s)
    assert next_step(task, Situation(STARTING, GONE), NOW + limit).to is None
    step = next_step(task, Situation(STARTING, GONE), NOW + limit + MORE)
    detail = Message("SERVER_NOT_READY_IN_TIME", {"seconds": 60})
    assert step == finishing(EndReason.SERVER_NOT_READY, detail)


def test_a_running_task_stalls_only_when_no_item_is_done_for_long():
    seen = Situation(READY, READY)
    late = NOW + STALL_TIMEOUT + MORE
    assert next_step(a_task(status="RUNNING", progress_at=NOW + MORE), seen, late).to is None
    step = next_step(a_task(status="RUNNING"), seen, late)
    assert step == finishing(EndReason.STALLED, Message("NO_ITEM_DONE", {"hours": 1}))


def test_a_client_that_does_not_go_keeps_its_server_no_longer():
    task = a_task(status="FINISHING", end_reason="STOPPED_BY_USER")
    seen = Situation(READY, STARTING)
    first = (Action.SAVE_LOGS, Action.REMOVE_CLIENT)
    assert next_step(task, seen, NOW) == Step(first)
    later = next_step(task, seen, NOW + CLIENT_PATIENCE + MORE)
    assert later == Step((*first, Action.REMOVE_SERVER))


def test_a_teardown_that_takes_too_long_is_left_to_the_sweep():
    task = a_task(status="FINISHING", end_reason="SERVER_FAILED")
    step = next_step(task, Situation(READY, GONE), NOW + FINISHING_TIMEOUT + MORE)
    assert step == Step((Action.SAVE_LOGS, Action.REMOVE_SERVER), TaskStatus.FAILED)


def test_no_timeout_counts_the_time_in_which_nobody_looked():
    morning = NOW + timedelta(hours=9)
    back = Situation(STARTING, READY, watched_since=morning)
    for status in ("STARTING", "RUNNING"):
        assert next_step(a_task(status=status), back, morning + MORE).to is None
    step = next_step(a_task(status="RUNNING"), back, morning + STALL_TIMEOUT + MORE)
    assert step.to is TaskStatus.FINISHING


def test_a_task_waits_for_room_without_end():
    step = next_step(a_task(), Situation(WAITING, GONE), NOW + timedelta(days=30))
    assert step == Step((Action.APPLY_SERVER,), waiting=NO_ROOM)
