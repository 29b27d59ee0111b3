"""Pictures of strangers: copied, turned, made small, or refused with a reason."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference_ui.backend.imaging import BadPicture, headers, pixels
from tests.support.pictures import KINDS, encoded, huge_jpeg, huge_png, noise, turned, zip_bomb_png
from tests.support.results import a_picture


def opened(picture):
    return Image.open(io.BytesIO(picture.data))


def why_not(make, data):
    with pytest.raises(BadPicture) as refused:
        make(data)
    return refused.value.code


def small(data):
    return pixels.thumbnail(data, 96)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "TIFF"])
def test_what_browsers_show_needs_no_copy(kind):
    assert pixels.show(a_picture(kind=kind)) is None


@pytest.mark.parametrize(
    ("mode", "becomes"),
    [("RGB", "JPEG"), ("RGBA", "PNG"), ("LA", "PNG"), ("I;16", "JPEG"), ("CMYK", "JPEG"),
     ("1", "JPEG"), ("P", "JPEG"), ("F", "JPEG"), ("I", "JPEG")],
)  # fmt: skip
def test_what_browsers_lack_is_converted(mode, becomes):
    data = encoded(Image.new("L", (640, 480), 9).convert("RGB").convert("L").convert(mode)
                   if mode != "CMYK" else Image.new("CMYK", (640, 480)), "TIFF")  # fmt: skip
    shown = opened(pixels.show(data))
    assert (shown.format, shown.size) == (becomes, (640, 480))
    assert opened(pixels.thumbnail(data, 32)).size == (32, 24)


def test_a_dark_measurement_of_16_bits_is_spread_over_what_can_be_seen():
    source = Image.new("I;16", (2, 1))
    source.putpixel((0, 0), 100)
    source.putpixel((1, 0), 140)
    shown = opened(pixels.copy(encoded(source, "TIFF")))
    assert shown.getpixel((0, 0)) < 40
    assert shown.getpixel((1, 0)) > 215


AS_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,  # counter-clockwise; shown turned clockwise
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def upright(orientation, kind):
    """A picture that is red in its left upper quarter once it is turned."""
    image = Image.new("RGB", (64, 48), "white")
    image.paste("red", (0, 0, 32, 24))
    turn = AS_STORED.get(orientation)
    stored = image if turn is None else image.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(stored, kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_copies_stand_upright(kind, orientation):
    data = upright(orientation, kind)
    for made in (pixels.copy(data), pixels.thumbnail(data, 64)):
        shown = opened(made).convert("RGB")
        assert shown.size == (64, 48)
        assert shown.getexif() == {}
        assert shown.getpixel((10, 8))[1] < 90  # red
        assert shown.getpixel((54, 40))[1] > 200  # white


@pytest.mark.parametrize("kind", KINDS)
def test_a_thumbnail_is_a_small_jpeg(kind):
    made = opened(pixels.thumbnail(a_picture(640, 480, kind), 96))
    assert (made.format, made.size) == ("JPEG", (96, 72))
    assert opened(pixels.thumbnail(a_picture(900, 1, kind), 96)).size == (96, 1)


def test_what_is_clear_stays_so_in_a_copy_and_is_white_in_a_thumbnail():
    image = Image.new("P", (64, 48), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    data = encoded(image, "PNG", transparency=1)
    assert pixels.show(data) is None
    assert opened(pixels.copy(data)).convert("RGBA").getpixel((5, 5))[3] == 0
    assert min(opened(small(data)).getpixel((5, 5))) > 250


def test_of_what_moves_the_first_picture_is_shown():
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        shown = opened(pixels.show(data)).convert("RGB")
        assert shown.getpixel((5, 5))[0] > 200, kind


def test_pages_behind_the_first_are_left_out():
    pages = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert opened(pixels.show(data)).getpixel((5, 5))[0] > 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_too_large_for_browsers_is_reduced(kind, monkeypatch):
    monkeypatch.setattr(headers, "SHOWN_PIXELS", 100_000)
    monkeypatch.setattr(headers, "COPY_PIXELS", 400 * 100)
    data = a_picture(800, 200, kind)
    assert opened(pixels.show(data)).size == (400, 100)


def test_a_reduced_copy_keeps_its_colours_profile():
    profile = b"\0" * 128
    data = encoded(noise(), "TIFF", icc_profile=profile)
    assert opened(pixels.copy(data)).info["icc_profile"] == profile
    assert "icc_profile" not in opened(small(data)).info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_a_picture_that_ends_early_is_broken(kind):
    data = encoded(noise(), kind)
    for make in (pixels.show, small):
        assert why_not(make, data[: len(data) // 2]) == "PICTURE_BROKEN"


def test_a_png_with_a_wrong_check_sum_is_broken():
    data = bytearray(a_picture(64, 48))
    data[-14] ^= 1
    assert why_not(pixels.show, bytes(data)) == "PICTURE_BROKEN"


@pytest.mark.parametrize("make", [pixels.show, pixels.copy, small])
def test_a_bomb_is_refused_before_it_is_decoded(make):
    for data in (huge_png(60_000), zip_bomb_png(12_000)):
        assert why_not(make, data) == "PICTURE_TOO_LARGE"


def test_a_jpeg_beyond_the_limit_is_reduced_while_it_is_decoded():
    assert opened(pixels.show(huge_jpeg(20_000, 10_000))).size == (5792, 2896)
    assert opened(small(huge_jpeg(20_000, 10_000))).size == (96, 48)


def test_a_progressive_jpeg_beyond_memory_is_not_begun():
    with pytest.raises(MemoryError):
        pixels.show(huge_jpeg(60_000, 60_000, progressive=True))


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    at=st.integers(10, 400),
    noise=st.binary(max_size=40),
    end=st.none() | st.integers(0, 1200),
)
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_picture_is_shown_or_refused_and_nothing_else(kind, at, noise, end):
    data = bytearray(turned(kind) if kind not in ("GIF", "BMP") else a_picture(40, 30, kind))
    data[at : at + len(noise)] = noise
    for make in (pixels.show, pixels.copy, small):
        with contextlib.suppress(BadPicture, MemoryError):
            make(bytes(data[:end]))
