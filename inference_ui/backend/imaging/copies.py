"""Pictures as browsers are shown them, and small ones: as they are, or copies that are kept.

Who may see a picture is decided before: a copy is known by what it was made from, the same for
everybody.
"""

from __future__ import annotations

import contextlib
import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal, Protocol, TypeAlias

import msgspec

from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.imaging.decoders import Decoders, Job, Question
from inference_ui.backend.imaging.formats import jpeg_is_whole, png_is_whole
from inference_ui.backend.imaging.headers import (
    MAX_PIXELS,
    SHOWN_PIXELS,
    BadPicture,
    EncodedPicture,
    PictureInfo,
    inspect,
    shown_size,
)
from inference_ui.backend.imaging.kept import Kept

MAX_FILE: Final = 400 << 20
"""Bytes of a picture's file that is read: 100 megapixels of four channels, stored plainly."""
MAX_AS_IS: Final = 32 << 20
"""Bytes that browsers are given as they are; a longer file is shown by a copy of the same size."""
FAILURES_LAST_S: Final = 600.0
"""How long it is remembered that a picture cannot be decoded: trying takes as long as it may."""

_VERSION = 1
"""Of the copies: another one where they are made differently."""
_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}


class Picture(Protocol):
    """A picture that lies somewhere."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def identity(self) -> str | None:
        """Which one it is; it changes with the content. None: nothing is kept of it."""

    @property
    def size(self) -> int:
        """Bytes."""

    def open(self) -> BinaryIO:
        """Return the content from its beginning, to be closed by the caller."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """A picture that lies nowhere else."""

    data: bytes
    name: str = ""
    identity: None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def open(self) -> BinaryIO:
        """Return its content from the beginning."""
        return io.BytesIO(self.data)


class _Entry(msgspec.Struct, omit_defaults=True):
    """What is kept of a copy, in a line before its bytes: its media type, that the picture itself
    is shown, or (since ``at``, in seconds since 1970) the reason why there is none."""

    media_type: str = ""
    as_is: bool = False
    reason: dict[str, Any] | None = None
    at: float = 0.0


_AsIs: TypeAlias = Literal["as is"]


class Copies:
    """Makes copies with ``decoders`` and keeps them in ``kept``. Thread-safe; calls block."""

    def __init__(self, kept: Kept, decoders: Decoders) -> None:
        self._kept = kept
        self._decoders = decoders
        self._lock = threading.Lock()
        self._making: dict[str, _Making] = {}

    def known(self, identity: str, side: int | None = None) -> EncodedPicture | None:
        """Return a copy that is kept of a picture: its thumbnail of ``side`` pixels, or the one
        that is shown in its place. None where there is none; nothing of the picture is read.

        Raises :class:`BadPicture` when it is known that none can be made.
        """
        found = self._get(_key(identity, side))
        return found if isinstance(found, EncodedPicture) else None

    def shown(self, picture: Picture) -> EncodedPicture:
        """Return a picture as browsers show it: as it is where it is whole and not too large, else
        a copy. Raises :class:`BadPicture`, and :class:`Refused` where it cannot be read."""
        with _readable(picture) as file:
            info = inspect(file)
            as_is = info.as_is and shown_size(info.width, info.height) is None
            if not as_is or picture.size > MAX_AS_IS:
                return _copy(self._made(picture, info, "copy"))
            file.seek(0)
            data = file.read(picture.size)
        itself = EncodedPicture(data, _MEDIA_TYPES[info.kind])
        is_whole = _WHOLE.get(info.kind)
        if is_whole is not None and is_whole(data):
            return itself
        return self._made(picture, info, "show") or itself

    def thumbnail(self, picture: Picture, side: int) -> EncodedPicture:
        """Return a JPEG of at most ``side`` × ``side`` pixels.

        Raises :class:`BadPicture`, and :class:`Refused` where it cannot be read.
        """
        with _readable(picture) as file:
            info = inspect(file)
        return _copy(self._made(picture, info, "thumbnail", side))

    def close(self) -> None:
        """End the processes that decode, and wait for what is being tidied."""
        self._decoders.close()
        self._kept.close()

    def _made(
        self, picture: Picture, info: PictureInfo, job: Job, side: int | None = None
    ) -> EncodedPicture | None:
        """Return a copy, kept or new; None where the picture is to be shown as it is."""
        if info.kind != "JPEG" and info.width * info.height > MAX_PIXELS:
            raise BadPicture(
                "PICTURE_TOO_LARGE", width=info.width, height=info.height, most=MAX_PIXELS
            )
        large = info.width * info.height > SHOWN_PIXELS
        question = Question(job, picture.size, side or 0, large)
        if picture.identity is None:
            return self._ask(question, picture)
        key = _key(picture.identity, side)
        with self._alone(key):
            found = self._get(key)
            if found is None:
                found = self._make(key, question, picture)
        return found if isinstance(found, EncodedPicture) else None

    def _make(self, key: str, question: Question, picture: Picture) -> EncodedPicture | _AsIs:
        try:
            made = self._ask(question, picture)
        except BadPicture as error:
            if error.code != "PICTURE_NOT_DECODED":  # which may have been the machine's fault
                self._put(key, _Entry(reason=error.message.to_json(), at=time.time()))
            raise
        if made is None:
            self._put(key, _Entry(as_is=True))
            return "as is"
        self._put(key, _Entry(media_type=made.media_type), made.data)
        return made

    def _ask(self, question: Question, picture: Picture) -> EncodedPicture | None:
        with _readable(picture) as file:
            return self._decoders.ask(question, file)

    def _get(self, key: str) -> EncodedPicture | _AsIs | None:
        head, _, data = (self._kept.get(key) or b"").partition(b"\n")
        try:
            entry = msgspec.json.decode(head, type=_Entry)
        except ValueError:
            return None
        if reason := entry.reason:
            if time.time() - entry.at > FAILURES_LAST_S:
                return None
            raise BadPicture(reason["code"], **reason["args"])
        return "as is" if entry.as_is else EncodedPicture(data, entry.media_type)

    def _put(self, key: str, entry: _Entry, data: bytes = b"") -> None:
        self._kept.put(key, msgspec.json.encode(entry) + b"\n" + data)

    @contextlib.contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Let one caller at a time make the same copy; those after it find it."""
        with self._lock:
            making = self._making.setdefault(key, _Making())
            making.callers += 1
        try:
            with making.lock:
                yield
        finally:
            with self._lock:
                making.callers -= 1
                if making.callers == 0:
                    del self._making[key]


class _Making:
    """A copy that is being made, and how many wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.callers = 0


_WHOLE: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "JPEG": jpeg_is_whole,
    "PNG": png_is_whole,
}
"""Formats of which it is plain without decoding that they are whole."""


def _key(identity: str, side: int | None) -> str:
    kind = "shown" if side is None else f"thumbnail {side}"
    return f"{_VERSION}\0{kind}\0{identity}"


def _copy(made: EncodedPicture | None) -> EncodedPicture:
    if made is None:
        raise BadPicture("PICTURE_NOT_DECODED", error="no copy")
    return made


@contextlib.contextmanager
def _readable(picture: Picture) -> Iterator[BinaryIO]:
    """Open a picture. Raises :class:`Refused` where it cannot be read, or is too long."""
    if picture.size > MAX_FILE:
        raise Refused("INPUT_TOO_LARGE", size=picture.size, most=MAX_FILE)
    try:
        with picture.open() as file:
            yield file
    except OSError as error:
        raise NotFound("FILE_UNREADABLE", path=picture.name, error=error.strerror) from error
