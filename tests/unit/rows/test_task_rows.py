"""What a task's page shows, from a task and what is seen of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any, get_args

import pytest

from inference_ui.backend.batch import failures, ledger
from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import PackageLaunch
from inference_ui.backend.models.compute import Node, Placement
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskEvent, TaskStatus
from inference_ui.backend.ports import Observation, Phase, Replica
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.records import (
    BoundBy,
    InputKind,
    Progress,
    Room,
    Sample,
    WalkState,
)
from inference_ui.backend.services.last_seen import LastSeen
from inference_ui.backend.services.task_logs import AttemptLogs
from inference_ui.backend.services.tasks import TaskView, WorkloadLog
from inference_ui.i18n.catalogue import LOCALES, messages
from inference_ui.rows.logs import chosen, evidence, log_tabs, readable
from inference_ui.rows.plan import plan_row
from inference_ui.rows.replicas import workload_rows
from inference_ui.rows.task import stand_row, task_rows
from inference_ui.rows.verdict import ADVICE, REMEDIES, THROUGH_SERVICE, verdict
from tests.support.samples import NOW, a_plan, a_task, through

OWNER = Actor("owner", "林岚", Role.USER)
STRANGER = Actor("other", "陈牧", Role.USER)
ADMINISTRATOR = Actor("root", "admin", Role.ADMINISTRATOR)
PREFIX = "task-0123456789abcdef-1"


def a_view(task: InferenceTask, **values: Any) -> TaskView:
    """A view of a task of which nothing else is known."""
    defaults: dict[str, Any] = {
        "owner": OWNER.name,
        "people": {OWNER.id: OWNER.name, ADMINISTRATOR.id: ADMINISTRATOR.name},
        "events": (),
        "progress": None,
        "server": None,
    }
    return TaskView(task, **(defaults | values))


def an_event(code: str, seconds: float, attempt: int = 1) -> TaskEvent:
    """An event so many seconds after the task was created."""
    at = NOW + timedelta(seconds=seconds)
    return TaskEvent(task_id="task", owner_id=OWNER.id, at=at, attempt=attempt, code=code)


def a_progress(**values: Any) -> Progress:
    """The progress of a running client."""
    defaults: dict[str, Any] = {"updated_at": 0, "attempt": 1, "state": WalkState.RUNNING}
    return Progress(**(defaults | values))


def a_log(role: str, name: str, text: str = "a line\n") -> WorkloadLog:
    """A log of one of the task's replicas."""
    return WorkloadLog(role, f"{PREFIX}-{name}", text, live=True)


LOGS = (a_log("server", "server-10"), a_log("server", "server-2"), a_log("client", "client-0"))


class TestStand:
    def test_a_running_task_is_as_far_as_its_client_says(self) -> None:
        task = a_task(status="RUNNING", found=None, succeeded=1, failed=0)
        progress = a_progress(
            found=1000, walked=True, succeeded=690, failed=10, rate=12.5, left_s=24.0, in_flight=8
        )
        stand = stand_row(a_view(task), progress, OWNER)
        assert (stand.done, stand.succeeded, stand.failed, stand.left) == (700, 690, 10, 300)
        assert (stand.succeeded_width, stand.failed_width, stand.percent) == ("69.00%", "1.00%", 70)
        assert (stand.rate, stand.left_s, stand.in_flight) == (12.5, 24.0, 8)
        assert stand.failed_share == pytest.approx(10 / 700)
        assert stand.begun
        assert not stand.ended

    def test_an_ended_task_is_as_far_as_was_proved_from_disk(self) -> None:
        task = a_task(status="SUCCEEDED", found=100, succeeded=90, failed=10, ended_at=NOW)
        events = (an_event("SUBMITTED", 0), an_event("STARTING", 1), an_event("RUNNING", 5),
                  an_event("FINISHING", 25), an_event("SUCCEEDED", 26))  # fmt: skip
        late = a_progress(found=100, walked=True, succeeded=50, failed=0, rate=3, p50_ms=7.0)
        stand = stand_row(a_view(task, events=events), late, OWNER)
        assert (stand.done, stand.failed, stand.left, stand.percent) == (100, 10, 0, 100)
        assert (stand.took_s, stand.rate, stand.p50_ms) == (20.0, 5.0, 7.0)
        assert stand.in_flight is None

    def test_while_inputs_are_counted_nothing_is_said_of_what_is_left(self) -> None:
        progress = a_progress(found=40, walked=False, succeeded=40)
        stand = stand_row(a_view(a_task(status="RUNNING")), progress, OWNER)
        assert (stand.found, stand.counted, stand.left) == (40, False, None)
        assert (stand.percent, stand.succeeded_width) == (0, "0%")

    def test_a_task_that_waits_has_not_begun(self) -> None:
        stand = stand_row(a_view(a_task()), None, OWNER)
        assert not stand.begun
        assert (stand.found, stand.rate, stand.left_s) == (None, None, None)

    def test_the_last_item_makes_it_whole_and_not_before(self) -> None:
        progress = a_progress(found=1000, walked=True, succeeded=999)
        assert stand_row(a_view(a_task(status="RUNNING")), progress, OWNER).percent == 99

    @pytest.mark.parametrize(
        ("actor", "may"), [(OWNER, True), (ADMINISTRATOR, True), (STRANGER, False)]
    )
    def test_its_owner_and_administrators_may_stop_it(self, actor: Actor, may: bool) -> None:
        assert stand_row(a_view(a_task(status="RUNNING")), None, actor).may_stop is may

    @pytest.mark.parametrize(
        ("values", "held"),
        [
            ({"status": "QUEUED"}, False),
            ({"status": "STARTING"}, True),
            ({"status": "RUNNING"}, True),
            ({"status": "FINISHING"}, False),
        ],
    )
    def test_nodes_are_held_once_they_were_given(self, values: dict[str, Any], held: bool) -> None:
        view = a_view(a_task(**values))
        assert stand_row(view, None, OWNER).held is held
        last = LastSeen(server=(Replica(f"{PREFIX}-server-0", Phase.READY, "node-1"),))
        if values["status"] == "FINISHING":
            assert stand_row(a_view(a_task(**values), last=last), None, OWNER).held

    def test_nobody_stops_what_has_ended(self) -> None:
        task = a_task(status="FAILED", end_reason="STALLED", ended_at=NOW)
        assert not stand_row(a_view(task), None, ADMINISTRATOR).may_stop

    def test_from_the_asking_on_it_looks_like_stopping(self) -> None:
        stand = stand_row(a_view(a_task(status="RUNNING", stop_requested_at=NOW)), None, OWNER)
        assert (stand.status, stand.word, stand.stop_requested) == ("FINISHING", "STOPPING", True)

    def test_the_average_of_a_later_attempt_is_not_known(self) -> None:
        task = a_task(status="SUCCEEDED", attempt=2, found=9, succeeded=9, ended_at=NOW)
        events = (an_event("RUNNING", 5, 2), an_event("FINISHING", 25, 2))
        assert stand_row(a_view(task, events=events), None, OWNER).rate is None


class TestVerdict:
    def test_who_waits_is_told_why_and_since_when(self) -> None:
        waiting = Message(
            "QUEUED_NO_CARDS", {"among": "all", "model": "A100", "needed": 2, "free": 0}
        ).to_json()
        row = verdict(a_view(a_task(waiting_for=waiting)))
        assert (row.code, row.kind, row.since) == ("QUEUED", "", NOW.timestamp())
        assert (row.reason.code, row.reason.args["needed"]) == ("QUEUED_NO_CARDS", 2)

    def test_a_server_that_starts_is_no_warning_until_it_exits(self) -> None:
        waiting = Message("SERVER_STARTING", {"replicas": 1}).to_json()
        calm = verdict(a_view(a_task(status="STARTING", waiting_for=waiting)))
        assert (calm.code, calm.kind, calm.limit_s) == ("STARTING", "", 60)
        waiting = Message("PROCESS_EXITED", {"exit_code": 1, "restarts": 1}).to_json()
        assert verdict(a_view(a_task(status="STARTING", waiting_for=waiting))).kind == "warn"

    def test_a_task_that_runs_well_needs_no_words(self) -> None:
        assert verdict(a_view(a_task(status="RUNNING"))).code == ""

    @pytest.mark.parametrize(
        ("room", "code", "needed", "free"),
        [
            (Room(5000, 400, 10, 900), "NO_ROOM_FOR_RESULTS", 5000, 400),
            (Room(500, 4000, 1000, 9), "NO_INODES_FOR_RESULTS", 1000, 9),
        ],
    )
    def test_results_that_will_not_fit_are_a_warning(
        self, room: Room, code: str, needed: int, free: int
    ) -> None:
        row = verdict(a_view(a_task(status="RUNNING"), progress=a_progress(room=room)))
        assert (row.code, row.kind, row.reason.code) == ("ROOM", "warn", code)
        assert row.reason.args == {"needed": needed, "free": free}

    def test_a_server_that_is_away_is_a_warning(self) -> None:
        task = a_task(status="RUNNING", waiting_for=Message("SERVER_AWAY").to_json())
        before = verdict(a_view(task))
        since = verdict(a_view(task, progress=a_progress(succeeded=1)))
        assert (before.code, before.kind) == ("NOT_BEGUN", "warn")
        assert (since.code, since.kind) == ("WAITING", "warn")

    @pytest.mark.parametrize("status", ["QUEUED", "STARTING", "RUNNING", "FINISHING"])
    def test_a_cluster_that_cannot_be_asked_comes_before_all_else(self, status: str) -> None:
        task = a_task(status=status, stop_requested_at=NOW, end_reason="STOPPED_BY_USER")
        row = verdict(a_view(task, unseen=Message("CLUSTER_UNREACHABLE", {"error": "refused"})))
        assert (row.code, row.kind, row.reason.args) == ("UNSEEN", "warn", {"error": "refused"})
        assert row.then == "ENDING"

    def test_a_task_that_ends_names_the_node_that_it_waits_for(self) -> None:
        task = a_task(status="FINISHING", stop_requested_at=NOW, end_reason="STOPPED_BY_USER")
        nodes = tuple(
            Node(name, ready, "", "", 1, 1) for name, ready in (("here", True), ("lost", False))
        )
        for node, held_by in (("here", ""), ("lost", "lost"), (None, "")):
            client = Observation(Phase.READY, (Replica("client", Phase.READY, node),))
            row = verdict(a_view(task, client=client, nodes=nodes))
            assert (row.held_by, row.code) == (held_by, "FINISHING")

    def test_a_task_of_which_the_cluster_was_not_told_starts_once_it_can_be(self) -> None:
        why = Message("CLUSTER_UNREACHABLE", {"error": "refused"})
        row = verdict(a_view(a_task(status="QUEUED", waiting_for=why.to_json())))
        assert (row.code, row.reason.code, row.then) == ("UNSEEN", why.code, "QUEUED")
        assert verdict(a_view(a_task(status="RUNNING"), unseen=why)).then == ""

    def test_a_cluster_that_cannot_be_asked_is_nothing_to_an_ended_task(self) -> None:
        task = a_task(status="SUCCEEDED", end_reason="COMPLETED", ended_at=NOW)
        assert verdict(a_view(task, unseen=Message("CLUSTER_UNREACHABLE"))).code == "SUCCEEDED"

    def test_a_container_that_is_being_prepared_is_no_warning(self) -> None:
        waiting = Message("K8S_PREPARING", {"node": "node-1"}).to_json()
        assert verdict(a_view(a_task(status="STARTING", waiting_for=waiting))).kind == ""

    @pytest.mark.parametrize("status", ["QUEUED", "RUNNING", "FINISHING"])
    def test_a_request_to_stop_names_who_asked(self, status: str) -> None:
        task = a_task(status=status, stop_requested_at=NOW, stop_requested_by="root",
                      end_reason="STOPPED_BY_USER" if status == "FINISHING" else None)  # fmt: skip
        assert (verdict(a_view(task)).code, verdict(a_view(task)).who) == ("STOPPING", "admin")

    def test_an_ending_that_nobody_asked_for_says_its_reason_at_once(self) -> None:
        detail = Message("PROCESS_EXITED", {"exit_code": 1}).to_json()
        task = a_task(status="FINISHING", end_reason="SERVER_FAILED", end_detail=detail)
        row = verdict(a_view(task))
        assert (row.code, row.end, row.reason.code) == (
            "FINISHING", "SERVER_FAILED", "PROCESS_EXITED")  # fmt: skip

    @pytest.mark.parametrize(
        ("failed", "code", "kind"), [(0, "SUCCEEDED", "ok"), (3, "SUCCEEDED_PARTLY", "warn")]
    )
    def test_failed_items_of_a_success_are_in_plain_sight(
        self, failed: int, code: str, kind: str
    ) -> None:
        task = a_task(status="SUCCEEDED", end_reason="COMPLETED", failed=failed, ended_at=NOW)
        assert (verdict(a_view(task)).code, verdict(a_view(task)).kind) == (code, kind)

    @pytest.mark.parametrize("reason", [r for r in EndReason if r.final_status == "FAILED"])
    def test_every_failure_says_what_helps(self, reason: EndReason) -> None:
        row = verdict(a_view(a_task(status="FAILED", end_reason=reason, ended_at=NOW)))
        assert (row.code, row.kind, row.end) == ("FAILED", "bad", reason)
        assert tuple(row.remedies) == REMEDIES[reason] != ()

    @pytest.mark.parametrize(
        ("code", "remedies"),
        [
            ("K8S_IMAGE_PULL", ["CHECK_IMAGE", "COPY_WITH_PACKAGE"]),
            ("K8S_OUT_OF_MEMORY", ["MORE_MEMORY", "RESUME_OR_COPY"]),
            ("K8S_UNSCHEDULABLE", ["CHECK_SIZE", "RESUME_OR_COPY"]),
            ("K8S_QUOTA", ["ASK_ADMINISTRATOR", "RESUME"]),
            ("K8S_NODE_LOST", ["RESUME"]),
        ],
    )
    def test_what_the_cluster_says_of_a_failure_tells_what_helps(
        self, code: str, remedies: list[str]
    ) -> None:
        detail = Message(code).to_json()
        task = a_task(status="FAILED", end_reason="SERVER_FAILED", end_detail=detail, ended_at=NOW)
        assert verdict(a_view(task)).remedies == remedies

    def test_a_service_that_is_gone_is_replaced_by_a_copy(self) -> None:
        task = a_task(plan=through(), status="FAILED", end_reason="SERVER_FAILED", ended_at=NOW)
        assert tuple(verdict(a_view(task)).remedies) == THROUGH_SERVICE

    def test_a_stopped_task_names_who_stopped_it(self) -> None:
        task = a_task(status="STOPPED", end_reason="STOPPED_BY_USER", ended_at=NOW,
                      stop_requested_at=NOW, stop_requested_by="owner")  # fmt: skip
        assert (verdict(a_view(task)).code, verdict(a_view(task)).who) == ("STOPPED", "林岚")


class TestLogs:
    def test_the_client_stands_first_and_replicas_are_in_the_order_of_their_numbers(self) -> None:
        labels = [(tab.key, tab.label) for tab in log_tabs(LOGS)]
        assert labels == [
            (f"{PREFIX}-client-0", ""),
            (f"{PREFIX}-server-2", "server-2"),
            (f"{PREFIX}-server-10", "server-10"),
        ]

    @pytest.mark.parametrize(
        ("values", "role"),
        [
            ({"status": "STARTING"}, "server"),
            ({"status": "RUNNING"}, "client"),
            ({"status": "FAILED", "end_reason": "SERVER_FAILED"}, "server"),
            ({"status": "FAILED", "end_reason": "CLIENT_FAILED"}, "client"),
            ({"status": "SUCCEEDED", "end_reason": "COMPLETED"}, "client"),
        ],
    )
    def test_the_log_that_tells_the_most_is_shown_first(
        self, values: dict[str, Any], role: str
    ) -> None:
        log = chosen(LOGS, "", a_task(**values))
        assert log is not None
        assert log.role == role

    def test_a_chosen_log_stays_chosen(self) -> None:
        log = chosen(LOGS, f"{PREFIX}-server-10", a_task(status="RUNNING"))
        assert log is LOGS[0]

    def test_a_log_that_says_nothing_tells_less_than_any_other(self) -> None:
        silent = (a_log("client", "client-0", ""), a_log("server", "server-0", "hello"))
        log = chosen(silent, "", a_task(status="RUNNING"))
        assert log is silent[1]

    def test_the_evidence_is_the_end_of_the_log_where_the_failure_lies(self) -> None:
        text = "\n".join(f"line {number}" for number in range(100)) + "\n\n"
        logs = (a_log("client", "client-0"), a_log("server", "server-0", text))
        task = a_task(status="FAILED", end_reason="SERVER_NOT_READY")
        name, lines = evidence(logs, task)
        assert (name, lines.splitlines()[0], lines.splitlines()[-1]) == (
            "server-0", "line 88", "line 99")  # fmt: skip

    def test_failed_items_are_explained_by_their_causes_not_by_a_log(self) -> None:
        task = a_task(status="FAILED", end_reason="NO_ITEM_SUCCEEDED")
        assert evidence(LOGS, task) == ("", "")

    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ("\x1b[32mINFO\x1b[0m ready\n", "INFO ready\n"),
            ("10%\r50%\r100%\ndone\r\n", "100%\ndone\n"),
            ("\x1b]0;title\x07text", "text"),
            ("bell\x07 and null\x00", "bell and null"),
            ("\tindented 中文", "\tindented 中文"),
        ],
    )
    def test_what_steers_a_terminal_is_left_out(self, raw: str, shown: str) -> None:
        assert readable(raw) == shown


class TestParts:
    def test_a_replica_is_called_as_people_call_it(self) -> None:
        gone = Message("PROCESS_KILLED", {"signal": "SIGKILL", "restarts": 1})
        server = Observation(
            Phase.READY,
            (
                Replica(f"{PREFIX}-server-0", Phase.READY, "node-1", "http://127.0.0.1:9", ("1",)),
                Replica(f"{PREFIX}-server-1", Phase.STARTING, restarts=1, reason=gone),
                Replica(f"{PREFIX}-server-2", Phase.STARTING, reason=Message("REMOVING")),
            ),
        )
        first, second, third = workload_rows(a_view(a_task(status="RUNNING"), server=server), ())
        assert (first.name, first.endpoint, first.cards) == ("server-0", "127.0.0.1:9", "1")
        assert (second.phase, second.restarts, second.reason.code) == (
            "STARTING", 1, "PROCESS_KILLED")  # fmt: skip
        assert (third.phase, third.reason.code) == ("REMOVING", "")

    def test_a_plan_shows_the_command_as_typed(self) -> None:
        launch = PackageLaunch(
            command=("{python}", "-m", "serve", "--port", "{port}", "my model"),
            environment={"TOKEN": "hush", "A": "1"},
        )
        package = a_plan().package.model_copy(update={"launch": launch})
        row = plan_row(a_task(plan=a_plan(package=package)), "林岚")
        assert row.command == ["{python}", "-m", "serve", "--port", "{port}", "'my model'"]
        assert [(one.name, one.value) for one in row.variables] == [("TOKEN", "hush"), ("A", "1")]

    def test_progress_of_an_earlier_attempt_counts_for_nothing(self) -> None:
        old = a_progress(
            attempt=1,
            found=10,
            walked=True,
            succeeded=4,
            history=(Sample(0, 0, 0), Sample(9, 4, 0)),
        )
        none = AttemptLogs(2, (2,), ())
        rows = task_rows(a_view(a_task(attempt=2), progress=old), none, OWNER, 0.0)
        assert (rows.stand.done, rows.chart.line) == (0, "")

    def test_the_expected_end_is_counted_from_now(self) -> None:
        progress = a_progress(found=10, walked=True, succeeded=4, left_s=30.0)
        view = a_view(a_task(status="RUNNING"), progress=progress)
        rows = task_rows(view, AttemptLogs(1, (1,), LOGS), OWNER, 1_000.0)
        assert rows.steps[-1].about == 1_030.0
        assert (rows.log.key, rows.log.text) == (f"{PREFIX}-client-0", "a line\n")


def causes() -> Iterator[str]:
    """All causes that the batch client gives a failure, but those that name an HTTP status."""
    for value in vars(failures).values():
        if isinstance(value, failures.Failure):
            yield value.cause
    for fault in failures._JSON_FAULTS:
        yield failures.bad_input(fault).cause
        yield failures.bad_answer(fault, b"").cause
    yield failures.refused(200, "").cause
    yield failures.timed_out(1).cause
    for of_size in (failures.too_large, failures.answer_too_large):
        yield of_size(1 << 20).cause
    for of_words in (failures.unreadable, failures.unlistable, failures.unwritable):
        yield of_words("").cause
    yield failures.connection_lost("").cause
    yield ledger.UNKNOWN


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("area", "codes"),
    [
        ("cause", list(causes())),
        ("end", list(EndReason)),
        ("service_type", list(ServiceType)),
        ("task.phase", [*Phase, "REMOVING", "RUNNING"]),
        ("task.event", ["SUBMITTED", "STOP_REQUESTED", "RESUMED", "RETRIED", *TaskStatus]),
        ("task.bound", [*BoundBy, "SERVICE"]),
        ("task.bound_by", [*BoundBy, "SERVICE"]),
        ("task.bound_why", [*BoundBy, "SERVICE"]),
        ("task.step", ["SUBMITTED", "ENDED", *TaskStatus]),
        (
            "task.remedy",
            [*chain.from_iterable(REMEDIES.values()), *THROUGH_SERVICE, *ADVICE.values()],
        ),
        ("task.placement", list(get_args(Placement.model_fields["kind"].annotation))),
        ("task.input", list(InputKind)),
    ],
)
def test_every_code_on_the_page_has_words(locale: str, area: str, codes: list[str]) -> None:
    assert [code for code in codes if f"{area}.{code}" not in messages(locale)] == []
