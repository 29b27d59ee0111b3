"""Lines of a file that grows, is cut, and is replaced under the reader."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.results.lines import EVERY, MAX_LINE, LineIndex, LineIndexes

line = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b" "))
step = st.one_of(
    st.tuples(st.just("append"), st.lists(line, max_size=130), st.binary(max_size=20)),
    st.tuples(st.just("cut"), st.integers(0, 10_000), st.just(b"")),
    st.tuples(st.just("replace"), st.lists(line, max_size=130), st.just(b"")),
    st.tuples(st.just("rewrite"), st.lists(line, max_size=130), st.just(b"")),
    st.tuples(st.just("remove"), st.none(), st.just(b"")),
)


def apply(path, kind, what, torn):
    text = b"".join(one + b"\n" for one in what) if isinstance(what, list) else b""
    if kind == "append":
        with path.open("ab") as file:
            file.write(text + torn)
    elif kind == "cut" and path.exists():
        os.truncate(path, min(what, path.stat().st_size))
    elif kind == "replace":
        path.with_suffix(".new").write_bytes(text)
        path.with_suffix(".new").replace(path)
    elif kind == "rewrite":
        path.write_bytes(text)
    elif kind == "remove":
        path.unlink(missing_ok=True)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(step, max_size=6), first=st.integers(0, 200), count=st.integers(0, 120))
def test_the_lines_are_those_of_the_file_whatever_happened_to_it(
    tmp_path_factory, steps, first, count
):
    path = tmp_path_factory.mktemp("lines") / "journal"
    index = LineIndex(path)
    for kind, what, torn in steps:
        apply(path, kind, what, torn)
        expected = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        window = index.window(first, count)
        assert window.total == len(expected)
        assert [one.text for one in window.lines] == expected[first : first + count]


def test_a_line_counts_from_its_line_break_on(tmp_path):
    path = tmp_path / "journal"
    index = LineIndex(path)
    assert index.window(0, 10).total == 0
    path.write_bytes(b"one\ntw")
    assert [one.text for one in index.window(0, 10).lines] == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\n")
    assert [one.text for one in index.window(0, 10).lines] == [b"one", b"two"]


def test_growing_keeps_the_generation_and_replacing_changes_it(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"one\n" * 3)
    index = LineIndex(path)
    before = index.window(0, 1).generation
    with path.open("ab") as file:
        file.write(b"more\n" * (EVERY * 3))
    assert index.window(0, 1).generation == before
    path.write_bytes(b"two\n" * (EVERY * 5))
    assert index.window(0, 1).generation != before


@pytest.mark.parametrize("first", [0, 1, EVERY - 1, EVERY, EVERY + 1, 3 * EVERY])
def test_any_line_is_found_around_the_kept_offsets(tmp_path, first):
    path = tmp_path / "journal"
    path.write_bytes(b"".join(b"%d\n" % number for number in range(3 * EVERY + 1)))
    lines = LineIndex(path).window(first, 2).lines
    assert [int(one.text) for one in lines] == [n for n in (first, first + 1) if n <= 3 * EVERY]


def test_a_line_that_is_too_long_is_cut_and_its_neighbours_are_not(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"before\n" + b"x" * (5 * MAX_LINE) + b"\nafter\n")
    before, long, after = LineIndex(path).window(0, 3).lines
    assert (before.text, after.text) == (b"before", b"after")
    assert (len(long.text), long.whole) == (MAX_LINE, False)


def test_only_the_indexes_used_last_are_kept(tmp_path):
    indexes = LineIndexes(kept=2)
    first = indexes.of(tmp_path / "1")
    indexes.of(tmp_path / "2")
    assert indexes.of(tmp_path / "1") is first
    indexes.of(tmp_path / "3")
    assert indexes.of(tmp_path / "1") is first
    indexes.of(tmp_path / "2")
    indexes.of(tmp_path / "3")
    assert indexes.of(tmp_path / "1") is not first


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(IsADirectoryError):
        LineIndex(tmp_path).window(0, 1)
