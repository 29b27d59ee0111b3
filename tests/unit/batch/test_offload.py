"""Blocking calls run on the spot while they are quick, in threads while they are slow."""

from __future__ import annotations

import asyncio
import threading
import time

from inference_ui.backend.batch.offload import THREADS, Offload


async def all_of(offload: Offload[int, int], count: int) -> list[int]:
    """Make calls one after the other, each when the one before is done, and return the outcomes."""
    outcomes: list[int] = []
    for number in range(count):
        done = asyncio.Event()

        def take(outcome: int, done: asyncio.Event = done) -> None:
            outcomes.append(outcome)
            done.set()

        offload.call(number, take)
        await done.wait()
    return outcomes


async def test_quick_calls_are_made_at_once_in_this_thread() -> None:
    threads: set[threading.Thread] = set()

    def quick(number: int) -> int:
        threads.add(threading.current_thread())
        return number * 2

    offload = Offload(quick)
    outcomes: list[int] = []
    offload.call(21, outcomes.append)
    assert outcomes == [42], "it is done when the call returns"
    assert await all_of(offload, 200) == [2 * number for number in range(200)]
    assert threads == {threading.current_thread()}
    assert not offload.is_slow
    offload.close()


async def test_slow_calls_are_made_at_the_same_time_and_quick_ones_on_the_spot_again() -> None:
    waits = True
    inside = 0
    most = 0
    lock = threading.Lock()

    def call(number: int) -> int:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        if waits:
            time.sleep(0.01)  # what a slow disk does
        with lock:
            inside -= 1
        return number

    offload = Offload(call)
    await all_of(offload, 60)
    assert offload.is_slow
    assert offload.spent_s > 0.5
    outcomes: list[int] = []
    for number in range(40):
        offload.call(number, outcomes.append)
    assert outcomes == [], "nothing waits for them"
    assert offload.pending == 40
    while offload.pending:  # noqa: ASYNC110 - there is nothing to wait on
        await asyncio.sleep(0)
    assert sorted(outcomes) == list(range(40))
    assert most == THREADS
    waits = False
    await all_of(offload, 200)
    assert not offload.is_slow
    offload.close()


async def test_one_large_file_does_not_make_a_disk_slow() -> None:
    def call(number: int) -> int:
        if number == 50:
            time.sleep(0.05)
        return number

    offload = Offload(call)
    await all_of(offload, 100)
    assert not offload.is_slow
    offload.close()
