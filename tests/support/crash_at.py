"""Runs code in a process that dies right before its Nth change of a folder, as by ``kill -9``.

``python -m tests.support.crash_at N FOLDER MODULE:FUNCTION ARGUMENT…``: opens for writing, renames,
removals and truncations below the folder are counted; nothing of our own is patched.
Exit code 137 when it died, 0 when the function came to its end before.
"""

from __future__ import annotations

import importlib
import os
import sys

_CHANGES = {"open", "os.rename", "os.remove", "os.truncate"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def main() -> None:
    """Do what the module says."""
    at, folder, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    module, _, function = target.partition(":")
    called = getattr(importlib.import_module(module), function)
    left = at

    def count(event: str, given: tuple[object, ...]) -> None:
        nonlocal left
        if event not in _CHANGES or (event == "open" and not _is_writing(given)):
            return
        # A truncated file is given by its descriptor, which is one of the folder's.
        if isinstance(given[0], int) or str(given[0]).startswith(folder):
            left -= 1
            if left < 0:
                os._exit(137)

    sys.addaudithook(count)
    called(*sys.argv[4:])


def _is_writing(given: tuple[object, ...]) -> bool:
    return isinstance(given[2], int) and bool(given[2] & _WRITES)


if __name__ == "__main__":
    main()
