"""What the create form shows of a try on a few items."""

from __future__ import annotations

from inference_ui.backend.errors import Message
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.results.items import ItemRow
from inference_ui.backend.services.canaries import CanaryView
from inference_ui.rows.canary import canary_row
from tests.support.samples import a_task


def task(**values: object) -> InferenceTask:
    return a_task(canary=True, **values)


def item(number: int, error: str | None = None) -> ItemRow:
    status = "FAILED" if error else "SUCCEEDED"
    objects = None if error else 3
    return ItemRow(number, f"{number}.json", status, objects, 0.5, 12.5, error, None)


def test_while_it_waits_it_says_for_what() -> None:
    waiting = Message(
        "QUEUED_NO_CARDS", {"among": "all", "model": "X8", "needed": 2, "free": 0}
    ).to_json()
    row = canary_row(CanaryView(task(status="QUEUED", waiting_for=waiting), (), False), 2)
    assert (row.status, row.note.code, row.ended) == ("QUEUED", "QUEUED_NO_CARDS", False)
    assert (row.rate, row.estimate_s) == (None, None)


def test_results_and_failures_stand_in_the_servers_words() -> None:
    view = CanaryView(task(status="RUNNING"), (item(1), item(2, "400 BAD")), False)
    good, bad = canary_row(view, 1).tried
    assert (good.name, good.succeeded, good.objects, good.ms) == ("1.json", True, 3, 12.5)
    assert (bad.succeeded, bad.objects, bad.said) == (False, None, "400 BAD")


def test_in_the_end_it_tells_how_long_all_would_take() -> None:
    ended = task(status="SUCCEEDED", end_reason="COMPLETED")
    row = canary_row(CanaryView(ended, (item(1),), True, 12_480, 5.0, 1248.0), 2)
    assert (row.inputs, row.nodes, row.rate, row.estimate_s) == (12_480, 2, 5.0, 1248.0)
    assert row.href.endswith(f"{ended.id}/results")


def test_nothing_takes_no_time_at_all() -> None:
    ended = task(status="SUCCEEDED", end_reason="COMPLETED")
    assert canary_row(CanaryView(ended, (), True, 3, 500.0, 0.006), 0).estimate_s == 1.0


def test_where_it_failed_it_says_why_and_where_the_log_is() -> None:
    detail = Message("PROCESS_EXITED", {"exit_code": 3, "restarts": 3}).to_json()
    failed = task(status="FAILED", end_reason="SERVER_FAILED", end_detail=detail)
    row = canary_row(CanaryView(failed, (), True), 1)
    assert (row.end, row.note.code, row.estimate_s) == ("SERVER_FAILED", "PROCESS_EXITED", None)
    assert "part=logs" in row.logs
