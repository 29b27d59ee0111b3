"""Unpacking a zip that anybody may have made.

Nothing that its headers say is believed: bytes are counted as they are inflated, and sums are
checked. The members are read here rather than by ``zipfile``, which silently stops at the size
that a header names.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.errors import Refused
from inference_ui.backend.services.upload_paths import is_junk, path_problem

MAX_FILES = 1_000_000
MAX_RATIO = 200
"""How many times its own size a zip may grow."""

_CHUNK = 1 << 18
_CENTRAL = struct.Struct("<4s24xHHH12x")
_LOCAL = struct.Struct("<4s22xHH")
_END = struct.Struct("<4s8xLL2x")
_END_64 = struct.Struct("<4s36xQQ")
_LOCATOR = struct.Struct("<4s4xQ4x")
_ENCRYPTED = 0x1 | 0x40
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip: where it will lie, and its header."""

    path: str
    info: zipfile.ZipInfo


Progress = Callable[[int, int], None]
"""Is told how many bytes are unpacked, and of how many. What it raises ends the unpacking."""


def unpack(archive: Path, target: Path, free: Callable[[], int], progress: Progress) -> int:
    """Unpack ``archive`` into the new folder ``target``; return the number of files.

    ``free`` tells how many bytes can be written there. Raises :class:`Refused` for whatever is
    wrong with the zip; what was written until then lies in ``target``.
    """
    try:
        with archive.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if _entries(file, size) > MAX_FILES:
                raise Refused("ZIP_TOO_MANY_FILES", most=MAX_FILES)
            with zipfile.ZipFile(file) as opened:
                members = _members(opened.infolist())
            return _Unpacking(file, size, target, free, progress).run(members)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError) as error:
        raise Refused("ZIP_BROKEN", error=str(error)) from error
    except NotImplementedError as error:
        raise Refused("ZIP_COMPRESSION", path=archive.name) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused("UPLOAD_DISK_FULL") from error
        raise Refused("UPLOAD_WRITE_FAILED", error=error.strerror) from error


class _Unpacking:
    """One zip on its way to disk, and how much has come out of it."""

    def __init__(
        self, file: BinaryIO, size: int, target: Path, free: Callable[[], int], progress: Progress
    ) -> None:
        self._file = file
        self._most = size * MAX_RATIO
        self._target = target
        self._free = free
        self._progress = progress
        self._announced = 0
        self._written = 0

    def run(self, members: list[Member]) -> int:
        self._announced = announced = sum(member.info.file_size for member in members)
        if announced > self._most:
            raise Refused("ZIP_BOMB", ratio=MAX_RATIO)
        if announced > (room := self._free()):
            raise Refused("UPLOAD_NO_ROOM", needed=announced, free=room)
        self._target.mkdir()
        made: set[str] = set()
        for member in members:
            folder = member.path.rpartition("/")[0]
            if folder not in made:
                (self._target / folder).mkdir(parents=True, exist_ok=True)
                made.add(folder)
            self._write(member)
        return len(members)

    def _write(self, member: Member) -> None:
        info, size, crc = member.info, 0, 0
        self._progress(self._written, self._announced)
        with (self._target / member.path).open("xb") as out:
            for piece in self._pieces(member):
                size += len(piece)
                self._written += len(piece)
                if size > info.file_size:
                    raise Refused("ZIP_LIES", path=member.path)
                if self._written > self._most:
                    raise Refused("ZIP_BOMB", ratio=MAX_RATIO)
                crc = zlib.crc32(piece, crc)
                out.write(piece)
                self._progress(self._written, self._announced)
        if size != info.file_size or crc != info.CRC:
            raise Refused("ZIP_MEMBER_BROKEN", path=member.path)

    def _pieces(self, member: Member) -> Iterator[bytes]:
        """Yield what a member holds, inflated, in pieces of a bounded size."""
        info = member.info
        self._file.seek(info.header_offset)
        signature, name, extra = _LOCAL.unpack(_exactly(self._file, _LOCAL.size))
        if signature != b"PK\x03\x04":
            raise Refused("ZIP_MEMBER_BROKEN", path=member.path)
        self._file.seek(name + extra, os.SEEK_CUR)
        packed = _bounded(self._file, info.compress_size)
        if info.compress_type == zipfile.ZIP_STORED:
            yield from packed
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        for piece in packed:
            left = piece
            while left and not inflate.eof:
                yield inflate.decompress(left, _CHUNK)
                left = inflate.unconsumed_tail
        while not inflate.eof and (piece := inflate.decompress(b"", _CHUNK)):
            yield piece
        if not inflate.eof:
            raise Refused("ZIP_MEMBER_BROKEN", path=member.path)


def _members(infos: list[zipfile.ZipInfo]) -> list[Member]:
    """Return the files of a zip. Raises :class:`Refused` for the first that may not be in one."""
    found: dict[str, Member] = {}
    folders: set[str] = set()
    for info in infos:
        name = _name(info)
        path = name.removesuffix("/")
        _check(info, path)
        if is_junk(path) or path.lower() == "__macosx":
            continue
        if name.endswith("/"):
            folders.add(path)
        elif path in found:
            raise Refused("ZIP_DUPLICATE", path=path)
        else:
            found[path] = Member(path, info)
    folders |= _folders_of(found) | _folders_of(folders)
    if twice := found.keys() & folders:
        raise Refused("ZIP_DUPLICATE", path=min(twice))
    if not found:
        raise Refused("ZIP_EMPTY")
    return list(found.values())


def _folders_of(paths: Iterable[str]) -> set[str]:
    """Return all folders that the paths lead through."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _check(info: zipfile.ZipInfo, path: str) -> None:
    problem = path_problem(path)
    if problem is not None:
        raise Refused(problem.code, **problem.args)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        code = "ZIP_LINK" if kind == stat.S_IFLNK else "ZIP_DEVICE"
        raise Refused(code, path=path)
    if info.flag_bits & _ENCRYPTED:
        raise Refused("ZIP_ENCRYPTED", path=path)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("ZIP_COMPRESSION", path=path)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name as whoever packed it meant it: without the flag for UTF-8, tools of
    a Chinese Windows write GBK, others UTF-8 all the same."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return name


def _entries(file: BinaryIO, size: int) -> int:
    """Count the entries of a zip's directory, and stop soon after :data:`MAX_FILES`: ``zipfile``
    would hold all of them before one could be counted."""
    start = max(0, size - (1 << 16) - _END.size)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise zipfile.BadZipFile("File is not a zip file")
    _, length, _ = _END.unpack(tail[at : at + _END.size])
    end = start + at
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(b"PK\x06\x07"):
        file.seek(max(0, end - _LOCATOR.size - _END_64.size))
        signature, length_64, _ = _END_64.unpack(_exactly(file, _END_64.size))
        if signature == b"PK\x06\x06":
            length, end = length_64, end - _LOCATOR.size - _END_64.size
    count, left = 0, length
    file.seek(max(0, end - length))
    while left >= 46 and count <= MAX_FILES:
        signature, name, extra, comment = _CENTRAL.unpack(_exactly(file, _CENTRAL.size))
        if signature != b"PK\x01\x02":
            break  # zipfile says what is wrong
        file.seek(name + extra + comment, os.SEEK_CUR)
        left -= 46 + name + extra + comment
        count += 1
    file.seek(0)
    return count


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise EOFError("the file ends too early")
    return data


def _bounded(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        data = file.read(min(length, _CHUNK))
        if not data:
            raise EOFError("the file ends too early")
        length -= len(data)
        yield data
