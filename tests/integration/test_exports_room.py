"""Who may export at the same time, and that whoever does not fetch holds nothing for long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from inference_ui.api.exports import ExportResponse
from inference_ui.backend.errors import CannotGoOn, Conflict
from inference_ui.backend.models.account import Role
from inference_ui.backend.records import JOURNAL
from inference_ui.backend.results.query import ItemFilter, ItemKind
from inference_ui.backend.services import exports
from tests.support.exports_http import PICTURE, Shown, shown_to_a_viewer
from tests.support.inside import Inside
from tests.support.waiting import wait_for


@pytest.fixture
def shown(inside: Inside, tmp_path: Path) -> Iterator[Shown]:
    with shown_to_a_viewer(inside, tmp_path) as found:
        yield found


def pipes() -> int:
    """Ends of pipes that this process holds."""
    held = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            held += str(descriptor.readlink()).startswith("pipe:")
    return held


def test_one_at_a_time_for_a_user_and_two_in_all(shown: Shown) -> None:
    shown.endless()
    inside = shown.inside
    clients = [inside.client(inside.session(Role.VIEWER)[1]) for _ in range(2)]
    with clients[0] as second, clients[1] as third, shown.running() as (token, _):
        mine = token_hex(16)
        answer = shown.get("csv", mine)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "EXPORT_RUNS")
        # A browser that saves a file shows nobody why it could not.
        assert shown.progress(mine)["problem"] == {"code": "EXPORT_RUNS", "args": {}}
        assert shown.get("csv", token).json()["error"]["code"] == "EXPORT_TOKEN_USED"
        assert shown.progress(token)["state"] == "RUNNING"
        with shown.running(second):
            refused = third.get(shown.path, params={"format": "csv", "token": token_hex(16)})
            assert refused.json()["error"] == {
                "code": "EXPORTS_AT_ONCE",
                "args": {"most": 2},
                "text": refused.json()["error"]["text"],
            }
    wait_for(lambda: shown.progress(token)["state"] == "CANCELLED", "the end of the export")
    shown.run.raw(b"")
    (shown.run.output / JOURNAL).write_bytes(b"")
    assert shown.get("csv", token).status_code == 200  # a browser that tries again


def test_one_that_nobody_fetches_any_more_makes_room(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.endless()
    with shown.running() as (token, answer):
        monkeypatch.setattr(exports, "PATIENCE_S", -1.0)
        with shown.running() as (other, _):
            assert shown.progress(token)["problem"] == {"code": "EXPORT_NOT_FETCHED", "args": {}}
            assert shown.progress(other)["state"] == "RUNNING"
            with pytest.raises(httpx.RemoteProtocolError):
                answer.read()


def test_one_whose_answer_is_never_sent_is_let_go_at_once(shown: Shown) -> None:
    shown.endless()
    before = pipes()
    export = shown.started()
    answer = ExportResponse(export)
    assert (len(shown.programs()), pipes()) == (1, before + 2)
    del answer
    gc.collect()
    assert (export.running, shown.programs(), pipes()) == (False, [], before)


def test_one_that_is_cancelled_before_anybody_reads_it_holds_nothing(shown: Shown) -> None:
    shown.endless()
    before = pipes()
    token = token_hex(16)
    export = shown.started(token)
    shown.inside.product.exports.cancel(shown.actor, shown.task.id, token)
    assert (export.running, shown.programs(), pipes()) == (False, [], before)


def test_what_was_found_in_a_journal_that_is_another_now_is_refused(shown: Shown) -> None:
    for name in ("a.png", "b.png", "c.png"):
        shown.run.failed(name, PICTURE, "503")
    product = shown.inside.product
    journal = product.exports.journal(shown.actor, shown.task.id)
    wanted = ItemFilter(kind=ItemKind.FAILED)
    numbers = product.items.numbers(shown.actor, shown.task.id, wanted)
    lines = (shown.run.output / JOURNAL).read_bytes().splitlines(keepends=True)
    (shown.run.output / JOURNAL).write_bytes(b"".join(lines[::-1]))  # as a retry would
    export = shown.started(numbers=numbers, journal=journal)
    with pytest.raises(CannotGoOn) as refused:
        b"".join(iter(export.read, None))
    export.close()
    assert refused.value.code == "EXPORT_CHANGED"


def test_of_many_that_one_user_begins_at_the_same_moment_one_runs(shown: Shown) -> None:
    shown.endless()
    with ThreadPoolExecutor(8) as threads:
        begun = [threads.submit(shown.started) for _ in range(8)]
    refused = [one.exception() for one in begun if one.exception() is not None]
    assert [str(error.message.code) for error in refused if isinstance(error, Conflict)] == [
        "EXPORT_RUNS"
    ] * 7
    assert len(shown.programs()) == 1
    for one in begun:
        if one.exception() is None:
            one.result().close()
