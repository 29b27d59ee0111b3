"""The timeline of a task and the chart of its rate."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inference_ui.backend.models.task import TaskEvent
from inference_ui.backend.records import Sample
from inference_ui.rows.chart import HEIGHT, WIDTH, chart
from inference_ui.rows.timeline import StepRow, timeline
from tests.support.samples import NOW, a_task

CREATED = NOW.timestamp()


def events(*happened: tuple[str, float], attempt: int = 1) -> list[TaskEvent]:
    """Events, each so many seconds after the task was created."""
    return [
        TaskEvent(
            task_id="task",
            owner_id="owner",
            at=NOW + timedelta(seconds=seconds),
            attempt=attempt,
            code=code,
        )
        for code, seconds in happened
    ]


def states(steps: list[StepRow]) -> list[str]:
    return [step.state for step in steps]


class TestTimeline:
    def test_a_queued_task_waits_at_its_second_step(self) -> None:
        steps = timeline(a_task(), events(("SUBMITTED", 0)), None)
        assert states(steps) == ["done", "now", "next", "next", "next", "next"]
        assert (steps[0].at, steps[1].since) == (CREATED, CREATED)

    def test_each_step_says_how_long_it_took(self) -> None:
        task = a_task(status="SUCCEEDED", ended_at=NOW + timedelta(seconds=40))
        happened = events(
            ("SUBMITTED", 0), ("STARTING", 3), ("RUNNING", 10), ("FINISHING", 30), ("SUCCEEDED", 40)
        )
        steps = timeline(task, happened, None)
        assert [step.took for step in steps[1:5]] == [3, 7, 20, 10]
        assert (steps[5].code, steps[5].state, steps[5].at) == ("SUCCEEDED", "done", CREATED + 40)

    def test_steps_that_were_never_reached_are_skipped(self) -> None:
        task = a_task(status="STOPPED", ended_at=NOW + timedelta(seconds=9))
        happened = events(("SUBMITTED", 0), ("STOP_REQUESTED", 5), ("FINISHING", 6), ("STOPPED", 9))
        steps = timeline(task, happened, None)
        assert states(steps) == ["done", "done", "skipped", "skipped", "done", "done"]
        assert steps[1].took == 6

    def test_a_step_that_comes_again_goes_on_counting(self) -> None:
        task = a_task(status="STARTING", status_since=NOW + timedelta(seconds=30))
        happened = events(("SUBMITTED", 0), ("STARTING", 5), ("QUEUED", 15), ("STARTING", 30))
        steps = timeline(task, happened, None)
        assert steps[1].took == 5 + 15
        assert (steps[2].state, steps[2].since) == ("now", CREATED + 30 - 10)

    def test_the_current_attempt_alone_is_told(self) -> None:
        task = a_task(status="RUNNING", attempt=2, status_since=NOW + timedelta(seconds=130))
        first = events(("SUBMITTED", 0), ("RUNNING", 10), ("FINISHING", 50), ("STOPPED", 60))
        second = events(("RESUMED", 100), ("STARTING", 110), ("RUNNING", 130), attempt=2)
        steps = timeline(task, [*first, *second], 2_000.0)
        assert (steps[0].at, steps[1].took, steps[2].took) == (CREATED + 100, 10, 20)
        assert (steps[3].since, steps[5].about) == (CREATED + 130, 2_000.0)


class TestChart:
    def test_one_sample_draws_nothing(self) -> None:
        assert chart([]).line == ""
        assert chart([Sample(0, 0, 0)]).line == ""

    def test_a_steady_rate_is_a_level_line_at_its_height(self) -> None:
        row = chart([Sample(second, 80 * second, 0) for second in range(11)])
        assert row.ticks == [80, 60, 40, 20, 0]
        assert all(done == 80 and not failed for _, _, _, done, failed in row.points)
        assert row.points[-1][:3] == [WIDTH, 0, 10]
        assert row.line.startswith("M0.0 0.0L100.0 0.0")
        assert row.line.endswith(f"L{WIDTH}.0 0.0")
        assert row.area == f"{row.line}V{HEIGHT}H0Z"
        assert (row.latest, row.highest, row.failed) == (80, 80, "")

    def test_failed_items_are_bars_that_can_be_seen(self) -> None:
        history = [Sample(0, 0, 0), Sample(1, 999, 1), Sample(2, 1499, 501)]
        row = chart(history)
        few, many = row.failed.removeprefix("M").split("M")
        assert few == f"500.0 {HEIGHT}V98.0"
        assert many == f"1000.0 {HEIGHT}V50.0"

    def test_samples_that_come_too_close_make_no_peak(self) -> None:
        even = [Sample(second, 10 * second, 0) for second in range(10)]
        row = chart([*even, Sample(9.01, 92, 0)])
        assert row.highest == pytest.approx(12 / 1.01)

    def test_times_below_never_read_alike(self) -> None:
        assert chart([Sample(0, 0, 0), Sample(1, 5, 0)]).times == [0, 1]
        assert chart([Sample(0, 0, 0), Sample(600, 5, 0)]).times == [0, 150, 300, 450, 600]

    def test_counts_that_shrink_draw_no_negative_rate(self) -> None:
        row = chart([Sample(0, 50, 0), Sample(1, 0, 0), Sample(2, 10, 0)])
        assert row.highest == 10
        assert f"L500.0 {HEIGHT}.0" in row.line

    def test_a_clock_that_was_set_back_draws_nothing_outside(self) -> None:
        row = chart([Sample(0, 0, 0), Sample(90, 9, 0), Sample(30, 12, 0), Sample(60, 15, 0)])
        places = [float(part.split()[0]) for part in row.line.removeprefix("M").split("L")]
        assert places == sorted(places)
        assert places[-1] == WIDTH
