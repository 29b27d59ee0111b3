"""How many requests in flight a server takes is found from its answers, in simulated time."""

from __future__ import annotations

import random

import pytest

from inference_ui.backend.batch.limiter import Limiter
from tests.support.queueing import simulate

CAPACITIES = (1, 2, 5, 8, 13, 21, 34, 47, 60)


@pytest.mark.parametrize("latency_s", [0.005, 0.05, 2.0])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_a_hidden_capacity_is_found_and_hardly_exceeded(capacity: int, latency_s: float) -> None:
    limiter = Limiter(1, 512)
    seen = simulate(
        limiter, 5000, places=lambda now: capacity, service_s=lambda chance, now: latency_s
    )
    ideal_s = 5000 * latency_s / capacity
    assert ideal_s / seen.seconds >= 0.96
    assert seen.median_s <= (1.5 if capacity >= 5 else 2.0) * latency_s + 1e-9
    reached_s = next(at for at, limit in seen.limits if limit >= capacity)
    assert reached_s <= 40 * latency_s


@pytest.mark.parametrize("capacity", [5, 16, 60])
@pytest.mark.parametrize(
    "service_s",
    [
        lambda chance, now: 0.05 * chance.uniform(0.5, 1.5),
        lambda chance, now: chance.expovariate(1 / 0.05),
        lambda chance, now: 0.01 if chance.random() < 0.9 else 0.41,
    ],
    ids=["jitter", "exponential", "few slow ones"],
)
def test_items_that_differ_leave_no_place_of_the_server_empty(
    capacity: int, service_s: object
) -> None:
    seen = simulate(Limiter(1, 512), 20_000, places=lambda now: capacity, service_s=service_s)  # type: ignore[arg-type]
    assert 20_000 * 0.05 / capacity / seen.seconds >= 0.85


def test_a_server_that_gets_slower_keeps_all_its_places_taken() -> None:
    limiter = Limiter(1, 512)
    seen = simulate(
        limiter,
        10_000,
        places=lambda now: 16,
        service_s=lambda chance, now: 0.05 if now < 10 else 0.15,
    )
    ideal_s = 10 + (10_000 - 10 * 16 / 0.05) * 0.15 / 16
    assert ideal_s / seen.seconds >= 0.95
    assert limiter.limit <= 30


def test_a_capacity_that_falls_and_rises_is_followed() -> None:
    def places(now: float) -> int:
        return 8 if 5 < now < 30 else 40

    seen = simulate(Limiter(1, 512), 20_000, places=places, service_s=lambda chance, now: 0.05)
    assert 36 <= seen.limit_at(4.9) <= 80
    assert 8 <= seen.limit_at(29.9) <= 40
    assert seen.limit_at(33) >= 40


def test_refusals_keep_the_limit_below_what_was_refused() -> None:
    limiter = Limiter(1, 512)
    seen = simulate(
        limiter,
        5000,
        places=lambda now: 40,
        service_s=lambda chance, now: 0.05,
        refuses_above=20,
    )
    assert 5000 * 0.05 / 20 / seen.seconds >= 0.75
    later = [limit for at, limit in seen.limits if at > 1.0]
    assert sum(limit > 20 for limit in later) < 0.1 * len(later)


def test_bounds_hold_whatever_the_answers_say() -> None:
    chance = random.Random(3)  # noqa: S311 - no secret
    limiter = Limiter(3, 7)
    now = 0.0
    for _ in range(5000):
        now += chance.random() / 100
        if chance.random() < 0.1:
            limiter.refused(now - chance.random() / 10, now)
        else:
            limiter.answered(now - chance.random() / 10, now)
        assert 3 <= limiter.limit <= 7
    limiter.set_bounds(1, 2)
    assert limiter.limit <= 2


def test_a_client_without_time_left_keeps_its_floor() -> None:
    limiter = Limiter(1, 512)
    limiter.floor = 32
    seen = simulate(limiter, 5000, places=lambda now: 1, service_s=lambda chance, now: 0.0001)
    assert seen.limit_at(seen.seconds) >= 32


def test_a_run_with_too_little_to_do_teaches_nothing() -> None:
    limiter = Limiter(1, 512)
    simulate(limiter, 2000, places=lambda now: 16, service_s=lambda chance, now: 0.05)
    before, now = limiter.limit, 1000.0
    for _ in range(500):  # one at a time
        limiter.underused()
        limiter.answered(now, now + 0.5)
        now += 0.5
    assert limiter.limit == before
