"""Zips that are as they should be, and such as nobody should send."""

from __future__ import annotations

import io
import stat
import struct
import zipfile


def a_zip(files: dict[str, bytes], *, stored: bool = False) -> bytes:
    """Return a zip of these files; a path that ends in a slash is a folder."""
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue()


def zip_with(name: str, content: bytes = b"{}", *, mode: int = stat.S_IFREG | 0o644) -> bytes:
    """Return a zip with one plain file and a member of that name and Unix mode."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("good.json", b"{}")
        info = zipfile.ZipInfo("x")
        info.filename = name
        info.create_system = 3
        info.external_attr = mode << 16
        archive.writestr(info, content)
    return out.getvalue()


def central_entries(data: bytes) -> list[int]:
    """Return where the entries of a zip's directory begin."""
    found, at = [], data.find(b"PK\x01\x02")
    while at >= 0:
        found.append(at)
        at = data.find(b"PK\x01\x02", at + 46)
    return found


def patched(data: bytes, entry: int, offset: int, form: str, value: int) -> bytes:
    """Return the zip with a number of an entry of its directory replaced."""
    changed = bytearray(data)
    struct.pack_into(form, changed, central_entries(data)[entry] + offset, value)
    return bytes(changed)
