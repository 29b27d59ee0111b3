"""Names of a zip's members, whatever the items are called: none leads out of the folder that the
zip is unpacked into, on any system, and no two are the same.

Two that differ in capitals alone stay so, though Windows and macOS keep only one of them: labels
and pictures belong together by their names.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from inference_ui.backend.results.exports.seen import Seen

_LONGEST = 4096
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")
_DRIVE = re.compile(r"^[A-Za-z]:")


def safe_member(name: str) -> str:
    """Return a relative path that leads only downwards, as like ``name`` as it can be."""
    parts = [part for part in name[:_LONGEST].split("/") if part not in ("", ".", "..")]
    path = _UNFIT.sub("_", "/".join(parts)) or "_"
    return _DRIVE.sub(lambda found: f"{found[0][0]}_", path)


class MemberNames:
    """Gives each member a name of its own."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._given = 0

    def take(self, *candidates: str) -> str:
        """Return the first of the candidates that is free, else the last one with the number of
        the member: to count up for each name would take ever longer where all are called alike."""
        self._given += 1
        for candidate in candidates:
            if self._seen.add(candidate):
                return candidate
        path = PurePosixPath(candidates[-1])
        number = self._given
        while not self._seen.add(numbered := str(path.with_stem(f"{path.stem} ({number})"))):
            number += 1
        return numbered
