"""Pictures that are odd: headers that promise too much, turned ones, such as nobody saves."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from tests.support.results import a_picture

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
ORIENTATION = 0x0112


def turned(
    kind: str = "JPEG", orientation: int = 6, size: tuple[int, int] = (64, 48), **options: object
) -> bytes:
    """A picture of ``size`` whose EXIF data says how it is to be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return a_picture(*size, kind, exif=exif, **options)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture's file."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def noise(width: int = 200, height: int = 200) -> Image.Image:
    """A picture that cannot be compressed much."""
    return Image.effect_noise((width, height), 60).convert("RGB")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(side: int) -> bytes:
    """A PNG whose header promises ``side`` × ``side`` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = (
        png_chunk(b"IHDR", header),
        png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)),
        png_chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def zip_bomb_png(side: int) -> bytes:
    """A PNG of ``side`` × ``side`` pixels in a few kilobytes."""
    lines = zlib.compressobj(9)
    packed = b"".join(lines.compress(b"\0" * (side + 1)) for _ in range(side)) + lines.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def huge_jpeg(width: int, height: int, **options: object) -> bytes:
    """A small JPEG whose header promises so many pixels."""
    data = bytearray(a_picture(64, 48, "JPEG", **options))
    frame = data.find(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def exif_of(value: int, kind: int) -> bytes:
    """EXIF data with the orientation as a number of this kind (3: SHORT, 4: LONG)."""
    number = struct.pack(">I" if kind == 4 else ">Hxx", value)
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHI", ORIENTATION, kind, 1) + number
