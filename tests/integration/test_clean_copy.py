"""A fresh start: `make run` in a copy of the tree where nothing was installed or built."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import ROOT
from tests.support.waiting import wait_for

FIRST_START_S = 240
"""Longer than the 120 s that it may take on an idle machine: tests run beside this one."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that git knows or would, and no others."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = tmp_path / "copy" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    return tmp_path / "copy"


@pytest.fixture
def started(copy: Path) -> Iterator[Path]:
    """What `make run` said, as a growing file; in the end it is stopped with all that it began."""
    output = copy / "make-run.out"
    outside = {"VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    environment = {name: value for name, value in os.environ.items() if name not in outside}
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["make", "run", "PORT=0"],
            cwd=copy,
            env={**environment, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield output
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
        subprocess.run(["make", "stop"], cwd=copy, env=environment, timeout=60, check=True)


def test_make_run_in_a_clean_copy_serves_the_product_with_its_sample(started: Path) -> None:
    def link() -> str | None:
        found = re.search(r"http\S+/sign-in/link\?token=\S+", started.read_text("utf-8"))
        return found.group() if found else None

    address = str(wait_for(link, "make run prints a sign-in link", FIRST_START_S))
    with httpx.Client(timeout=30) as client:
        assert client.get(address, follow_redirects=True).status_code == 200
    data = started.parent / ".data"
    assert (data / "inference-ui.sqlite3").is_file()
    pages = list((data / "volumes" / "datasets" / "sample" / "digits").rglob("*.json"))
    assert len(pages) == 200
    assert (started.parent / ".venv").is_dir()
