"""The end of a run, counted from what is on disk: the journal's lines against the inputs that the
walk found, one by one."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import NamedTuple

import msgspec

from inference_ui.backend.batch.causes import Errors
from inference_ui.backend.batch.journal import Journal
from inference_ui.backend.batch.ledger import UNKNOWN, Ledger
from inference_ui.backend.batch.lines import Pair, Side, Status
from inference_ui.backend.batch.names import joined, text_of
from inference_ui.backend.batch.paths import PathList, PathSet
from inference_ui.backend.batch.tally import percentile
from inference_ui.backend.records import ItemStatus, SidecarLine


class _Timing(msgspec.Struct, frozen=True, gc=False):
    """What a sidecar line says of speed."""

    ms: float = 0.0
    tries: int = 1


_sidecar = msgspec.json.Decoder(SidecarLine)
_timing = msgspec.json.Decoder(_Timing)


class Account(NamedTuple):
    """``found == succeeded + failed + skipped``; ``removed`` lines have no input any more."""

    found: int
    succeeded: int
    failed: int
    removed: int
    doubled: frozenset[bytes]

    @property
    def skipped(self) -> int:
        """Inputs without a line."""
        return self.found - self.succeeded - self.failed


class Details(NamedTuple):
    """What the sidecar adds: latencies in ms of all lines, and inputs that changed since."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    changed: int


def account_for(paths: PathList, ledger: Ledger) -> Account:
    """Match every input that was found with its line."""
    succeeded = failed = surplus = 0
    doubled: set[bytes] = set()
    known: bytes | None = None
    good: set[bytes] = set()
    bad: set[bytes] = set()
    for folder, names in paths.groups():
        if folder != known:  # a large folder stands in many groups
            known = folder
            lines = ledger.succeeded.names_in(folder), ledger.failed.names_in(folder)
            good, bad = set(lines[0]), set(lines[1])
            if len(good | bad) != len(lines[0]) + len(lines[1]):
                surplus += len(lines[0]) + len(lines[1]) - len(good | bad)
                doubled.update(joined(folder, name) for name in _repeated(*lines))
            bad -= good
        for name in names:
            if name in good:
                succeeded += 1
            elif name in bad or _has_escaped_line(joined(folder, name), ledger):
                failed += 1
    lines_of_inputs = succeeded + failed + surplus
    every_line = ledger.succeeded.count + ledger.failed.count + ledger.foreign
    return Account(paths.count, succeeded, failed, every_line - lines_of_inputs, frozenset(doubled))


def drop_doubled(journal: Journal, ledger: Ledger, doubled: frozenset[bytes]) -> None:
    """Leave one line for each input that has several, which is what two clients make of a folder
    whose lock lapsed on a network file system; a success rather than a failure."""
    kept: set[bytes] = set()

    def wanted(pair: Pair) -> bool:
        path = ledger.path_of(pair.status.source)
        if path is None or path not in doubled:
            return True
        if pair.status.status == ItemStatus.FAILED and path in ledger.succeeded:
            return False
        if path in kept:
            return False
        kept.add(path)
        return True

    journal.keep(wanted)


def errors_of(paths: PathList, ledger: Ledger, journal: Journal) -> Errors:
    """Return the failures of inputs that were found, of those alone: lines whose inputs are gone
    count for nothing."""
    found = PathSet()
    for folder, names in paths.groups():
        for name in names:
            text, _ = text_of(joined(folder, name))
            if text.encode() in ledger.failed:
                found.add(text.encode())
    errors = Errors()

    def see(statuses: list[Status], sides: list[Side]) -> None:
        for status, side in zip(statuses, sides, strict=True):
            path = ledger.path_of(status.source) if status.status == ItemStatus.FAILED else None
            if path is not None and path in found:
                errors.add(side.cause or UNKNOWN, status.source, status.error)

    journal.read(see)
    return errors


def details_of(
    journal: Journal, ledger: Ledger, dataset: Path, lines_before: int, check_changes: bool
) -> Details:
    """Read the sidecar. Of the first ``lines_before`` lines, which are of earlier runs, the inputs
    are looked at again when ``check_changes`` is set."""
    latencies = array("d")
    changed = index = 0
    root = os.fsencode(dataset)
    for chunk in journal.sidecar_chunks():
        if check_changes and index < lines_before:
            lines = _sidecar.decode_lines(chunk)
            changed += sum(
                _has_changed(root, ledger.path_of(line.source), line)
                for line in lines[: lines_before - index]
            )
            index += len(lines)
        latencies.extend([timing.ms for timing in _timing.decode_lines(chunk) if timing.tries])
    ordered = sorted(latencies)
    return Details(
        percentile(ordered, 0.5), percentile(ordered, 0.95), percentile(ordered, 0.99), changed
    )


def _repeated(good: list[bytes], bad: list[bytes]) -> set[bytes]:
    seen: set[bytes] = set()
    repeated: set[bytes] = set()
    for name in (*good, *bad):
        (repeated if name in seen else seen).add(name)
    return repeated


def _has_escaped_line(path: bytes, ledger: Ledger) -> bool:
    text, is_path = text_of(path)
    return not is_path and ledger.has_path(text.encode())


def _has_changed(root: bytes, path: bytes | None, line: SidecarLine) -> bool:
    """Tell whether an input differs from what was sent; one that is gone does not count."""
    if path is None or not line.mtime_ns:
        return False
    try:
        status = os.stat(joined(root, path))  # noqa: PTH116 - quick, and on every input
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) != (line.size, line.mtime_ns)
