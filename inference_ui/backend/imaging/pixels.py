"""Decoding pictures, and making copies of them. The only module of the backend that knows Pillow.

It runs in the process of ``decoder`` alone: a decoded picture takes hundreds of megabytes, and what
a stranger's file does to a decoder is nothing that a server should live through. Only the formats
of ``headers`` are ever decoded, whatever a file is called.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import cast

from PIL import Image

from inference_ui.backend.imaging.headers import (
    MAX_PIXELS,
    BadPicture,
    EncodedPicture,
    PictureInfo,
    inspect,
    shown_size,
)

_PAPER = (255, 255, 255)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_CLEAR = ("LA", "RGBA")
_DEEP_GREY = ("I", "F")
_CHECK_SIDE = 64
_MOST_PROGRESSIVE = 2 * MAX_PIXELS
"""Of a progressive JPEG: all of it is held, in up to 6 bytes each, however small it is to be."""
_SHOWN_QUALITY = 90
_SMALL_QUALITY = 80

# Ours is the limit, and answers with an error; Pillow's own warns first.
Image.MAX_IMAGE_PIXELS = None


def show(data: bytes) -> EncodedPicture | None:
    """Return the copy that browsers are shown of a picture; None when they can be given the picture
    itself, which was decoded once to see that it is whole. Raises :class:`BadPicture`."""
    info = inspect(data)
    if not info.as_is or shown_size(info.width, info.height) is not None:
        return copy(data)
    if info.kind == "PNG":
        with _opened(data, info) as image:
            image.verify()  # the check sums, which decoding does not look at
    with _opened(data, info) as image:
        image.draft(None, (_CHECK_SIDE, _CHECK_SIDE))
        _decode(image)
        moves = getattr(image, "is_animated", False) and info.kind != "JPEG"
    return copy(data) if moves else None


def copy(data: bytes) -> EncodedPicture:
    """Return a still copy of a picture, turned upright and no larger than what browsers are shown:
    a JPEG, or a PNG of what is transparent. Raises :class:`BadPicture`."""
    info = inspect(data)
    with _opened(data, info) as source:
        size = shown_size(info.width, info.height) or (info.width, info.height)
        stored = size if _is_upright(info) else size[::-1]
        source.draft(None, stored)
        profile = source.info.get("icc_profile") if source.mode in ("L", "RGB", "RGBA") else None
        image = _upright(_resized(_simple(_decode(source)), stored), info)
        if image.mode in _CLEAR:
            return _png(image, profile)
        return _jpeg(_grey_or_rgb(image), _SHOWN_QUALITY, profile)


def thumbnail(data: bytes, side: int) -> EncodedPicture:
    """Return a JPEG of at most ``side`` × ``side`` pixels. Raises :class:`BadPicture`."""
    info = inspect(data)
    with _opened(data, info) as source:
        source.draft(None, (side * 2, side * 2))
        image = _simple(_decode(source))
        image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        image = _upright(image, info)
        opaque = _on_paper(image) if image.mode in _CLEAR else _grey_or_rgb(image)
        return _jpeg(opaque, _SMALL_QUALITY)


@contextlib.contextmanager
def _opened(data: bytes, info: PictureInfo) -> Iterator[Image.Image]:
    """Open a picture; whatever a decoder raises while it is open means that it is broken."""
    try:
        with Image.open(io.BytesIO(data), formats=(info.kind,)) as image:
            stored = (info.width, info.height) if _is_upright(info) else (info.height, info.width)
            if image.size != stored:
                raise ValueError(f"{image.size} is not {stored}")
            if image.info.get("progressive") and info.width * info.height > _MOST_PROGRESSIVE:
                raise MemoryError  # which its decoder would call a broken stream
            yield image
    except (BadPicture, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever they trip over
        raise BadPicture("PICTURE_BROKEN", error=str(error)[:200]) from error


def _decode(image: Image.Image) -> Image.Image:
    """Decode what :meth:`draft` left of the picture, within the limit."""
    if image.width * image.height > MAX_PIXELS:
        raise BadPicture(
            "PICTURE_TOO_LARGE", width=image.width, height=image.height, most=MAX_PIXELS
        )
    image.load()
    return image


def _simple(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be resized well, and is transparent if it is."""
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        if image.mode == "1":
            return image.convert("L")
        clear = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if clear else "RGB")
    if image.mode in ("La", "RGBa", "RGBX"):
        return image.convert({"La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}[image.mode])
    return image.convert("I") if image.mode.startswith("I;") else image


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    # The gap of 1: whole steps are taken by averaging, several times as fast and hardly softer.
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=1.0)


def _on_paper(image: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, _PAPER)
    clear = image.convert("RGBA")
    paper.paste(clear, mask=clear)
    return paper


def _is_upright(info: PictureInfo) -> bool:
    """Whether the decoded picture has the width and height that it is shown with. Pillow turns the
    TIFFs that it decodes, and nothing else."""
    return info.kind == "TIFF" or info.orientation < 5


def _upright(image: Image.Image, info: PictureInfo) -> Image.Image:
    turn = None if info.kind == "TIFF" else _TURNS.get(info.orientation)
    return image if turn is None else image.transpose(turn)


def _grey_or_rgb(image: Image.Image) -> Image.Image:
    """Return the picture with 8 bits; grey of more (cameras of the industry) is spread over what is
    there."""
    if image.mode in _DEEP_GREY:
        values = image.convert("F")
        low, high = cast("tuple[float, float]", values.getextrema())
        scale = 255 / (high - low) if high > low else 0.0
        return values.point(lambda value: value * scale - low * scale).convert("L")
    return image.convert("L" if image.mode == "L" else "RGB")


def _jpeg(image: Image.Image, quality: int, profile: bytes | None = None) -> EncodedPicture:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality, icc_profile=profile)
    return EncodedPicture(target.getvalue(), "image/jpeg")


def _png(image: Image.Image, profile: bytes | None) -> EncodedPicture:
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=1, icc_profile=profile)
    return EncodedPicture(target.getvalue(), "image/png")
