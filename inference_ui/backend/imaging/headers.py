"""What is known of a picture without decoding it: its format, its size, whether it must be copied.

Headers are read in a few microseconds and a few bytes, from any file that can be sought in: sizes
of 100,000 pictures are found without reading one as a whole.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import BinaryIO, Final

from inference_ui.backend.errors import Refused
from inference_ui.backend.imaging.formats import read_header

MAX_PIXELS: Final = 100_000_000
"""Of a picture that is decoded whole; a larger JPEG is reduced while it is decoded."""
SHOWN_PIXELS: Final = 25_000_000
"""Browsers get no picture of more: cameras' 24 megapixels are shown as they are, and decoded by a
browser in about 0.2 s and 100 MB."""
SHOWN_SIDE: Final = 8192
"""Nor one that is longer: it may be the largest texture of a graphics card."""
COPY_PIXELS: Final = 4096 * 4096
"""Of a copy that is shown in place of a larger picture."""

_STARTS: Final = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_TURNED: Final = frozenset({5, 6, 7, 8})


class BadPicture(Refused):
    """A picture cannot be shown: ``PICTURE_BROKEN``, ``PICTURE_TOO_LARGE``, ``PICTURE_UNKNOWN``;
    or not decoded within limits: ``PICTURE_TOO_DEMANDING`` (memory), ``PICTURE_TOO_SLOW``,
    ``PICTURE_NOT_DECODED`` (the program that decodes failed)."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture's header says: pixels as it is shown (turned as its EXIF data wants it), the
    format, how it is turned (EXIF, 1 to 8), and whether browsers show it ``as_is``, as far as the
    header tells and size matters not."""

    width: int
    height: int
    kind: str
    orientation: int = 1
    as_is: bool = True


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture that browsers show."""

    data: bytes
    media_type: str


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (16 bytes suffice) is of a known format."""
    return kind_of(head) is not None


def kind_of(head: bytes) -> str | None:
    """Return the format of a file that begins with ``head`` (16 bytes suffice): ``JPEG``, ``PNG``,
    ``WEBP``, ``GIF``, ``BMP`` or ``TIFF``; None for any other."""
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "BMP"
    return "WEBP" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def inspect(picture: bytes | BinaryIO) -> PictureInfo:
    """Read the header of a picture, or of a file that stands at its beginning.

    Raises :class:`BadPicture`; ``OSError`` where the file cannot be read.
    """
    file = io.BytesIO(picture) if isinstance(picture, bytes) else picture
    kind = kind_of(file.read(16))
    if kind is None:
        raise BadPicture("PICTURE_UNKNOWN")
    file.seek(0)
    try:
        header = read_header(kind, file)
    except EOFError:
        raise BadPicture("PICTURE_BROKEN", error=f"{kind} ends in its header") from None
    except ValueError as error:
        raise BadPicture("PICTURE_BROKEN", error=f"{kind}: {error}") from None
    if header.width < 1 or header.height < 1:
        raise BadPicture("PICTURE_BROKEN", error=f"{kind}: {header.width} × {header.height}")
    width, height = header.width, header.height
    if header.orientation in _TURNED:
        width, height = height, width
    return PictureInfo(width, height, kind, header.orientation, header.as_is)


def size_of_picture(head: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, as the picture is shown, from the first bytes of its file;
    None where they do not tell. 64 KiB nearly always do; :func:`inspect` reads what a file needs.
    """
    try:
        info = inspect(head)
    except BadPicture:
        return None
    return info.width, info.height


def shown_size(width: int, height: int) -> tuple[int, int] | None:
    """Return the size of the copy that is shown in place of a picture; None for one that browsers
    get in its own size."""
    if width * height <= SHOWN_PIXELS and max(width, height) <= SHOWN_SIDE:
        return None
    scale = min(math.sqrt(COPY_PIXELS / (width * height)), SHOWN_SIDE / max(width, height))
    return max(1, int(width * scale)), max(1, int(height * scale))
