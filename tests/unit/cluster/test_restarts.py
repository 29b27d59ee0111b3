"""The rule of restarts."""

from __future__ import annotations

from inference_ui.backend.cluster.restarts import Next, after_exit


def follow(code: int | None, recent: tuple[float, ...] = (), now: float = 1000.0) -> Next:
    return after_exit(
        code, recent, now, limit=3, window_s=600, done=frozenset({0, 1}), fatal=frozenset({2})
    )


def test_codes_that_end_it_for_good_do_so_whatever_came_before() -> None:
    assert follow(0).outcome == follow(1, (990.0,) * 3).outcome == "DONE"
    assert follow(2).outcome == "FAILED"


def test_any_other_end_is_tried_again_with_growing_delay() -> None:
    assert follow(3) == Next("AGAIN", (1000.0,), 0.5)
    assert follow(3, (900.0,)) == Next("AGAIN", (900.0, 1000.0), 1.0)
    assert follow(None, (900.0, 950.0)).delay_s == 2.0


def test_past_the_limit_it_fails() -> None:
    assert follow(3, (900.0, 950.0, 990.0)).outcome == "FAILED"


def test_restarts_outside_the_window_are_forgotten() -> None:
    assert follow(3, (399.0, 400.0, 401.0)) == Next("AGAIN", (401.0, 1000.0), 1.0)
