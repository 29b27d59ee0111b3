"""Removing output folders piece by piece: what goes, what must never go, and what cannot."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

import pytest

from inference_ui.backend.services.deleted_folders import FOLDER, Clearing, settle, take_away, tidy
from tests.support.mounts import small_disk
from tests.support.rights import give_up_root_rights


@pytest.fixture
def volume(tmp_path):
    made = tmp_path / "volume"
    made.mkdir()
    return made


def fill(folder, files=3):
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(files):
        (folder / "deep" / f"{number}.json").write_bytes(b"12345")
    (folder / "deep" / "er" / "one.json").write_bytes(b"1")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def clear(volume, task_id="task"):
    """Remove all, a file at each call; return what was counted."""
    clearing = Clearing(volume, task_id)
    while not clearing.go_on(0.0):
        pass
    return clearing, (clearing.files, clearing.bytes)


def test_a_folder_is_out_of_the_way_at_once_and_removed_in_pieces(volume):
    fill(volume / "night", files=10)
    assert take_away(volume / "night", "task") is None
    settle(volume)
    assert not (volume / "night").exists()
    clearing = Clearing(volume, "task")
    assert not clearing.go_on(0.0)
    assert (volume / FOLDER / "task").exists(), "one piece is not all"
    assert clearing.go_on(time.monotonic() + 60)
    assert (clearing.files, clearing.bytes) == (11, 51)
    assert clearing.problem is None
    assert list((volume / FOLDER).iterdir()) == []
    tidy(volume)
    assert list(volume.iterdir()) == []


def test_taking_away_twice_is_taking_away_once(volume):
    fill(volume / "night")
    assert take_away(volume / "night", "task") is None
    assert take_away(volume / "night", "task") is None
    assert clear(volume)[1] == (4, 16)


def test_what_was_removed_before_a_crash_is_not_missed(volume):
    (volume / FOLDER).mkdir()
    clearing, counted = clear(volume)
    assert (clearing.problem, counted) == (None, (0, 0))


def test_a_volume_that_is_not_there_has_lost_nothing(volume):
    clearing, _ = clear(volume)
    assert clearing.problem.code == "OUTPUT_NOT_REMOVED"
    assert not clearing.final, "it may come back"
    assert take_away(volume / "night", "task").code == "OUTPUT_MISSING"
    assert take_away(volume / "unmounted" / "night", "task").code == "OUTPUT_MISSING"
    assert list(volume.iterdir()) == []


def test_links_are_removed_and_what_they_lead_to_is_not(volume, tmp_path):
    outside = tmp_path / "outside"
    fill(outside)
    fill(volume / "night")
    (volume / "night" / "folder").symlink_to(outside)
    (volume / "night" / "file").symlink_to(outside / "deep" / "0.json")
    (volume / "night" / "deep" / "up").symlink_to("../..")
    (volume / "night" / "broken").symlink_to("nowhere")
    take_away(volume / "night", "task")
    assert clear(volume)[0].problem is None
    assert sorted(path.name for path in outside.rglob("*.json")) == [
        "0.json", "1.json", "2.json", "one.json",
    ]  # fmt: skip
    assert names(volume / FOLDER) == []


def test_a_link_in_the_folders_place_is_left_alone(volume, tmp_path):
    fill(tmp_path / "outside")
    (volume / "night").symlink_to(tmp_path / "outside")
    assert take_away(volume / "night", "task").code == "OUTPUT_NOT_A_FOLDER"
    assert (volume / "night").is_symlink()


def test_a_link_in_the_place_of_what_holds_deleted_folders_leads_nowhere(volume, tmp_path):
    fill(volume / "night")
    (tmp_path / "outside").mkdir()
    (volume / FOLDER).symlink_to(tmp_path / "outside")
    assert take_away(volume / "night", "task").code == "OUTPUT_NOT_MOVED"
    assert (volume / "night").exists()
    assert list((tmp_path / "outside").iterdir()) == []


def test_folders_deeper_than_files_may_be_open_are_removed(volume):
    """Each level would hold two open files, and a path of all of them would be too long."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        (volume / "night").mkdir()
        below = os.open(volume / "night", os.O_RDONLY)
        for _ in range(1500):
            os.mkdir("d" * 20, dir_fd=below)
            inner = os.open("d" * 20, os.O_RDONLY, dir_fd=below)
            os.close(below)
            below = inner
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=below))
        os.close(below)
        take_away(volume / "night", "task")
        clearing, counted = clear(volume)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (clearing.problem, counted[0]) == (None, 1)
    assert names(volume / FOLDER) == []


def test_a_folder_of_many_files_is_emptied_though_they_go_while_they_are_listed(volume):
    (volume / "night").mkdir()
    for number in range(5000):
        (volume / "night" / f"{number}").touch()
    take_away(volume / "night", "task")
    clearing, counted = clear(volume)
    assert (clearing.problem, counted) == (None, (5000, 0))


CLEAR = """
import json, sys, time
from pathlib import Path
from inference_ui.backend.services.deleted_folders import Clearing
clearing = Clearing(Path(sys.argv[1]), "task")
assert clearing.go_on(time.monotonic() + 60)
told = clearing.problem.to_json()
print(json.dumps([[clearing.files, clearing.bytes], clearing.final, told["code"], told["args"]]))
"""


def test_what_may_not_be_removed_stays_and_the_reason_is_said(volume):
    fill(volume / "night")
    locked = volume / "night" / "locked"
    locked.mkdir()
    for number in range(2):
        (locked / f"{number}").touch()
    take_away(volume / "night", "task")
    (volume / FOLDER / "task" / "locked").chmod(0o500)
    done = subprocess.run(
        [sys.executable, "-c", CLEAR, volume],
        preexec_fn=give_up_root_rights,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counted, final, code, args = json.loads(done.stdout)
    assert counted == [4, 16], "all the others are gone"
    assert final
    assert code == "OUTPUT_NOT_REMOVED"
    place = str(volume / FOLDER / "task")
    assert args == {"left": 2, "folder": place, "error": "Permission denied"}
    assert names(volume / FOLDER / "task" / "locked") == ["0", "1"]


def test_a_file_system_that_is_mounted_below_is_not_gone_into(volume):
    (volume / "night").mkdir()
    with small_disk(volume / "night" / "mounted", "size=1m") as disk:
        (disk.path / "precious").touch()
        take_away(volume / "night", "task")
        try:
            clearing, _ = clear(volume)
            assert names(volume / FOLDER / "task" / "mounted") == ["precious"]
        finally:
            (volume / FOLDER / "task").rename(volume / "night")  # where it is unmounted
    assert clearing.left == 1
