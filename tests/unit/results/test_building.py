"""The columns of a task against its files, whatever those hold and however they grow."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.protocols.found import BINS, bin_of
from inference_ui.backend.records import JOURNAL, SIDECAR, result_location
from inference_ui.backend.results.building import Follower, ResultFiles
from inference_ui.backend.results.columns import UNKNOWN, Columns, Status
from inference_ui.backend.results.lines import MAX_LINE
from tests.support.item_worlds import Item, ItemFolder, item_lists

CODES = {"SUCCEEDED": Status.SUCCEEDED, "FAILED": Status.FAILED}


def read(folder: ItemFolder, columns: Columns | None = None, *, ended: bool = True) -> Columns:
    columns = Columns() if columns is None else columns
    assert Follower(ResultFiles(folder.output, "SELDON"), columns).follow(ended=ended)
    return columns


def assert_true(columns: Columns, items: list[Item]) -> None:
    """Compare columns with what the items truly are."""
    assert columns.lines == len(items)
    classes: dict[str, list[int]] = {}
    totals = dict.fromkeys(range(BINS), 0)
    for number, item in enumerate(items):
        facts = columns.facts(number)
        assert facts is not None
        assert facts.status == CODES.get(item.status, Status.UNREADABLE)
        known = item.status == "SUCCEEDED" and item.objects is not None
        assert facts.objects == (len(item.objects or ()) if known else UNKNOWN)
        lowest = item.lowest if known else math.nan
        assert facts.lowest == pytest.approx(lowest, rel=1e-6, nan_ok=True)
        mask = 0
        for name, confidence in (item.objects or ()) if known else ():
            classes.setdefault(name, []).append(number)
            totals[bin_of(confidence)] += 1
            mask |= 1 << bin_of(confidence)
        assert columns.bins.first(columns.lines)[number] == mask
        if item.sidecar != "foreign":
            assert facts.ms == pytest.approx(item.ms) or item.status == "ODD"
    assert {name: found.objects for name, found in columns.classes.items()} == {
        name: len(numbers) for name, numbers in classes.items()
    }
    for name, numbers in classes.items():
        assert columns.classes[name].within(len(items)).tolist() == sorted(set(numbers))
    assert columns.confidences.tolist() == list(totals.values())


@settings(max_examples=40, deadline=None)
@given(items=item_lists())
def test_columns_say_what_is_true_whoever_wrote_the_sidecar(tmp_path_factory, items):
    folder = ItemFolder(tmp_path_factory.mktemp("task"))
    folder.add(items)
    assert_true(read(folder), items)


@settings(max_examples=25, deadline=None)
@given(items=item_lists(), cuts=st.lists(st.integers(0, 30), max_size=4))
def test_columns_that_grow_are_those_that_are_read_at_once(tmp_path_factory, items, cuts):
    folder, columns = ItemFolder(tmp_path_factory.mktemp("task")), Columns()
    bounds = sorted({0, *(min(cut, len(items)) for cut in cuts), len(items)})
    for start, end in pairwise(bounds):
        folder.add(items[start:end])
        columns = read(folder, columns, ended=False)
    assert_true(columns, items)


@settings(max_examples=25, deadline=None)
@given(items=item_lists(sidecars=("foreign",)))
def test_without_a_sidecar_the_results_are_read(tmp_path_factory, items):
    folder = ItemFolder(tmp_path_factory.mktemp("task"))
    folder.add(items, beside=False)
    assert_true(read(folder, ended=False), items)


def test_what_the_sidecar_does_not_tell_yet_is_left_for_later(tmp_path):
    folder = ItemFolder(tmp_path)
    folder.add([Item("a.json")])
    folder.add([Item("b.json", objects=(("car", 0.5),))], beside=False)
    columns = read(folder, ended=False)
    assert columns.lines == 1
    assert read(folder, columns, ended=True).lines == 2
    assert columns.facts(1).objects == 1


hostile = st.one_of(
    st.binary(max_size=60).map(lambda text: text.replace(b"\n", b" ")),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"source": st.text(max_size=8), "status": st.sampled_from(("SUCCEEDED", "FAILED", 3))},
        optional={
            "resultLocation": st.sampled_from(("../../etc/passwd", "/etc/passwd", "", "result")),
            "n": st.integers(),
            "c": st.lists(st.text(max_size=3), max_size=3),
            "k": st.lists(st.integers(), max_size=4),
            "b": st.lists(st.integers(), max_size=5),
            "low": st.floats(),
            "ms": st.floats(),
        },
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=150, deadline=None)
@given(journal=st.lists(hostile, max_size=8), sidecar=st.lists(hostile, max_size=8))
def test_no_line_is_fatal_and_each_is_an_item(tmp_path_factory, journal, sidecar):
    output = tmp_path_factory.mktemp("task")
    (output / ".inference").mkdir()
    (output / JOURNAL).write_bytes(b"".join(line + b"\n" for line in journal) + b'{"torn')
    (output / SIDECAR).write_bytes(b"".join(line + b"\n" for line in sidecar))
    columns = read(ItemFolder(output))
    assert columns.lines == len(journal)
    assert (columns.objects.first(columns.lines) >= UNKNOWN).all()
    assert all(found.objects >= 0 for found in columns.classes.values())


def test_a_line_without_end_is_one_item_and_what_follows_is_read(tmp_path):
    folder = ItemFolder(tmp_path)
    folder.add([Item("a.json")])
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b'{"source":"' + b"x" * (3 * MAX_LINE) + b'"}\n')
    folder.add([Item("b.json", status="FAILED")], beside=False)
    columns = read(folder)
    assert columns.status.first(3).tolist() == [
        Status.SUCCEEDED,
        Status.UNREADABLE,
        Status.FAILED,
    ]


def test_files_that_were_replaced_are_told_apart(tmp_path):
    folder = ItemFolder(tmp_path)
    folder.add([Item("a.json"), Item("b.json")])
    columns = read(folder)
    for name in (JOURNAL, SIDECAR):
        copy = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(copy[:-3] + b"x\n}\n")
    assert not Follower(ResultFiles(tmp_path, "SELDON"), columns).follow(ended=True)
    assert columns.lines == 2


def test_results_outside_of_the_task_are_not_followed(tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_bytes(Item("a", objects=(("secret", 0.5),)).result())
    output = tmp_path / "task"
    (output / "result").mkdir(parents=True)
    (output / result_location("link.json")).symlink_to(secret)
    lines = [
        {"source": "a", "status": "SUCCEEDED", "resultLocation": place}
        for place in ("../secret.json", str(secret), result_location("link.json"))
    ]
    (output / JOURNAL).write_text("".join(json.dumps(line) + "\n" for line in lines))
    columns = read(ItemFolder(output))
    assert columns.objects.first(3).tolist() == [UNKNOWN] * 3
    assert not columns.classes


@settings(max_examples=20, deadline=None)
@given(items=item_lists())
def test_columns_that_were_saved_are_the_same(tmp_path_factory, items):
    folder = ItemFolder(tmp_path_factory.mktemp("task"))
    folder.add(items)
    saved = folder.output / "columns.npz"
    read(folder).save(saved)
    columns = Columns.load(saved)
    assert columns is not None
    assert_true(columns, items)
    more = [Item("later.json", objects=(("car", 0.25),))]
    folder.add(more)
    assert_true(read(folder, columns), items + more)


@pytest.mark.parametrize("keep", [0, 10, 200, -30, -1])
def test_columns_that_were_saved_in_part_are_made_anew(tmp_path: Path, keep: int) -> None:
    folder = ItemFolder(tmp_path)
    folder.add([Item(f"{number}.json") for number in range(50)])
    saved = tmp_path / "columns.npz"
    read(folder).save(saved)
    saved.write_bytes(saved.read_bytes()[:keep])
    assert Columns.load(saved) is None
    assert Columns.load(tmp_path / "nothing") is None
    assert np.array_equal(read(folder).objects.first(50), np.zeros(50))
