"""Pictures: checking them, making small copies, and turning them into what browsers show.

The only module of the backend that knows Pillow. Pictures come from strangers: what is too large
or broken is an error with a code, never a crash, and never a picture of unbounded memory. Only the
formats below are ever decoded, whatever a file is called.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from PIL import Image, ImageOps

from inference_ui.backend.errors import Refused

MAX_PIXELS = 100_000_000
"""Of a picture that is decoded whole; a larger JPEG is reduced while it is decoded."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
_BROWSERS_LACK = frozenset({"TIFF"})
_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})
_PAPER = (255, 255, 255)

# Ours is the limit, and answers with an error; Pillow's own warns first.
Image.MAX_IMAGE_PIXELS = None

_decoding = threading.BoundedSemaphore(2)
"""A decoded picture takes up to 400 MB, so only few at a time are."""


class BadPicture(Refused):
    """A picture cannot be shown: ``PICTURE_BROKEN``, ``PICTURE_TOO_LARGE``, ``PICTURE_UNKNOWN``."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture's header says: pixels as it is shown (turned as its EXIF data wants it)."""

    width: int
    height: int
    kind: str


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture that browsers show."""

    data: bytes
    media_type: str


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (16 bytes suffice) is of a known format."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"))
        or head.startswith((b"II*\0", b"MM\0*"))
        or (head.startswith(b"BM") and head[6:10] == b"\0\0\0\0")
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
    )


def inspect(data: bytes) -> PictureInfo:
    """Read a picture's header. Raises :class:`BadPicture`."""
    with _opened(data) as image:
        width, height = image.size
        if _lies_on_its_side(image):
            width, height = height, width
        return PictureInfo(width, height, _kind(image))


def for_browser(data: bytes) -> EncodedPicture:
    """Return the picture as it is when browsers show its format, else converted.

    It is decoded once, so that what is returned is whole. Raises :class:`BadPicture`.
    """
    with _opened(data) as image:
        kind = _kind(image)
        if kind == "JPEG":
            large = image.width * image.height > MAX_PIXELS
            image.draft(None, _reduced(image.size) if large else (64, 64))
            _decode(image)
            return _jpeg(image, 88) if large else EncodedPicture(data, _MEDIA_TYPES[kind])
        if kind == "PNG" and image.width * image.height <= MAX_PIXELS:
            image.verify()  # the check sums, which is quicker than decoding
            return EncodedPicture(data, _MEDIA_TYPES[kind])
        _decode(image)
        if kind not in _BROWSERS_LACK:
            return EncodedPicture(data, _MEDIA_TYPES[kind])
        return _png(image) if _transparent(image) else _jpeg(image, 92)


def thumbnail(data: bytes, side: int) -> EncodedPicture:
    """Return a JPEG of at most ``side`` × ``side`` pixels. Raises :class:`BadPicture`."""
    with _opened(data) as image:
        if _kind(image) == "JPEG":
            image.draft("RGB", (side * 2, side * 2))
        _decode(image)
        image.thumbnail((side, side), reducing_gap=2.0)
        return _jpeg(image, 80)


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """Open a picture; whatever a decoder raises while it is open means that it is broken."""
    if not looks_like_picture(data[:16]):
        raise BadPicture("PICTURE_UNKNOWN")
    with _decoding:
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                yield image
        except BadPicture:
            raise
        except Exception as error:  # decoders raise whatever they trip over
            raise BadPicture("PICTURE_BROKEN", error=str(error)[:200]) from error


def _kind(image: Image.Image) -> str:
    """Return the format; a JPEG with more pictures in it is a JPEG."""
    return "JPEG" if image.format in ("JPEG", "MPO") else str(image.format)


def _lies_on_its_side(image: Image.Image) -> bool:
    # Asking a PNG for EXIF data that its header does not hold decodes it.
    if image.format == "PNG" and "exif" not in image.info:
        return False
    return image.getexif().get(_ORIENTATION) in _TURNED


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    """Return the largest of a half, a quarter and an eighth that stays within the limit."""
    width, height = size
    scale = next((by for by in (2, 4) if width * height <= MAX_PIXELS * by * by), 8)
    return max(1, width // scale), max(1, height // scale)


def _decode(image: Image.Image) -> None:
    """Decode what :meth:`draft` left of the picture, within the limit."""
    if image.width * image.height > MAX_PIXELS:
        raise BadPicture(
            "PICTURE_TOO_LARGE", width=image.width, height=image.height, most=MAX_PIXELS
        )
    image.load()


def _transparent(image: Image.Image) -> bool:
    return image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info


def _jpeg(image: Image.Image, quality: int) -> EncodedPicture:
    image = _eight_bit(ImageOps.exif_transpose(image))
    if _transparent(image):
        opaque = image.convert("RGBA")
        image = Image.new("RGB", image.size, _PAPER)
        image.paste(opaque, mask=opaque)
    target = io.BytesIO()
    image.convert("L" if image.mode == "L" else "RGB").save(target, "JPEG", quality=quality)
    return EncodedPicture(target.getvalue(), "image/jpeg")


def _png(image: Image.Image) -> EncodedPicture:
    target = io.BytesIO()
    ImageOps.exif_transpose(image).convert("RGBA").save(target, "PNG", compress_level=1)
    return EncodedPicture(target.getvalue(), "image/png")


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return grey of more than 8 bits (cameras of the industry) spread over what is there."""
    if image.mode not in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        return image
    values = image.convert("F")
    low, high = cast("tuple[float, float]", values.getextrema())
    scale = 255 / (high - low) if high > low else 0.0
    return values.point(lambda value: value * scale - low * scale).convert("L")
