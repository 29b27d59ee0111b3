"""What a person is told: the bar, whether results will fit, what holds a run back."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference_ui.backend.batch.bar import drawn
from inference_ui.backend.batch.bounds import RECENT_LOOKS, Bounds
from inference_ui.backend.batch.messages import State
from inference_ui.backend.batch.room import room_for
from inference_ui.backend.records import BoundBy, Progress, Room, WalkState

RUNNING = Progress(
    0.0, 1, WalkState.RUNNING, 100_000, True, 25_000, 12, 1234.5, 32, 61.2, processes=2
)


def changed(**values: object) -> Progress:
    """The progress of a run, but for some values."""
    return Progress(**{name: getattr(RUNNING, name) for name in RUNNING.__struct_fields__} | values)  # type: ignore[arg-type]


def test_the_bar_tells_done_failed_rate_in_flight_and_time_left() -> None:
    line = drawn(RUNNING, 100)
    assert line == (
        "━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ "
        "25,012 of 100,000 · 12 failed · 1,234/s · 32 in flight · 1:01 left"
    )


@pytest.mark.parametrize("columns", [0, 1, 10, 40, 66, 70, 79, 80, 200])
def test_the_bar_never_wraps(columns: int) -> None:
    assert len(drawn(RUNNING, columns)) <= columns


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (changed(walked=False, left_s=None), "25,012 of 100,000+ · 12 failed"),
        (changed(failed=0), "25,000 of 100,000 · 1,234/s"),
        (changed(rate=0.52), "0.5/s"),
        (changed(left_s=7322.0), "2:02:02 left"),
        (changed(state=WalkState.STOPPING), "stopping"),
        (changed(room=Room(2, 1, 1, None)), "the results will not fit"),
        (
            changed(state=WalkState.WAITING_FOR_SERVER, waiting_for="http://x: HTTP 503"),
            "waiting for a server: http://x: HTTP 503",
        ),
        (changed(found=0, succeeded=0, failed=0), "0 of 0"),
    ],
)
def test_the_bar_says_what_matters_now(progress: Progress, words: str) -> None:
    assert words in drawn(progress, 200)


def test_what_is_to_come_is_estimated_from_what_came(tmp_path: Path) -> None:
    assert room_for(1000, 49, 49 * 100, tmp_path) is None, "too few to tell"
    assert room_for(0, 100, 100, tmp_path) is None, "nothing is to come"
    room = room_for(1000, 100, 100 * 5000, tmp_path)
    assert room is not None
    assert room.suffices
    # A file takes whole blocks, and the lines are counted too.
    assert 1000 * 5000 < room.needed_bytes < 1000 * (16384 + 1000)
    assert 1000 <= room.needed_inodes < 1100
    assert room_for(10**12, 100, 100 * 5000, tmp_path).suffices is False  # type: ignore[union-attr]


def test_few_results_say_enough_when_few_are_to_come(tmp_path: Path) -> None:
    assert room_for(3, 3, 300, tmp_path) is not None


def state(busy: float, disk: float = 0.0) -> State:
    """How a worker fares."""
    return State(8, 8, 100, busy, disk, ("http://x",), "")


def test_most_of_the_time_decides_what_held_a_run_back() -> None:
    bounds = Bounds()
    assert (bounds.most, bounds.shares) == (None, {})
    for _ in range(6):
        bounds.look([state(0.2), state(0.3)], waits_for_disk=False, has_work=True)
    for _ in range(3):
        bounds.look([state(0.95), state(0.99)], waits_for_disk=False, has_work=True)
    bounds.look([state(0.1, disk=0.9)], waits_for_disk=False, has_work=True)
    bounds.look([], waits_for_disk=False, has_work=False)
    assert bounds.most is BoundBy.SERVER
    assert bounds.shares == {BoundBy.SERVER: 0.6, BoundBy.CLIENT: 0.3, BoundBy.DISK: 0.1}


def test_creating_files_on_a_quick_disk_is_the_clients_own_work() -> None:
    bounds = Bounds()
    bounds.look([state(0.98, disk=0.65)], waits_for_disk=False, has_work=True)
    assert bounds.most is BoundBy.CLIENT


def test_what_holds_it_back_now_is_that_of_the_last_minute() -> None:
    bounds = Bounds()
    for _ in range(RECENT_LOOKS):
        bounds.look([state(0.99)], waits_for_disk=False, has_work=True)
    for _ in range(RECENT_LOOKS // 4):
        bounds.look([state(0.1)], waits_for_disk=False, has_work=True)
    assert bounds.recent == {BoundBy.CLIENT: 0.75, BoundBy.SERVER: 0.25}
    assert bounds.shares == {BoundBy.CLIENT: 0.8, BoundBy.SERVER: 0.2}
    for _ in range(RECENT_LOOKS):
        bounds.look([], waits_for_disk=False, has_work=False)
    assert bounds.recent == {}, "what has no work is held back by nothing"
    assert bounds.most is BoundBy.CLIENT
