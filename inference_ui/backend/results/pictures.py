"""Finding the picture of an item: the first of

1. the input itself, when it is a picture;
2. a picture embedded in the request (base64, as a data URL or bare, in any text of it);
3. a path in the request that lies inside the dataset;
4. a picture beside the request with the same stem.

Nothing is fetched from anywhere, and nothing outside the dataset is opened.
"""

from __future__ import annotations

import binascii
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from inference_ui.backend.errors import Message, NotFound, Refused
from inference_ui.backend.imaging import PictureInfo, inspect, kind_of, looks_like_picture
from inference_ui.backend.inside import open_inside
from inference_ui.backend.records import IMAGE_SUFFIXES, SOURCE_ROOT
from inference_ui.backend.results.answers import may_be_parsed

MAX_INPUT = 64 << 20
"""Bytes of an input that are read as a whole."""

_SHORTEST = 32
_LONGEST_PATH = 4096
_FILE = "file://"
_URL_SAFE = str.maketrans("-_", "+/")


class PictureOrigin(StrEnum):
    """Where the picture of an item was found."""

    INPUT = "INPUT"
    EMBEDDED = "EMBEDDED"
    REFERENCED = "REFERENCED"
    SIBLING = "SIBLING"


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture, not yet checked; ``name`` is its file's path in the dataset, ``size`` in bytes.

    ``identity`` says which content it is: it changes with the file that the picture lies in.
    """

    origin: PictureOrigin
    name: str
    size: int
    identity: str
    dataset: Path
    embedded: bytes | None = None

    def open(self) -> BinaryIO:
        """Open it at its beginning. Raises :class:`NotFound`, :class:`Refused`."""
        if self.embedded is not None:
            return io.BytesIO(self.embedded)
        return open_inside(self.dataset, self.name)

    def inspect(self) -> PictureInfo:
        """Read its header. Raises :class:`Refused` for one that is none, or cannot be read."""
        try:
            with self.open() as file:
                return inspect(file)
        except OSError as error:
            raise NotFound("FILE_UNREADABLE", path=self.name, error=error.strerror) from error

    @property
    def data(self) -> bytes:
        """All of it. Raises as :func:`read_input`."""
        return read_input(self.dataset, self.name) if self.embedded is None else self.embedded


def find_picture(dataset: Path, name: str) -> FoundPicture:
    """Return the picture of the input ``name`` (its path relative to the dataset). Of a picture
    that is a file of its own, nothing is read yet.

    Raises :class:`Refused` with a code that says why there is none.
    """
    size, identity = _known_of(dataset, name)
    if _is_image_name(name):
        return FoundPicture(PictureOrigin.INPUT, name, size, identity, dataset)
    strings = tuple(_strings(_request(read_input(dataset, name))))
    for text in strings:
        picture = _embedded(text)
        if picture is not None:
            origin = PictureOrigin.EMBEDDED
            return FoundPicture(origin, name, len(picture), identity, dataset, picture)
    problems: list[Message] = []
    for text in filter(_is_path, strings):
        if "://" in text.removeprefix(_FILE):
            problems.append(Message("PICTURE_ELSEWHERE", {"url": text.strip()}))
            continue
        for candidate in _places(name, text.strip().removeprefix(_FILE)):
            found = _try(dataset, candidate, PictureOrigin.REFERENCED, problems)
            if found is not None:
                return found
    for candidate in _siblings(dataset, name):
        found = _try(dataset, candidate, PictureOrigin.SIBLING, problems)
        if found is not None:
            return found
    reason = problems[0] if problems else Message("NO_PICTURE")
    raise NotFound(reason.code, **reason.args)


def saved_name(found: FoundPicture) -> str:
    """Return the name under which a picture is saved: its file's, or the request's with the ending
    of the picture's format."""
    path = PurePosixPath(found.name)
    if found.embedded is None:
        return path.name
    return f"{path.stem}.{str(kind_of(found.embedded[:16])).lower()}"


def identity_of(dataset: Path, name: str) -> str:
    """Return the identity that the picture of an input has if it lies in the input itself, whose
    content is not read. Raises :class:`Refused` where there is no such file."""
    return _known_of(dataset, name)[1]


def _known_of(dataset: Path, name: str) -> tuple[int, str]:
    """Return a file's size and identity. Times to the nanosecond tell one content from another:
    that of the change of the entry, too, since programs that copy files set the other one."""
    with open_inside(dataset, name) as file:
        state = os.fstat(file.fileno())
    path = os.path.realpath(dataset / name)
    return state.st_size, f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ctime_ns}"


def read_input(dataset: Path, name: str, most: int = MAX_INPUT) -> bytes:
    """Return the content of a file of the dataset.

    Raises :class:`Refused`: it lies outside, cannot be read, or is larger than ``most`` bytes.
    """
    with open_inside(dataset, name) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise Refused("INPUT_TOO_LARGE", size=size, most=most)
        try:
            return file.read(size)  # asked for more, it would make room for more
        except OSError as error:
            raise NotFound("FILE_UNREADABLE", path=name, error=error.strerror) from error


def _is_image_name(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def _request(content: bytes) -> object:
    if not may_be_parsed(content):
        return None
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return None


def _strings(value: object) -> Iterator[str]:
    """Yield the texts of a JSON value in order, those inside of JSON in a text too."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
            if item[:1] in ("{", "["):
                inner = _request(item.encode("utf-8", "replace"))
                pending.append(inner if isinstance(inner, (dict, list)) else None)
        elif isinstance(item, (dict, list)):
            members = item.values() if isinstance(item, dict) else item
            inner_first = [part for part in members if isinstance(part, (str, dict, list))]
            pending.extend(reversed(inner_first))


def _embedded(text: str) -> bytes | None:
    """Return the picture that a text is in base64, None when it is none."""
    if text.startswith("data:"):
        header, _, text = text.partition(",")
        if "base64" not in header:
            return None
    if len(text) < _SHORTEST:
        return None
    head = _decoded(text[:64].lstrip()[:24])
    return _decoded(text) if head is not None and looks_like_picture(head) else None


def _decoded(text: str) -> bytes | None:
    try:
        # Padding is often left out; too much of it is ignored.
        plain = text.translate(_URL_SAFE) if "-" in text or "_" in text else text
        return binascii.a2b_base64(plain.encode("ascii") + b"==")
    except ValueError:
        return None


def _is_path(text: str) -> bool:
    return len(text) <= _LONGEST_PATH and "\n" not in text.strip() and _is_image_name(text.strip())


def _places(name: str, text: str) -> Iterator[str]:
    """Yield where a path in a request may point: seen from the request, from the dataset's root,
    or written out from the place where the server sees the dataset."""
    if text.startswith("/"):
        yield text.removeprefix(SOURCE_ROOT)
    else:
        yield str(PurePosixPath(name).parent / text)
        yield text


def _siblings(dataset: Path, name: str) -> Iterator[str]:
    stem = str(PurePosixPath(name).with_suffix(""))
    named = [stem] if _is_image_name(stem) else []
    endings = [end for suffix in sorted(IMAGE_SUFFIXES) for end in (suffix, suffix.upper())]
    for candidate in (*named, *(f"{stem}{end}" for end in endings)):
        if os.path.lexists(dataset / candidate):
            yield candidate


def _try(
    dataset: Path, candidate: str, origin: PictureOrigin, problems: list[Message]
) -> FoundPicture | None:
    try:
        size, identity = _known_of(dataset, candidate)
    except Refused as error:
        problems.append(error.message)
        return None
    return FoundPicture(origin, candidate, size, identity, dataset)


def embedded_head(request: bytes, most: int) -> bytes | None:
    """Return up to ``most`` bytes of the picture that is embedded in a request, from its beginning;
    None where :func:`find_picture` would find it elsewhere."""
    for text in _strings(_request(request)):
        begins = text.find(",") + 1 if text.startswith("data:") else 0
        head = _embedded(text[: begins + most // 3 * 4])
        if head is not None:
            return head
    return None
