"""Pictures of strangers: shown, turned, made small, or refused with a reason."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference_ui.backend import imaging
from inference_ui.backend.imaging import BadPicture
from tests.support.results import a_picture

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


def opened(picture):
    return Image.open(io.BytesIO(picture.data))


def turned(kind="JPEG"):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    return a_picture(64, 48, kind, exif=exif)


def huge_png(side):
    """A PNG whose header promises ``side`` × ``side`` pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_known_by_its_first_bytes_and_measured(kind):
    data = a_picture(64, 48, kind)
    assert imaging.looks_like_picture(data[:16])
    info = imaging.inspect(data)
    assert (info.width, info.height, info.kind) == (64, 48, kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "TIFF"])
def test_what_browsers_show_is_passed_on_as_it_is(kind):
    data = a_picture(kind=kind)
    assert imaging.for_browser(data).data == data
    assert imaging.for_browser(data).media_type == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    ("mode", "becomes"), [("RGB", "JPEG"), ("RGBA", "PNG"), ("I;16", "JPEG"), ("CMYK", "JPEG")]
)
def test_what_browsers_lack_is_converted(mode, becomes):
    colour = 9 if mode == "I;16" else "teal"
    shown = opened(imaging.for_browser(a_picture(kind="TIFF", mode=mode, colour=colour)))
    assert (shown.format, shown.size) == (becomes, (64, 48))


def test_a_dark_measurement_of_16_bits_is_spread_over_what_can_be_seen():
    source = Image.new("I;16", (2, 1))
    source.putpixel((0, 0), 100)
    source.putpixel((1, 0), 140)
    target = io.BytesIO()
    source.save(target, "TIFF")
    shown = opened(imaging.for_browser(target.getvalue()))
    assert shown.getpixel((0, 0)) < 40
    assert shown.getpixel((1, 0)) > 215


def test_a_turned_picture_is_measured_and_made_small_as_it_is_shown():
    info = imaging.inspect(turned())
    assert (info.width, info.height) == (48, 64)
    assert opened(imaging.thumbnail(turned(), 32)).size == (24, 32)
    assert opened(imaging.for_browser(turned("TIFF"))).size == (48, 64)


@pytest.mark.parametrize("kind", KINDS)
def test_a_thumbnail_is_a_small_jpeg(kind):
    small = opened(imaging.thumbnail(a_picture(640, 480, kind), 96))
    assert (small.format, small.size) == ("JPEG", (96, 72))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_a_picture_that_ends_early_is_broken(kind):
    noise = Image.effect_noise((200, 200), 60).convert("RGB")
    target = io.BytesIO()
    noise.save(target, kind)
    data = target.getvalue()[: len(target.getvalue()) // 2]
    with pytest.raises(BadPicture) as refused:
        imaging.for_browser(data)
    assert refused.value.code == "PICTURE_BROKEN"


def test_a_bomb_is_refused_before_it_is_decoded():
    data = huge_png(30_000)
    assert imaging.inspect(data).width == 30_000
    for show in (imaging.for_browser, lambda bomb: imaging.thumbnail(bomb, 96)):
        with pytest.raises(BadPicture) as refused:
            show(data)
        assert refused.value.code == "PICTURE_TOO_LARGE"


def test_a_jpeg_beyond_the_limit_is_reduced_while_it_is_decoded(monkeypatch):
    monkeypatch.setattr(imaging, "MAX_PIXELS", 1000 * 1000)
    shown = opened(imaging.for_browser(a_picture(3000, 1500, "JPEG")))
    assert shown.size == (750, 375)


@pytest.mark.parametrize(
    "data", [b"", b"plain text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe", b"\0"]
)
def test_what_is_no_picture_is_not_touched(data):
    with pytest.raises(BadPicture) as refused:
        imaging.inspect(data)
    assert refused.value.code == "PICTURE_UNKNOWN"


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    at=st.integers(16, 400),
    noise=st.binary(min_size=1, max_size=40),
)
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_picture_is_shown_or_refused_and_nothing_else(kind, at, noise):
    data = bytearray(a_picture(40, 30, kind))
    data[at : at + len(noise)] = noise
    for show in (imaging.inspect, imaging.for_browser, lambda bad: imaging.thumbnail(bad, 96)):
        with contextlib.suppress(BadPicture):
            show(bytes(data))
