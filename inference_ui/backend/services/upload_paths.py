"""What the path of an uploaded file may look like: in a batch from a browser, or in a zip."""

from __future__ import annotations

import re
import unicodedata

from inference_ui.backend.errors import Message

MAX_PATH = 2048
MAX_PART = 255
"""Bytes in UTF-8 of a whole path, and of one folder's or file's name: what file systems take."""

SHOWN = 120
"""Characters of a wrong path that are told."""

_DRIVE = re.compile(r"[A-Za-z]:")
_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


def path_problem(path: str) -> Message | None:
    """Say what keeps a file from lying at ``path`` below a dataset's folder, or None."""
    parts = path.split("/")
    code = ""
    if not path:
        code = "UPLOAD_PATH_EMPTY"
    elif any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        code = "UPLOAD_PATH_CONTROL"
    elif path.startswith("/") or _DRIVE.match(path):
        code = "UPLOAD_PATH_ABSOLUTE"
    elif "\\" in path:
        code = "UPLOAD_PATH_BACKSLASH"
    elif ".." in parts:
        code = "UPLOAD_PATH_OUTSIDE"
    elif "" in parts or "." in parts:
        code = "UPLOAD_PATH_PARTS"
    elif len(path.encode()) > MAX_PATH or any(len(part.encode()) > MAX_PART for part in parts):
        code = "UPLOAD_PATH_LONG"
    return Message(code, {"path": _shown(path)}) if code else None


def is_junk(path: str) -> bool:
    """Tell whether a file is what desktops leave in folders and archives, and nobody wants."""
    parts = path.lower().split("/")
    return "__macosx" in parts[:-1] or parts[-1] in _JUNK or parts[-1].startswith("._")


def _shown(path: str) -> str:
    """A path as it can be shown and stored, whatever is in it."""
    plain = "".join(
        f"\\u{ord(character):04x}" if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in path
    )
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}…"
