"""Pictures as they are shown: themselves, or copies that are made once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from PIL import Image

from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.imaging import BadPicture
from inference_ui.backend.imaging import copies as module
from inference_ui.backend.imaging.copies import Copies, InMemory
from inference_ui.backend.imaging.decoders import Decoders
from inference_ui.backend.imaging.kept import Kept
from tests.support.pictures import encoded, huge_jpeg, huge_png, noise, turned
from tests.support.results import a_picture


@dataclass
class Stored:
    """A picture with an identity, that counts how often it is opened."""

    data: bytes
    identity: str = "one"
    name: str = "one.png"
    opened: list[int] = field(default_factory=list)

    @property
    def size(self):
        return len(self.data)

    def open(self):
        self.opened.append(1)
        return io.BytesIO(self.data)


def opened(picture):
    return Image.open(io.BytesIO(picture.data))


def why_not(ask, *args):
    with pytest.raises(BadPicture) as refused:
        ask(*args)
    return refused.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_what_browsers_show_is_passed_on_as_it_is(copies, kind):
    picture = Stored(a_picture(kind=kind))
    for _ in range(2):
        shown = copies.shown(picture)
        assert (shown.data, shown.media_type) == (picture.data, f"image/{kind.lower()}")
    assert copies.known("one") is None


def test_a_jpeg_or_png_is_passed_on_without_a_process_that_decodes(tmp_path):
    copies = Copies(Kept(tmp_path), Decoders(limit_s=0))
    for kind in ("JPEG", "PNG"):
        assert copies.shown(InMemory(a_picture(kind=kind))).data
    assert why_not(copies.shown, InMemory(a_picture(kind="GIF"))) == "PICTURE_TOO_SLOW"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_half_a_picture_is_not_shown(copies, kind):
    data = encoded(noise(), kind)
    picture = Stored(data[: len(data) // 2])
    assert why_not(copies.shown, picture) == "PICTURE_BROKEN"
    assert why_not(copies.thumbnail, picture, 96) == "PICTURE_BROKEN"


def test_a_jpeg_without_an_end_that_has_all_its_pixels_is_shown(copies):
    data = a_picture(640, 480, "JPEG")
    assert copies.shown(InMemory(data + b"\0" * 100)).data == data + b"\0" * 100
    assert why_not(copies.shown, InMemory(data[:-40] + b"\0" * 40)) == "PICTURE_BROKEN"


def test_what_browsers_lack_or_turn_otherwise_is_converted(copies):
    assert opened(copies.shown(InMemory(turned("TIFF")))).size == (48, 64)
    assert opened(copies.shown(InMemory(turned("WEBP")))).size == (48, 64)


def test_a_large_picture_is_reduced(copies):
    shown = copies.shown(InMemory(huge_jpeg(12_000, 9_000)))
    assert opened(shown).size == (4729, 3547)
    assert why_not(copies.shown, InMemory(huge_png(30_000))) == "PICTURE_TOO_LARGE"


def test_a_long_file_is_shown_by_a_copy_of_its_size(copies, monkeypatch):
    monkeypatch.setattr(module, "MAX_AS_IS", 1000)
    shown = copies.shown(InMemory(encoded(noise(), "PNG")))
    assert (opened(shown).format, opened(shown).size) == ("JPEG", (200, 200))


def test_a_copy_is_made_once_and_found_without_reading_the_picture(copies):
    picture = Stored(a_picture(640, 480, "TIFF"))
    made = copies.thumbnail(picture, 96)
    shown = copies.shown(picture)
    picture.opened.clear()
    assert copies.known("one", 96) == made
    assert copies.known("one") == shown
    assert copies.known("one", 64) is None
    assert copies.known("another", 96) is None
    assert picture.opened == []


def test_another_content_is_another_picture(copies):
    first = copies.thumbnail(Stored(a_picture(640, 480)), 96)
    second = copies.thumbnail(Stored(a_picture(480, 640), identity="two"), 96)
    assert opened(first).size != opened(second).size


def test_that_a_picture_is_broken_is_known_for_a_while(copies, monkeypatch):
    picture = Stored(encoded(noise(), "JPEG")[:5000])
    assert why_not(copies.thumbnail, picture, 96) == "PICTURE_BROKEN"
    assert why_not(copies.known, "one", 96) == "PICTURE_BROKEN"
    monkeypatch.setattr(module, "FAILURES_LAST_S", -1.0)
    assert copies.known("one", 96) is None


def test_that_the_decoder_died_is_not_held_against_a_picture(copies, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nonexistent")
    picture = Stored(a_picture(640, 480))
    assert why_not(copies.thumbnail, picture, 96) == "PICTURE_NOT_DECODED"
    monkeypatch.undo()
    assert opened(copies.thumbnail(picture, 96)).size == (96, 72)


def test_many_who_ask_for_the_same_copy_wait_for_one(copies):
    picture = Stored(a_picture(1500, 1000, "TIFF"))
    with ThreadPoolExecutor(12) as threads:
        made = list(threads.map(lambda _: copies.shown(picture), range(12)))
    assert len({one.data for one in made}) == 1
    # Twelve look at its header; one has it decoded.
    assert len(picture.opened) == 13


def test_a_damaged_copy_is_made_again(copies, tmp_path):
    picture = Stored(a_picture(640, 480))
    made = copies.thumbnail(picture, 96)
    (entry,) = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    entry.write_bytes(entry.read_bytes()[:-10])
    assert copies.thumbnail(picture, 96) == made


def test_a_file_that_cannot_be_read_says_so(copies, monkeypatch):
    class Unreadable(Stored):
        def open(self):
            raise OSError(5, "Input/output error")

    with pytest.raises(NotFound) as refused:
        copies.shown(Unreadable(a_picture()))
    assert refused.value.code == "FILE_UNREADABLE"
    monkeypatch.setattr(module, "MAX_FILE", 10)
    with pytest.raises(Refused) as refused:
        copies.shown(Stored(a_picture()))
    assert refused.value.code == "INPUT_TOO_LARGE"
