"""What is kept on disk: within its limit, whole, and never in anybody's way."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference_ui.backend.imaging.kept import Kept
from tests.support.mounts import small_disk
from tests.support.waiting import wait_for

BLOCK = 4096


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "pictures"


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def room(folder):
    """Bytes on disk, while some of it may be removed."""
    taken = 0
    for path in files(folder):
        with contextlib.suppress(FileNotFoundError):
            taken += path.stat().st_blocks * 512
    return taken


def used(kept, key, ago_s):
    """Let an entry have been used so many seconds ago."""
    path = kept._path(key)
    at = time.time() - ago_s
    os.utime(path, (at, at))
    return path


def test_what_was_put_is_there_also_after_a_restart(folder):
    kept = Kept(folder)
    kept.put("a", b"one")
    kept.put("b", b"")
    kept.put("a", b"two")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (b"two", b"", None)
    kept.close()
    assert Kept(folder).get("a") == b"two"


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:5],
        lambda content: content + b"x",
        lambda content: bytes(len(content)),
        lambda content: content[:-1] + b"X",
    ],
    ids=["empty", "cut", "cut in its head", "longer", "zeros", "changed"],
)
def test_what_is_damaged_is_not_given_out_and_goes(folder, damage):
    kept = Kept(folder)
    kept.put("a", b"something")
    (path,) = files(folder)
    path.write_bytes(damage(path.read_bytes()))
    assert kept.get("a") is None
    assert files(folder) == []
    kept.put("a", b"something")
    assert kept.get("a") == b"something"


def test_beyond_the_limit_what_was_not_used_for_longest_goes(folder):
    kept = Kept(folder, limit=40 * BLOCK)
    for number in range(40):
        kept.put(f"{number}", b"x" * 100)
        used(kept, f"{number}", 10_000 - number)
    kept.close()
    for number in range(5):  # these are looked at again
        assert kept.get(f"{number}")
    for number in range(40, 45):
        kept.put(f"{number}", b"x" * 100)
    wait_for(lambda: room(folder) <= 40 * BLOCK, "tidied")
    kept.close()
    assert all(kept.get(f"{number}") for number in (*range(5), *range(40, 45)))
    assert kept.get("5") is None
    assert kept.get("39")


def test_a_limit_holds_while_many_put(folder):
    kept = Kept(folder, limit=64 * BLOCK)

    def put(first):
        for number in range(60):
            kept.put(f"{first}-{number}", os.urandom(3000))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, range(4)))
    kept.close()
    kept.tidy()
    assert 0 < room(folder) <= 64 * BLOCK


def test_one_entry_does_not_push_out_all_others(folder):
    kept = Kept(folder, limit=64 * BLOCK)
    kept.put("small", b"x")
    kept.put("large", bytes(60 * BLOCK))
    assert kept.get("large") is None
    assert kept.get("small") == b"x"


def test_what_a_crash_left_half_written_is_swept(folder):
    kept = Kept(folder)
    kept.put("a", b"one")
    kept.close()
    shard = files(folder)[0].parent
    old, young = shard / ".new-1", shard / ".new-2"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    kept.tidy()
    assert not old.exists()
    assert young.exists()  # somebody may be writing it
    assert kept.get("a") == b"one"


PUTS = """
import os, sys
from pathlib import Path
from inference_ui.backend.imaging.kept import Kept
kept = Kept(Path(sys.argv[1]), limit=1 << 20)
print("go", flush=True)
number = 0
while True:
    kept.put(str(number % 50), b"%d," % number * 20_000)
    number += 1
"""


@pytest.mark.parametrize("after_s", [0.0, 0.03, 0.11, 0.2])
def test_killed_at_any_moment_only_whole_entries_are_given_out(folder, after_s):
    writer = subprocess.Popen([sys.executable, "-c", PUTS, folder], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"go\n"
    wait_for(lambda: files(folder), "an entry")
    until = time.monotonic() + after_s
    wait_for(lambda: time.monotonic() > until, "a moment")
    writer.kill()
    writer.wait()
    writer.stdout.close()
    kept = Kept(folder, limit=1 << 20)
    found = [data for number in range(50) if (data := kept.get(str(number))) is not None]
    assert found
    for data in found:
        first, _, _ = data.partition(b",")
        assert data == first + b"," + (first + b",") * 19_999


def test_a_folder_that_cannot_be_written_only_keeps_nothing(tmp_path):
    (tmp_path / "cache").write_text("a file")
    kept = Kept(tmp_path / "cache" / "pictures")
    kept.put("a", b"one")
    assert kept.get("a") is None
    kept.tidy()


def test_a_folder_that_is_removed_meanwhile_is_made_again(folder):
    kept = Kept(folder)
    kept.put("a", b"one")
    kept.close()
    shutil.rmtree(folder)
    assert kept.get("a") is None
    kept.put("a", b"one")
    assert kept.get("a") == b"one"


def test_on_a_full_disk_nothing_is_kept_and_nothing_is_left(tmp_path):
    with small_disk(tmp_path / "disk", "size=256k") as disk:
        kept = Kept(disk.path / "pictures")
        kept.put("a", b"one")
        (disk.path / "rest").write_bytes(bytes(disk.bytes_left))
        kept.put("b", bytes(20_000))
        assert kept.get("b") is None
        assert kept.get("a") == b"one"
        assert not [path for path in files(disk.path) if path.name.startswith(".new-")]
        kept.close()
