"""Files that others name, and what must not be reached by a name."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.inside import OpenFolder, open_inside, plain_relative


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "dataset"
    (inner / "night").mkdir(parents=True)
    (inner / "night" / "a.txt").write_bytes(b"a")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (tmp_path / "dataset-other").mkdir()
    (tmp_path / "dataset-other" / "b.txt").write_bytes(b"b")
    return inner


def content(folder, name):
    with open_inside(folder, name) as file:
        return file.read()


def test_a_file_of_the_folder_is_opened_by_any_of_its_names(folder):
    assert content(folder, "night/a.txt") == b"a"
    assert content(folder, "./night/../night/a.txt") == b"a"
    assert content(folder, str(folder / "night" / "a.txt")) == b"a"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "night/../../secret.txt",
        "/etc/passwd",
        "../dataset-other/b.txt",
        "night/../../dataset/../secret.txt",
    ],
)
def test_what_lies_outside_is_refused(folder, name):
    with pytest.raises(Refused) as refused:
        open_inside(folder, name)
    assert refused.value.code == "PATH_OUTSIDE"


def test_a_link_is_followed_inside_and_refused_outside(folder):
    (folder / "in.txt").symlink_to(folder / "night" / "a.txt")
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    assert content(folder, "in.txt") == b"a"
    for name in ("out.txt", "up/secret.txt"):
        with pytest.raises(Refused) as refused:
            open_inside(folder, name)
        assert refused.value.code == "PATH_OUTSIDE"
    assert content(folder, "up/dataset/night/a.txt") == b"a"


def test_a_dataset_that_is_itself_a_link_is_a_folder_like_any_other(folder, tmp_path):
    (tmp_path / "linked").symlink_to(folder)
    assert content(tmp_path / "linked", "night/a.txt") == b"a"


def test_what_is_no_file_is_gone(folder):
    os.mkfifo(folder / "pipe")
    for name in ("", ".", "night", "nothing", "night/a.txt/b", "x" * 300, "a\0b", "pipe"):
        with pytest.raises(NotFound):
            open_inside(folder, name)


@pytest.fixture
def opened(folder):
    kept = OpenFolder(folder)
    yield kept
    kept.close()


NAMES = [
    "night/a.txt", "./night//a.txt", "night/../night/a.txt", "in.txt", "down/a.txt",
    "../secret.txt", "night/../../secret.txt", "/etc/passwd", "out.txt", "up/secret.txt",
    "up/dataset/night/a.txt", "", ".", "night", "nothing", "night/a.txt/b", "a\0b", "pipe",
    "/night/a.txt", "a/" * 5000 + "b", "night/" * 40 + "a.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_stays_open_opens_what_a_single_look_would(folder, opened, name):
    (folder / "in.txt").symlink_to(folder / "night" / "a.txt")
    (folder / "down").symlink_to("night")
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe")
    for _ in range(2):
        said = []
        for opening in (lambda: open_inside(folder, name), lambda: opened.open(name)):
            try:
                with opening() as file:
                    said.append(file.read())
            except Refused as error:
                said.append(error.code)
        assert said[0] == said[1]


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_folder_that_stays_open_keeps_few_others_open(folder, opened):
    before = descriptors()
    for number in range(100):
        (folder / f"{number}" / "inner").mkdir(parents=True)
        (folder / f"{number}" / "inner" / "a.txt").write_bytes(b"%d" % number)
        with opened.open(f"{number}/inner/a.txt") as file:
            assert file.read() == b"%d" % number
    assert descriptors() <= before + 32
    opened.close()
    assert descriptors() == before


@given(st.text(st.sampled_from("./a\0\\ "), max_size=12))
def test_a_plain_path_never_leads_up(name):
    with contextlib.suppress(Refused):
        plain = plain_relative(name)
        assert os.path.normpath(f"/root/{plain}").startswith("/root")
        assert ".." not in plain.split("/")


@pytest.mark.parametrize("name", ["", "/a", "..", "a/../b", "a/..", "a\0b"])
def test_a_path_that_is_not_plain_is_refused(name):
    with pytest.raises(Refused, match="PATH_OUTSIDE"):
        plain_relative(name)
