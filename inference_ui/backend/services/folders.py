"""Questions about folders of volumes: does a dataset hold inputs, can an output be written."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.errors import Message
from inference_ui.backend.records import IMAGE_SUFFIXES, InputKind


@dataclass(frozen=True, slots=True)
class InputSearch:
    """What a search for a first input saw: whether there is one, and how many other files."""

    any_input: bool
    others: int


def find_input(folder: Path, kind: InputKind) -> InputSearch:
    """Look for one input of the kind below ``folder``, and stop at the first.

    Links are not followed. Raises :class:`OSError` when the folder itself cannot be read.
    """
    suffixes = _suffixes(kind)
    others = 0
    pending = [os.fspath(folder)]
    while pending:
        try:
            entries = os.scandir(pending.pop())
        except OSError:
            if not others and not pending:
                raise
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.name.lower().endswith(suffixes):
                    return InputSearch(True, others)
                else:
                    others += 1
    return InputSearch(False, others)


def count_inputs(folder: Path, kind: InputKind, most: int) -> int:
    """Count the inputs of the kind below ``folder``, and stop at ``most``.

    Links are not followed; what cannot be read counts nothing.
    """
    suffixes = _suffixes(kind)
    count = 0
    for _, _, names in os.walk(folder):
        count += sum(name.lower().endswith(suffixes) for name in names)
        if count >= most:
            return most
    return count


def _suffixes(kind: InputKind) -> tuple[str, ...]:
    return (".json",) if kind is InputKind.JSON else tuple(sorted(IMAGE_SUFFIXES))


def dataset_problem(folder: Path, kind: InputKind) -> Message | None:
    """Say what keeps a folder from being inferred, or None."""
    if not folder.is_dir():
        return Message("DATASET_MISSING", {"folder": str(folder)})
    try:
        search = find_input(folder, kind)
    except OSError as error:
        return Message("DATASET_UNREADABLE", {"folder": str(folder), "error": error.strerror})
    if not search.any_input:
        code = "DATASET_WITHOUT_JSON" if kind is InputKind.JSON else "DATASET_WITHOUT_IMAGES"
        return Message(code, {"found": 0, "others": search.others, "folder": str(folder)})
    return None


def output_problem(root: Path, name: str) -> Message | None:
    """Say what keeps the task ``name`` from writing to its folder below ``root``, or None."""
    if not root.is_dir():
        return Message("VOLUME_MISSING", {"folder": str(root)})
    if os.path.lexists(root / name):
        return Message("OUTPUT_EXISTS", {"folder": str(root / name)})
    try:
        with tempfile.TemporaryDirectory(prefix=".write-test-", dir=root):
            return None
    except OSError as error:
        return Message("OUTPUT_NOT_WRITABLE", {"folder": str(root), "error": error.strerror})
