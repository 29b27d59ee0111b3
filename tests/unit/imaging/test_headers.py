"""What the first bytes of a picture say, read without decoding it."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference_ui.backend import imaging
from inference_ui.backend.imaging import BadPicture
from inference_ui.backend.imaging.headers import COPY_PIXELS, SHOWN_SIDE
from tests.support.pictures import (
    KINDS,
    encoded,
    exif_of,
    huge_jpeg,
    huge_png,
    noise,
    png_chunk,
    turned,
)
from tests.support.results import a_picture

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


def size_of(data):
    info = imaging.inspect(data)
    return info.width, info.height


def why_not(data):
    with pytest.raises(BadPicture) as refused:
        imaging.inspect(data)
    return refused.value.code


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_known_by_its_first_bytes_and_measured(kind):
    data = a_picture(64, 48, kind)
    assert imaging.looks_like_picture(data[:16])
    info = imaging.inspect(data)
    assert (info.width, info.height, info.kind) == (64, 48, kind)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    mode=st.sampled_from(["RGB", "L", "RGBA", "P", "1"]),
)
def test_sizes_are_those_that_a_decoder_finds(kind, width, height, mode):
    image = Image.new("RGB", (width, height)).convert(mode)
    if kind in ("JPEG", "WEBP"):
        image = image.convert("RGB")
    data = encoded(image, kind)
    assert size_of(data) == Image.open(io.BytesIO(data)).size == (width, height)


@pytest.mark.parametrize(
    "options",
    [
        {"progressive": True},
        {"mode": "CMYK", "colour": (9, 9, 9, 9)},
        {"quality": 100, "subsampling": 0},
    ],
)
def test_jpegs_of_all_kinds_are_measured(options):
    assert size_of(a_picture(64, 48, "JPEG", **options)) == (64, 48)


def test_several_pictures_in_one_file_have_the_size_of_the_first():
    first, second = Image.new("RGB", (64, 48)), Image.new("RGB", (20, 90))
    for kind in ("GIF", "WEBP", "TIFF", "PNG", "MPO"):
        more = [second if kind in ("TIFF", "MPO") else first]
        data = encoded(first, kind, save_all=True, append_images=more)
        assert size_of(data) == (64, 48), kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_measured_as_it_is_shown(kind, orientation):
    info = imaging.inspect(turned(kind, orientation))
    assert info.orientation == orientation
    assert (info.width, info.height) == ((48, 64) if orientation > 4 else (64, 48))


def test_browsers_do_not_turn_a_webp_so_it_is_copied():
    assert not imaging.inspect(turned("WEBP")).as_is
    assert imaging.inspect(turned("WEBP", 1)).as_is
    assert imaging.inspect(turned("JPEG")).as_is
    assert imaging.inspect(turned("PNG")).as_is


def test_turns_that_browsers_do_not_heed_are_not_heeded():
    """XMP, other types of number, numbers without a meaning, what stands behind a PNG's pixels."""
    png = a_picture(64, 48)
    late = png[:-12] + png_chunk(b"eXIf", exif_of(6, 3)[6:]) + png[-12:]
    for data in (
        a_picture(64, 48, "JPEG", xmp=XMP),
        a_picture(64, 48, "WEBP", xmp=XMP),
        a_picture(64, 48, "JPEG", exif=exif_of(6, 4)),
        a_picture(64, 48, "JPEG", exif=exif_of(9, 3)),
        a_picture(64, 48, "JPEG", exif=exif_of(0, 3)),
        a_picture(64, 48, "JPEG", exif=b"Exif\0\0II*\0garbage"),
        late,
    ):
        assert imaging.inspect(data).orientation == 1


def test_a_bomb_is_measured_like_any_other():
    assert size_of(huge_png(60_000)) == (60_000, 60_000)
    assert size_of(huge_jpeg(65_000, 64_000)) == (65_000, 64_000)


def test_a_frame_that_is_larger_than_its_screen_counts():
    data = bytearray(a_picture(64, 48, "GIF"))
    data[6:10] = struct.pack("<HH", 10, 10)
    assert size_of(bytes(data)) == Image.open(io.BytesIO(data)).size == (64, 48)


@pytest.mark.parametrize(
    "data", [b"", b"plain text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe", b"\0"]
)
def test_what_is_no_picture_is_not_touched(data):
    assert why_not(data) == "PICTURE_UNKNOWN"


def test_no_pixels_are_no_picture():
    for data in (huge_png(0), huge_jpeg(0, 10), huge_jpeg(10, 0)):
        assert why_not(data) == "PICTURE_BROKEN"


@pytest.mark.parametrize(
    "endless",
    [
        b"GIF89a" + b"\1\0\1\0\0\0\0" + b"!\xfe" + b"\1x" * 500_000,
        b"\xff\xd8\xff\xe0\0\2" + b"\xff\xee\0\2" * 500_000,
        b"\xff\xd8\xff\xe0\0\2" + b"x" * 500_000,
        a_picture()[:33] + png_chunk(b"tEXt", b"") * 500_000,
        b"II*\0\x08\0\0\0\xff\xff" + b"\0" * 12 * 65_535,
    ],
    ids=["gif", "jpeg", "garbage", "png", "tiff"],
)
def test_a_header_without_an_end_is_given_up_soon(endless):
    assert why_not(endless) == "PICTURE_BROKEN"


@settings(max_examples=300)
@given(
    kind=st.sampled_from(KINDS),
    at=st.integers(0, 200),
    noise=st.binary(max_size=30),
    end=st.none() | st.integers(0, 400),
)
def test_a_damaged_header_is_read_or_refused_and_nothing_else(kind, at, noise, end):
    data = bytearray(turned(kind) if kind not in ("GIF", "BMP") else a_picture(40, 30, kind))
    data[at : at + len(noise)] = noise
    try:
        info = imaging.inspect(bytes(data[:end]))
    except BadPicture:
        return
    assert info.width > 0
    assert info.height > 0
    assert 1 <= info.orientation <= 8


def test_the_size_is_told_by_the_first_bytes_of_a_file_or_not_at_all():
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        data = encoded(noise(), kind)
        assert imaging.size_of_picture(data[:4096]) == (200, 200)
        assert imaging.size_of_picture(data[:20]) is None
    tiff = encoded(noise(), "TIFF", compression="tiff_lzw")
    assert imaging.size_of_picture(tiff[:8]) is None
    assert imaging.size_of_picture(b"{}") is None


@given(width=st.integers(1, 65_000), height=st.integers(1, 65_000))
def test_what_is_shown_of_a_large_picture_fits_a_browser_and_keeps_its_shape(width, height):
    shown = imaging.shown_size(width, height)
    if shown is None:
        assert width * height <= 25_000_000
        assert max(width, height) <= SHOWN_SIDE
        return
    assert shown[0] * shown[1] <= COPY_PIXELS
    assert max(shown) <= SHOWN_SIDE
    assert shown[0] == pytest.approx(width * shown[1] / height, abs=width / height + 1)


def test_what_cameras_take_is_shown_as_it_is():
    assert imaging.shown_size(6016, 4016) is None
    assert imaging.shown_size(11_547, 8_660) == (4729, 3547)
    assert imaging.shown_size(30_000, 1) == (8192, 1)
