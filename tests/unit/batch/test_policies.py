"""The small decisions: when to try again, when too many failed, what is JSON, what is counted."""

from __future__ import annotations

import json
from array import array
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.batch.appending import Appender, file_system_sync
from inference_ui.backend.batch.causes import MAX_GROUPS, Errors
from inference_ui.backend.batch.checks import json_fault
from inference_ui.backend.batch.endpoints import is_base_url, urls_in
from inference_ui.backend.batch.items import Item
from inference_ui.backend.batch.limit import FailureLimit
from inference_ui.backend.batch.messages import Done, Failure
from inference_ui.backend.batch.retry import asked_delay_s, delay_s
from inference_ui.backend.batch.tally import MAX_SAMPLES, History, Tally, percentile
from inference_ui.backend.batch.work import Work
from inference_ui.backend.records import Sample, WalkState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("Mon, 23 Nov 2026 09:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 08:59:00 GMT", 0.0),
        ("soon", None),
        ("9" * 400, None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert asked_delay_s(header, NOW) == seconds


def test_delays_double_with_chance_and_are_bounded() -> None:
    for tries, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (50, 30.0)):
        delays = [delay_s(tries) for _ in range(100)]
        assert all(longest / 2 <= delay <= longest for delay in delays)
        assert len(set(delays)) > 50
    assert delay_s(1, asked_s=7.0) == 7.0
    assert delay_s(1, asked_s=86_400.0) == 300.0


@pytest.mark.parametrize(
    ("text", "failed", "found", "walked", "passed"),
    [
        (None, 1000, 1000, True, False),
        ("0", 1, 1, False, True),
        ("10", 10, 100, True, False),
        ("10", 11, 100, False, True),
        ("5%", 5, 100, True, False),
        ("5%", 6, 100, True, True),
        ("5%", 99, 100, False, False),
        (" 2.5 % ", 26, 1000, True, True),
    ],
)
def test_a_limit_is_a_number_or_a_share_of_all_inputs(
    text: str | None, failed: int, found: int, walked: bool, passed: bool
) -> None:
    assert FailureLimit.parse(text).is_passed(failed, found, walked) is passed


@pytest.mark.parametrize("text", ["", "many", "-1", "101%", "-5%", "nan%", "1.5"])
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        FailureLimit.parse(text)


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=20) | st.text(max_size=10).map(str.encode))
def test_what_passes_the_check_is_json_for_others_too(content: bytes) -> None:
    if json_fault(content) is None:
        json.loads(content.decode())


@settings(max_examples=100, deadline=None)
@given(
    value=st.recursive(
        st.none() | st.integers() | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_json_libraries_write_passes_the_check(value: object) -> None:
    assert json_fault(msgspec.json.encode(value)) is None


def test_a_large_text_is_checked_over_its_slices() -> None:
    text = b'"' + "é猫".encode() * 600_000 + b'"'
    assert json_fault(text) is None
    assert json_fault(text[:-2] + b'"') == "NOT_UTF8"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("http://127.0.0.1:8000", True),
        ("https://host/prefix/", True),
        ("http://[::1]:80", True),
        ("localhost:8000", False),
        ("ftp://host", False),
        ("http://", False),
        ("http://host:0", False),
        ("http://host:99999", False),
        ("http://host/?query", False),
        ("http://ho st", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_base_urls_are_told_from_other_text(text: str, good: bool) -> None:
    assert is_base_url(text) is good


def test_a_folder_of_endpoints_may_hold_anything_or_not_exist(tmp_path: Path) -> None:
    assert urls_in(tmp_path / "nowhere") == frozenset()
    (tmp_path / "a.url").write_text("http://127.0.0.1:1\n")
    (tmp_path / "half.url").write_text("http://")
    (tmp_path / "bytes.url").write_bytes(b"\xff")
    (tmp_path / "folder.url").mkdir()
    (tmp_path / "gone.url").symlink_to("nowhere")
    (tmp_path / "notes.txt").write_text("http://127.0.0.1:2")
    assert urls_in(tmp_path) == {"http://127.0.0.1:1"}


def an_item(name: str) -> Item:
    """An item that was read."""
    return Item(0, name, b"{}", 2, 0)


def test_items_come_back_in_the_order_of_their_urgency() -> None:
    work = Work()
    for name in ("one", "two"):
        work.add(an_item(name))
    work.again(an_item("again"))
    work.last(an_item("last"))
    work.later(an_item("later"), at=100.0)
    assert work.due(99.0) == 100.0
    assert work.due(100.0) is None
    order = []
    while work.ready:
        order.append(work.take().relative)
    assert order == ["later", "again", "one", "two", "last"]


def test_the_history_is_bounded_and_spans_the_whole_run() -> None:
    history = History(interval_s=1.0)
    for second in range(100_000):
        history.add(Sample(float(second), second, 0))
    assert len(history.samples) <= MAX_SAMPLES
    assert len(history.samples) > MAX_SAMPLES // 3
    assert history.samples[0].at == 0
    assert history.samples[-1].at > 99_000
    steps = {b.at - a.at for a, b in zip(history.samples[1:], history.samples[2:], strict=False)}
    assert len(steps) <= 2


def done(succeeded: int, latencies_ms: list[float], *failures: Failure) -> Done:
    """What a worker tells, but for what the tally does not look at."""
    packed = array("d", latencies_ms).tobytes()
    return Done(b"", b"", b"", succeeded, [*failures], packed, 100 * succeeded)


def test_the_tally_counts_what_was_written_and_forgets_old_speed() -> None:
    clock = [0.0]
    tally = Tally(Errors(), 5, 1, source_root="/d/", clock=lambda: clock[0])
    good = done(1, [2.0])
    bad = done(0, [4.0], Failure("HTTP_400", "b.json", "no"))
    for second in range(1, 21):
        clock[0] = float(second)
        tally.record([good, bad] if second <= 10 else [])
        tally.rate()
    assert (tally.succeeded, tally.failed, tally.recorded) == (15, 11, 20)
    assert tally.rate() == 0.0
    progress = tally.progress(
        attempt=1,
        state=WalkState.RUNNING,
        found=30,
        walked=True,
        in_flight=2,
        history=History(),
    )
    assert progress.left_s is None
    assert (progress.p50_ms, progress.p95_ms) == (4.0, 4.0)
    (group,) = progress.errors
    assert (group.cause, group.count, group.example, group.message) == (
        "HTTP_400",
        10,
        "/d/b.json",
        "no",
    )
    clock[0] = 22.0
    tally.record([good] * 8)
    assert tally.rate() == pytest.approx(8 / 10, rel=0.2)


def test_kinds_without_number_are_counted_all_the_same_and_the_largest_are_told_apart() -> None:
    errors = Errors()
    for number in range(2000):
        letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")
        errors.add("HTTP_400", f"/d/{number}.json", f"no {letters}")
        errors.add("HTTP_400" if number % 2 else "TIMEOUT", "/d/x.json", "the same")
    groups = errors.groups()
    assert sum(group.count for group in groups) == errors.total == 4000
    assert [(group.message, group.count) for group in groups[1:3]] == [("the same", 1000)] * 2
    assert groups[0].name == "HTTP_400"
    assert len(groups) == MAX_GROUPS + 1
    assert groups[0].kinds > 900


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 51.0
    assert percentile(values, 0.99) == 100.0
    assert percentile([], 0.5) is None


def test_what_cannot_be_appended_whole_is_not_appended(tmp_path: Path) -> None:
    file = Appender(tmp_path / "file")
    file.append(b"first\n")
    file.append(b"second\n")
    file.undo()
    file.sync()
    file.close()
    file.append(b"third\n")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"first\nthird\n"


def test_the_file_system_is_synced_and_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    file_system_sync(tmp_path)()
    with pytest.raises(OSError, match="nowhere"):
        file_system_sync(tmp_path / "nowhere")
