"""The order on disk, shown by a trace of the client's system calls: result files and sidecar lines,
a sync of all of them, the journal's lines, a sync of the journal, and only then the next lines."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from inference_ui.backend.records import JOURNAL, SIDECAR
from tests.support import syscalls
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import InferenceServer
from tests.support.syscalls import WRITES, SystemCall

SOURCE = re.compile(r'"source":"([^"]+)"')
RESULT = re.compile(r'"resultLocation":"([^"]+)"')


class Trace:
    """The calls of one run, by what they did to the files of its output folder."""

    def __init__(self, output: Path, calls: Sequence[SystemCall]) -> None:
        self.output = str(output)
        self.calls = calls
        self.syncs = [call for call in calls if call.name in ("syncfs", "sync")]
        self.journal_writes = self.writes(f"{self.output}/{JOURNAL}")
        self.journal_syncs = self.syncs_of(f"{self.output}/{JOURNAL}")
        self.sidecar_writes: dict[str, SystemCall] = {}
        for call in self.writes(f"{self.output}/{SIDECAR}"):
            for source in SOURCE.findall(call.text):
                self.sidecar_writes.setdefault(source, call)
        self.results: dict[str, list[SystemCall]] = {}
        for call in calls:
            if call.path.startswith(f"{self.output}/result/"):
                self.results.setdefault(call.path, []).append(call)

    def writes(self, path: str) -> list[SystemCall]:
        """Return what wrote to a file."""
        return [call for call in self.calls if call.name in WRITES and call.path == path]

    def syncs_of(self, path: str) -> list[SystemCall]:
        """Return what waited for a file alone."""
        names = ("fsync", "fdatasync")
        return [call for call in self.calls if call.name in names and call.path == path]

    def is_synced(self, after: int, before: int) -> bool:
        """Whether a sync of everything lies between two moments."""
        return any(after < sync.began and sync.ended < before for sync in self.syncs)


@pytest.fixture(params=[1, 3], ids=["one process", "three processes"])
def trace(request: pytest.FixtureRequest, tmp_path: Path) -> Trace:
    """A whole run of 600 inputs and some without an answer, traced."""
    if shutil.which("strace") is None and os.geteuid() != 0:
        pytest.skip("strace is not installed, and cannot be")
    dataset = make_dataset(tmp_path / "in", 600)
    for index in range(30):
        (dataset / f"empty{index}.json").write_bytes(b"")
    file = tmp_path / "trace"
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=request.param)
        run.start(under=syscalls.command(file))
        ended = run.wait(timeout_s=120)
    assert ended.code == 0, ended.err
    run.check_complete(names_in(dataset))
    return Trace(run.output, syscalls.read(file))


def test_lines_stand_only_for_what_was_synced_before_them(trace: Trace) -> None:
    results, sources = 0, 0
    for journal_write in trace.journal_writes:
        at = journal_write.began
        for location in RESULT.findall(journal_write.text):
            calls = trace.results[f"{trace.output}/{location}"]
            assert {"openat", "close"} < {call.name for call in calls}, location
            assert any(call.name in WRITES for call in calls), location
            last = max(call.ended for call in calls)
            assert last < at, f"{location} was touched after its line was written"
            assert trace.is_synced(last, at), f"{location} was not synced before its line"
            results += 1
        for source in SOURCE.findall(journal_write.text):
            written = trace.sidecar_writes[source].ended
            assert trace.is_synced(written, at), f"the sidecar line of {source} was not synced"
            sources += 1
    assert (results, sources) == (600, 630)


def test_lines_are_synced_before_the_next_ones_and_before_the_end(trace: Trace) -> None:
    assert len(trace.journal_writes) > 1
    end = trace.calls[-1].ended + 1
    moments = [*trace.journal_writes, SystemCall("end", "", "", end, end)]
    for write, following in pairwise(moments):
        assert any(
            write.ended < sync.began and sync.ended < following.began
            for sync in trace.journal_syncs
        ), f"no fsync of the journal between lines {write.ended} and {following.began}"


def test_one_sync_serves_a_batch_and_not_each_result(trace: Trace) -> None:
    # Otherwise the disk would set the pace.
    assert len(trace.syncs) <= len(trace.journal_writes) + 5
    assert len(trace.syncs) < 300
    synced_alone = [path for path in trace.results if trace.syncs_of(path)]
    assert synced_alone == []
