"""An input is read as it is at that moment, whatever it was when it was opened."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from inference_ui.backend.batch.items import Finished, Input, Item
from inference_ui.backend.batch.paths import PathSet
from inference_ui.backend.batch.reading import Opened, Reader
from inference_ui.backend.protocols import protocol_of
from inference_ui.backend.records import InputKind


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Reads the folder ``in``."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return Reader(tmp_path / "in", tmp_path / "out", InputKind.JSON, protocol_of("SELDON"))


@pytest.mark.parametrize("begun", [b"", b"[1", b"[1]   "])
def test_a_file_that_grew_since_it_was_opened_is_read_to_its_end(
    tmp_path: Path, reader: Reader, begun: bytes
) -> None:
    file = tmp_path / "in/a.json"
    file.write_bytes(begun)
    opened = reader.open(Input(7, b"a.json"))
    assert isinstance(opened, Opened)
    content = b"[" + b"1," * 2_000_000 + b"1]"
    file.write_bytes(content)
    started = time.monotonic()
    item = reader.read(opened)
    assert isinstance(item, Item)
    assert (item.number, item.body) == (7, content)
    assert time.monotonic() - started < 5, "not a byte at a time"


def test_a_file_that_shrank_since_it_was_opened_is_what_it_is_now(
    tmp_path: Path, reader: Reader
) -> None:
    file = tmp_path / "in/a.json"
    file.write_bytes(b"[1, 2, 3]")
    opened = reader.open(Input(1, b"a.json"))
    file.write_bytes(b"[1]")
    item = reader.read(opened)  # type: ignore[arg-type]
    assert isinstance(item, Item)
    assert item.body == b"[1]"
    file.write_bytes(b"")
    empty = reader.read(Input(2, b"a.json"))
    assert isinstance(empty, Finished)
    assert empty.failure is not None


def test_a_set_that_grows_after_it_was_asked_knows_what_came() -> None:
    paths = PathSet()
    paths.add(b"a/1")
    assert b"a/1" in paths
    assert b"a/2" not in paths
    paths.add(b"a/2")
    assert b"a/2" in paths
    paths.add(b"b/1")
    paths.add(b"a/3")
    assert b"a/3" in paths
    assert b"b/2" not in paths
