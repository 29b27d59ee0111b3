"""Compact collections of paths hold exactly what was put into them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.batch.names import joined, source_root, text_of
from inference_ui.backend.batch.paths import PathList, PathSet

NAMES = st.binary(min_size=1, max_size=4).filter(lambda name: not {*name} & {*b"\0/"})
FOLDERS = st.lists(NAMES, max_size=3).map(b"/".join)


@settings(max_examples=200, deadline=None)
@given(groups=st.lists(st.tuples(FOLDERS, st.lists(NAMES, max_size=5)), max_size=8))
def test_a_list_gives_back_what_was_added_in_its_order(
    groups: list[tuple[bytes, list[bytes]]],
) -> None:
    paths = PathList()
    for folder, names in groups:
        paths.add(folder, names)
    paths.seal()
    added = [joined(folder, name) for folder, names in groups for name in names]
    assert [joined(folder, name) for folder, names in paths.groups() for name in names] == added
    assert paths.count == len(added)


def test_a_large_folder_stands_in_several_blocks() -> None:
    paths = PathList()
    names = [b"%05d" % number for number in range(2500)]
    paths.add(b"folder", names)
    assert paths.blocks == 2, "readers see the whole blocks before the list is sealed"
    paths.seal()
    assert [
        name for folder, part in paths.groups() for name in part if folder == b"folder"
    ] == names


@settings(max_examples=200, deadline=None)
@given(added=st.lists(st.tuples(FOLDERS, NAMES), max_size=12), asked=FOLDERS)
def test_a_set_knows_the_names_of_each_folder(
    added: list[tuple[bytes, bytes]], asked: bytes
) -> None:
    paths = PathSet()
    for folder, name in added:
        paths.add(joined(folder, name))
    for folder in {asked, *(folder for folder, _ in added)}:
        names = [name for inner, name in added if inner == folder]
        assert sorted(paths.names_in(folder)) == sorted(names)
        assert all(joined(folder, name) in paths for name in names)
        assert joined(folder, b"x" * 9) not in paths
    assert paths.count == len(added)


@settings(max_examples=300, deadline=None)
@given(one=FOLDERS, other=FOLDERS)
def test_different_paths_are_written_differently(one: bytes, other: bytes) -> None:
    assert (text_of(one)[0] == text_of(other)[0]) == (one == other)
    text, is_path = text_of(one)
    assert is_path == (text.encode() == one)


def test_a_source_root_ends_with_a_slash_unless_it_is_empty() -> None:
    assert [source_root(root) for root in ("", "/", "/a", "/a/")] == ["", "/", "/a/", "/a/"]
