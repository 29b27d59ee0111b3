"""Parts of a task's page: what ran, what was given, who did what, what held it back, which log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import PackageLaunch, RunParameter, Variable
from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.models.task import InferenceTask, TaskEvent
from inference_ui.backend.ports import GONE, Observation, Phase, Replica
from inference_ui.backend.records import BoundBy, Progress, WalkState
from inference_ui.backend.services.last_seen import LastSeen
from inference_ui.backend.services.task_logs import AttemptLogs
from inference_ui.backend.services.tasks import TaskView, WorkloadLog
from inference_ui.rows.bounds import bound_row
from inference_ui.rows.events import event_rows
from inference_ui.rows.logs import attempt_key, attempt_of, kept, log_row
from inference_ui.rows.plan import plan_row
from inference_ui.rows.replicas import ready_count, workload_rows
from inference_ui.rows.task import task_rows
from tests.support.samples import NOW, a_plan, a_task, through

OWNER = Actor("owner", "林岚", Role.USER)
PREFIX = "task-0123456789abcdef-1"
SERVER, CLIENT = f"{PREFIX}-server-0", f"{PREFIX}-client-0"
KILLED = Message("PROCESS_KILLED", {"signal": "SIGKILL", "restarts": 1})
SECRET = "not-for-any-browser"


def a_view(task: InferenceTask, **values: Any) -> TaskView:
    people = {"owner": OWNER.name, "root": "admin"}
    given = {"owner": OWNER.name, "people": people, "events": (), "progress": None, "server": None}
    return TaskView(task, **(given | values))


def seen(*replicas: Replica) -> Observation:
    return Observation(Phase.READY, replicas)


def a_node(name: str, *slots: int) -> Node:
    cards = tuple(PhysicalCard(slot, "", "MLU370-X8", AcceleratorType.MLU) for slot in slots)
    return Node(name=name, ready=True, os="", kernel="", cpu_millis=1, memory_bytes=1, cards=cards)


class TestWorkloads:
    def test_the_client_stands_below_the_servers_each_with_its_log(self) -> None:
        view = a_view(
            a_task(status="RUNNING"),
            server=seen(Replica(SERVER, Phase.READY, "node-1", "http://127.0.0.1:9")),
            client=seen(Replica(CLIENT, Phase.READY, "node-1", restarts=1, exit_code=137)),
        )
        server, client = workload_rows(view, {SERVER})
        assert (server.name, server.phase, server.node, server.log) == (
            "server-0", "READY", "node-1", SERVER)  # fmt: skip
        assert (client.name, client.phase, client.log) == ("", "RUNNING", "")
        assert (client.restarts, client.exit_code) == (1, 137)
        assert ready_count([server, client]) == 1

    def test_while_nobody_can_tell_which_logs_there_are_all_that_have_a_node_may_have_one(
        self,
    ) -> None:
        placed, waiting = Replica(SERVER, Phase.READY, "node-1"), Replica("x-1", Phase.WAITING)
        view = a_view(a_task(status="RUNNING"), server=seen(placed, waiting))
        assert [row.log for row in workload_rows(view, None)] == [SERVER, ""]

    @pytest.mark.parametrize(
        ("cards", "slots", "shown"),
        [
            (("3", "4"), (1, 2, 3, 4), [False, False, True, True]),
            (("2(1)",), (1, 2), [False, True]),
            (("3",), (1, 2), []),
            (("1",), (0, 0), []),
            ((), (1, 2), []),
        ],
    )
    def test_cards_are_slots_where_the_node_states_them(
        self, cards: tuple[str, ...], slots: tuple[int, ...], shown: list[bool]
    ) -> None:
        view = a_view(
            a_task(status="RUNNING"),
            server=seen(Replica(SERVER, Phase.READY, "node-1", cards=cards)),
            nodes=(a_node("node-0", 1), a_node("node-1", *slots)),
        )
        [row] = workload_rows(view, ())
        assert (row.slots, row.cards) == (shown, ", ".join(cards))

    def test_after_the_teardown_it_is_told_what_there_was(self) -> None:
        last = LastSeen(
            (
                Replica(SERVER, Phase.READY, "node-1", cards=("1",), restarts=1, exit_code=137),
                Replica(f"{PREFIX}-server-1", Phase.FAILED, "node-2", reason=KILLED),
            ),
            (Replica(CLIENT, Phase.DONE, "node-1"),),
        )
        nodes = (a_node("node-1", 1, 2),)
        task = a_task(status="FAILED", end_reason="SERVER_FAILED", ended_at=NOW)
        freed, failed, client = workload_rows(a_view(task, last=last, nodes=nodes), ())
        assert (freed.phase, freed.node, freed.restarts, freed.exit_code) == (
            "GONE", "node-1", 1, 137)  # fmt: skip
        assert freed.slots == [True, False]
        assert (failed.phase, failed.reason.code) == ("FAILED", "PROCESS_KILLED")
        assert (client.name, client.phase) == ("", "DONE")

    def test_while_it_is_torn_down_what_is_gone_already_stays(self) -> None:
        last = LastSeen((Replica(SERVER, Phase.READY, "node-1"),), (Replica(CLIENT, Phase.READY),))
        removing = Replica(SERVER, Phase.STARTING, "node-1", reason=Message("REMOVING"))
        task = a_task(status="FINISHING", end_reason="COMPLETED")
        rows = workload_rows(a_view(task, server=seen(removing), client=GONE, last=last), ())
        assert [row.phase for row in rows] == ["REMOVING", "GONE"]

    def test_an_online_service_goes_on_and_is_not_told_as_freed(self) -> None:
        last = LastSeen((Replica("service-x-1-server-0", Phase.READY, "node-1"),), ())
        task = a_task(plan=through(), status="SUCCEEDED", end_reason="COMPLETED", ended_at=NOW)
        assert workload_rows(a_view(task, last=last), ()) == []

    def test_an_attempt_that_waits_has_nothing_of_the_one_before(self) -> None:
        last = LastSeen((Replica(SERVER, Phase.READY, "node-1"),), ())
        assert workload_rows(a_view(a_task(attempt=2), last=last), ()) == []


class TestPlan:
    def test_what_was_overridden_stands_beside_its_default_and_secrets_nowhere(self) -> None:
        plan = a_plan()
        launch = PackageLaunch(
            command=("serve",),
            variables=(
                Variable(name="BATCH", default="16", description="图片一次几张"),
                Variable(name="MODE"),
                Variable(name="TOKEN", default=SECRET, secret=True),
                Variable(name="KEY", secret=True),
            ),
            parameters=(RunParameter(name="threads", default="4"), RunParameter(name="half")),
        )
        package = plan.package.model_copy(update={"launch": launch})
        assert plan.spec is not None
        server = Owned(
            package=package,
            spec=plan.spec,
            environment={"BATCH": "32", "KEY": SECRET * 2},
            parameters={"half": "true"},
        )
        row = plan_row(a_task(plan=plan.model_copy(update={"server": server})), "林岚")
        batch, mode, token, key = row.variables
        assert (batch.default, batch.value, batch.own) == ("16", "32", True)
        assert (mode.default, mode.value, mode.own) == ("", "", False)
        assert (token.secret, token.set, token.own, token.value, token.default) == (
            True, True, False, "", "")  # fmt: skip
        assert (key.set, key.own) == (True, True)
        threads, half = row.parameters
        assert (threads.value, threads.own) == ("4", False)
        assert (half.value, half.default, half.own) == ("true", "", True)
        assert row.overrides == 3
        assert SECRET not in repr(row)

    def test_a_task_through_a_service_has_no_settings_of_its_own(self) -> None:
        row = plan_row(a_task(plan=through(max_in_flight=8)), "林岚")
        assert (row.variables, row.parameters, row.overrides) == ([], [], 0)
        assert (row.service, row.max_in_flight) == ("detect", 8)


class TestHistory:
    def test_users_are_named_and_the_rest_was_the_system(self) -> None:
        detail = KILLED.to_json()
        told = [
            ("SUBMITTED", "owner", 1, {}),
            ("STARTING", "owner", 1, {}),
            ("STOP_REQUESTED", "root", 1, {}),
            ("FINISHING", "owner", 1, {"reason": "SERVER_FAILED", "detail": detail, "seen": {}}),
            ("FAILED", "owner", 1, {}),
            ("RESUMED", "gone", 2, {}),
        ]
        events = tuple(
            TaskEvent(
                id=number,
                task_id="task",
                owner_id=who,
                at=NOW + timedelta(seconds=number),
                attempt=attempt,
                code=code,
                args=args,
            )
            for number, (code, who, attempt, args) in enumerate(told)
        )
        second, first = event_rows(a_view(a_task(attempt=2), events=events))
        assert (second.attempt, first.attempt) == (2, 1)
        assert [(row.code, row.who) for row in second.events] == [("RESUMED", "gone")]
        assert [(row.code, row.who) for row in first.events] == [
            ("FAILED", ""), ("FINISHING", ""), ("STOP_REQUESTED", "admin"),
            ("STARTING", ""), ("SUBMITTED", "林岚")]  # fmt: skip
        assert (first.events[1].end, first.events[1].reason.code) == (
            "SERVER_FAILED", "PROCESS_KILLED")  # fmt: skip


class TestBounds:
    SHARES = {BoundBy.SERVER: 0.75, BoundBy.DISK: 0.25}

    def a_progress(self, state: WalkState = WalkState.RUNNING) -> Progress:
        return Progress(0, 1, state, bound_by=BoundBy.SERVER, bound_shares=self.SHARES)

    def test_the_verdict_has_its_proof(self) -> None:
        row = bound_row(a_task(status="RUNNING"), self.a_progress())
        assert (row.by, row.whole) == ("SERVER", False)
        assert [(one.code, one.share, one.width) for one in row.shares] == [
            ("SERVER", 0.75, "75.0%"),
            ("CLIENT", 0.0, "0.0%"),
            ("DISK", 0.25, "25.0%"),
        ]

    def test_in_the_end_it_is_that_of_the_whole_run(self) -> None:
        assert bound_row(a_task(status="SUCCEEDED"), self.a_progress(WalkState.ENDED)).whole

    def test_a_service_is_called_a_service(self) -> None:
        row = bound_row(a_task(plan=through(), status="RUNNING"), self.a_progress())
        assert (row.by, row.shares[0].code) == ("SERVICE", "SERVICE")

    def test_nothing_is_said_of_what_was_not_seen(self) -> None:
        assert bound_row(a_task(), None).by == ""
        assert bound_row(a_task(), Progress(0, 1, WalkState.RUNNING)).by == ""


class TestLogChoice:
    def test_a_log_that_cannot_be_read_now_stays_unless_another_was_chosen(self) -> None:
        task, log = a_task(status="RUNNING"), WorkloadLog("client", CLIENT, "a line", live=True)
        before = log_row(AttemptLogs(1, (1,), (log,)), "", task)
        away = log_row(AttemptLogs(1, (1,), (), Message("CLUSTER_UNREACHABLE")), "", task)
        assert away.unseen.code == "CLUSTER_UNREACHABLE"
        assert kept(before, away, "")
        assert kept(before, away, CLIENT)
        assert not kept(before, away, SERVER)
        assert not kept(before, before, ""), "it can be read"
        assert not kept(away, away, ""), "nothing was read of it"

    def test_a_log_says_where_it_is_to_be_had_whole_and_that_it_was_cut(self) -> None:
        log = WorkloadLog("client", CLIENT, "a line", live=True, cut=True)
        row = log_row(AttemptLogs(1, (1,), (log,)), "", a_task(status="RUNNING"))
        assert (row.key, row.text, row.cut) == (CLIENT, "a line", True)
        assert row.href == f"/api/tasks/0123456789abcdef/logs/{CLIENT}"
        assert log_row(AttemptLogs(1, (1,), ()), "", a_task()).href == ""

    def test_the_key_of_a_log_names_its_attempt(self) -> None:
        assert attempt_of(CLIENT) == 1
        assert attempt_of(attempt_key("0123456789abcdef", "12")) == 12
        for key in ("", "service-x-1-server", "task-x-y-z", "task-x--client", 3 * "9" * 400):
            assert attempt_of(key) is None

    def test_the_evidence_is_of_the_current_attempt_whichever_log_is_read(self) -> None:
        now = WorkloadLog("server", SERVER.replace("-1-", "-2-"), "no such file", live=False)
        before = AttemptLogs(1, (1, 2), (WorkloadLog("server", SERVER, "too slow", live=False),))
        task = a_task(attempt=2, status="FAILED", end_reason="SERVER_FAILED", ended_at=NOW)
        current = AttemptLogs(2, (1, 2), (now,))
        rows = task_rows(a_view(task), current, OWNER, 0.0, attempt_key(task.id, "1"), before)
        assert (rows.log.text, rows.log.attempt, rows.log.attempts) == ("too slow", "1", ["1", "2"])
        assert rows.evidence == "no such file"
