"""How a path of the dataset is written in the journal.

A relative path is bytes to the file system and text to the journal. Where the bytes are not UTF-8,
the text is ``./`` and the path with escapes; no real path begins so, and backslashes are escaped
too, so that different inputs always have different texts.
"""

from __future__ import annotations


def text_of(relative: bytes) -> tuple[str, bool]:
    """Return a path's text, and whether it is the path itself (the bytes are UTF-8)."""
    try:
        return relative.decode(), True
    except UnicodeDecodeError:
        escaped = relative.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
        return f"./{escaped}", False


def joined(folder: bytes, name: bytes) -> bytes:
    """Return the path of a name in a folder; the dataset itself is the folder ``b""``."""
    return folder + b"/" + name if folder else name


def source_root(root: str) -> str:
    """Return what stands before the relative path in ``source``: it ends with a slash."""
    return root if not root or root.endswith("/") else f"{root}/"
