"""What many ask at once is worked out once, and never after something changed."""

from __future__ import annotations

import threading

from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.shared import Shared


def test_an_answer_is_worked_out_once_until_something_changes() -> None:
    changes, asked = Changes(), list[str]()
    shared: Shared[int] = Shared(changes, life_s=3600)

    def ask(key: str) -> int:
        return shared.get(key, lambda: asked.append(key) or len(asked))

    assert [ask("a"), ask("a"), ask("b")] == [1, 1, 2]
    changes.publish(frozenset({"task"}))
    assert [ask("a"), ask("b")] == [3, 4]


def test_what_changed_while_it_was_worked_out_is_looked_at_again() -> None:
    changes = Changes()
    shared: Shared[int] = Shared(changes, life_s=3600)

    def meanwhile() -> int:
        changes.publish(frozenset({"task"}))
        return 1

    assert shared.get("a", meanwhile) == 1
    assert shared.get("a", lambda: 2) == 2


def test_an_old_answer_and_one_too_many_are_forgotten() -> None:
    old: Shared[int] = Shared(Changes(), life_s=0)
    assert [old.get("a", lambda: 1), old.get("a", lambda: 2)] == [1, 2]
    few: Shared[int] = Shared(Changes(), life_s=3600, most=1)
    assert [few.get("a", lambda: 1), few.get("b", lambda: 2), few.get("a", lambda: 3)] == [1, 2, 3]


def test_who_asks_meanwhile_gets_the_one_answer() -> None:
    shared: Shared[int] = Shared(Changes(), life_s=3600)
    begun, go_on, answers = threading.Event(), threading.Event(), list[int]()

    def slowly() -> int:
        begun.set()
        go_on.wait(10)
        return 1

    first = threading.Thread(target=lambda: answers.append(shared.get("a", slowly)))
    first.start()
    begun.wait(10)
    second = threading.Thread(target=lambda: answers.append(shared.get("a", lambda: 2)))
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert answers == [1, 1]
