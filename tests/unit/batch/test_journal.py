"""Journal and sidecar stay whole and parallel, whatever was done to them and whenever."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.records import JOURNAL, PRIVATE, SIDECAR, JournalLine, SidecarLine
from tests.support.journals import ROOT, append, entry, opened, retry


def sources(output: Path) -> list[str]:
    """The journal's sources; asserts that every line is whole and has its sidecar line."""
    lines = (output / JOURNAL).read_bytes().splitlines(keepends=True)
    sides = (output / SIDECAR).read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in [*lines, *sides])
    found = [msgspec.json.decode(line, type=JournalLine).source for line in lines]
    assert [msgspec.json.decode(side, type=SidecarLine).source for side in sides] == found
    assert len(set(found)) == len(found)
    return found


JOURNAL_DAMAGE: dict[str, tuple[Callable[[bytes], bytes], int]] = {
    "whole": (lambda lines: lines, 10),
    "torn line": (lambda lines: lines[:-20], 9),
    "no newline": (lambda lines: lines[:-1], 9),
    "blocks never written": (lambda lines: lines + b"\0" * 4096, 10),
    "end never written": (lambda lines: lines[:-90] + b"\0" * 90, 8),
    "not a line": (lambda lines: lines + b'{"source": 1}\n', 10),
    "an empty line": (lambda lines: lines.replace(b"\n", b"\n\n", 1), 10),
    "an unknown status": (lambda lines: lines.replace(b"SUCCEEDED", b"PERHAPS", 1), 9),
    "not UTF-8": (lambda lines: lines.replace(b"part", b"p\xffrt", 1), 9),
    "damaged at the start": (lambda lines: b"garbage" + lines, 9),
    "emptied": (lambda lines: b"", 0),
}
SIDECAR_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "whole": lambda sides: sides,
    "ahead": lambda sides: sides + entry(77).sidecar + b"\n" + entry(78).sidecar[:20],
    "torn": lambda sides: sides[:-30],
    "shorter": lambda sides: b"".join(sides.splitlines(keepends=True)[:4]),
    "exchanged": lambda sides: b"".join(reversed(sides.splitlines(keepends=True))),
    "garbage": lambda sides: b"\xff\x00" + sides[40:],
    "empty": lambda sides: b"",
}


@pytest.mark.parametrize("beside", SIDECAR_DAMAGE)
@pytest.mark.parametrize("damage", JOURNAL_DAMAGE)
def test_what_is_whole_is_kept_and_the_rest_is_dropped(
    tmp_path: Path, damage: str, beside: str
) -> None:
    journal = opened(tmp_path)
    append(journal, [entry(number) for number in range(10)])
    journal.close()
    change, kept = JOURNAL_DAMAGE[damage]
    for name, damaged in ((JOURNAL, change), (SIDECAR, SIDECAR_DAMAGE[beside])):
        (tmp_path / name).write_bytes(damaged((tmp_path / name).read_bytes()))
    journal = opened(tmp_path)
    assert journal.lines == len(sources(tmp_path)) == kept
    append(journal, [entry(number) for number in range(20, 25)])
    assert len(sources(tmp_path)) == kept + 5
    journal.close()


def test_the_sidecar_keeps_what_it_knows_when_only_its_end_is_ahead(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, [entry(number) for number in range(10)])
    journal.append_sidecar(b"".join(entry(number).sidecar + b"\n" for number in (10, 11)))
    journal.close()
    opened(tmp_path).close()
    sides = (tmp_path / SIDECAR).read_bytes().splitlines()
    assert sides == [entry(number).sidecar for number in range(10)]


def test_lines_by_the_million_bytes_are_checked_over_the_borders_of_what_is_read_at_once(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    append(journal, [entry(number) for number in range(40_000)])
    journal.close()
    content = (tmp_path / JOURNAL).read_bytes()
    assert len(content) > 2 << 20
    (tmp_path / JOURNAL).write_bytes(content[:-10])
    journal = opened(tmp_path)
    assert journal.lines == 39_999
    assert Ledger.read(journal, ROOT).succeeded.count == 39_999
    journal.close()


def test_a_kill_at_any_step_of_a_retry_loses_no_line_and_doubles_none(tmp_path: Path) -> None:
    at = 0
    while True:
        output = tmp_path / str(at)
        journal = opened(output)
        append(
            journal, [entry(number, "FAILED" if number < 6 else "SUCCEEDED") for number in range(9)]
        )
        journal.close()
        command = [sys.executable, "-m", "tests.support.crash_at", str(at), str(output)]
        died = subprocess.run(
            [*command, "tests.support.journals:retry", str(output)], check=False
        ).returncode
        assert died in (0, 137)
        # Whoever looks now sees no line twice and none torn.
        kept = set((output / JOURNAL).read_bytes().splitlines())
        assert len({msgspec.json.decode(line, type=JournalLine).source for line in kept}) == len(
            kept
        )
        retry(str(output))
        assert sorted(sources(output)) == [f"{ROOT}part/{number:04d}.json" for number in range(9)]
        sides = [
            msgspec.json.decode(side, type=SidecarLine)
            for side in (output / SIDECAR).read_bytes().splitlines()
        ]
        assert all(side.ms for side in sides), "what the sidecar knew is lost"
        assert {side.source[-6]: side.attempt for side in sides} == {
            **dict.fromkeys("0123", 2),
            **dict.fromkeys("45678", 1),
        }
        assert sorted(path.name for path in (output / PRIVATE).iterdir()) == ["items.ndjson"]
        if died == 0:
            break
        at += 1
    assert at > 10
