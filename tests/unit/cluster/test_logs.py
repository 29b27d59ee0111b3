"""Writing and reading a replica's log."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inference_ui.backend.cluster.local.files import LOG, OLD_LOG
from inference_ui.backend.cluster.local.logs import tail
from inference_ui.backend.cluster.local.output import Output


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Output]]:
    """Open the log of this folder, as each shim of a replica does."""
    outputs: list[Output] = []

    def made(**limits: int) -> Output:
        outputs.append(Output(str(tmp_path), **limits))
        return outputs[-1]

    yield made
    for output in outputs:
        output.close()


def feed(output: Output, data: bytes) -> None:
    os.write(output.writing, data)
    output.drain()


def test_output_is_kept_as_it_is_and_notes_stand_on_lines_of_their_own(
    tmp_path: Path, opened: Callable[..., Output]
) -> None:
    output = opened()
    feed(output, b"torn")
    output.note("EXITED code=3")
    output.note("STARTED pid=7")
    lines = (tmp_path / LOG).read_text().splitlines()
    assert lines[0] == "torn"
    assert re.fullmatch(r"\[shim \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] EXITED code=3", lines[1])
    assert lines[2].endswith("STARTED pid=7")


def test_a_log_is_bounded_and_its_end_is_kept(
    tmp_path: Path, opened: Callable[..., Output]
) -> None:
    output = opened(limit=1000)
    for number in range(1000):
        feed(output, f"line {number}\n".encode())
    assert (tmp_path / LOG).stat().st_size <= 1000
    assert (tmp_path / OLD_LOG).stat().st_size <= 1000
    read = tail(tmp_path, 120)
    assert read is not None
    assert read.splitlines() == [f"line {number}" for number in range(880, 1000)]


def test_a_new_shim_goes_on_where_the_old_one_was_killed(
    tmp_path: Path, opened: Callable[..., Output]
) -> None:
    feed(opened(limit=100), b"a" * 60)
    feed(opened(limit=100), b"b" * 60)
    assert (tmp_path / OLD_LOG).read_bytes() == b"a" * 60
    assert (tmp_path / LOG).read_bytes() == b"b" * 60


def test_the_tail_copes_with_any_bytes(tmp_path: Path) -> None:
    (tmp_path / LOG).write_bytes(b"first\n\xff\xfe\0bin\n10%\r50%\r100%\r\nlast without end")
    assert tail(tmp_path, 3) == "\ufffd\ufffd\ufffdbin\n100%\nlast without end"
    assert tail(tmp_path, 0) == ""


def test_a_line_without_end_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / LOG).write_bytes(b"x" * (3 << 20))
    assert len(tail(tmp_path, 5) or "") == 1 << 20


def test_where_nothing_was_written_there_is_no_log(tmp_path: Path) -> None:
    assert tail(tmp_path, 5) is None
