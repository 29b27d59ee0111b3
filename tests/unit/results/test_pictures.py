"""Where the picture of an item is found, and what is never opened for it."""

from __future__ import annotations

import base64
import json

import pytest

from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.results import pictures
from inference_ui.backend.results.pictures import PictureOrigin, find_picture
from tests.support.results import a_picture, seldon

PICTURE = a_picture()
OTHER = a_picture(colour="red")
TEXT = base64.b64encode(PICTURE).decode()


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "dataset"
    (folder / "night").mkdir(parents=True)
    (tmp_path / "outside.png").write_bytes(PICTURE)
    return folder


def request(dataset, value, name="night/a.json"):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    (dataset / name).write_bytes(content)
    return name


def why_not(dataset, name):
    with pytest.raises(Refused) as refused:
        find_picture(dataset, name)
    return refused.value.code


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".webp", ".tiff"])
def test_an_input_that_is_a_picture_is_its_own(dataset, suffix):
    (dataset / f"a{suffix}").write_bytes(PICTURE)
    found = find_picture(dataset, f"a{suffix}")
    assert (found.data, found.origin) == (PICTURE, PictureOrigin.INPUT)


@pytest.mark.parametrize(
    "value",
    [
        {"strData": TEXT},
        {"binData": TEXT},
        {"strData": f"data:image/png;base64,{TEXT}"},
        {"jsonData": {"image": {"b64": TEXT}}},
        {"instances": [{"b64": TEXT}]},
        {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [TEXT]}]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {
                            "type": "image_url",
                            "image_url": {"url": f"data:image/png;base64,{TEXT}"},
                        },
                    ],
                }
            ]
        },
        {"strData": json.dumps({"image": TEXT})},
        {"strData": TEXT.rstrip("=")},
        {"strData": TEXT.replace("+", "-").replace("/", "_")},
        {"strData": "\n".join(TEXT[at : at + 76] for at in range(0, len(TEXT), 76))},
        [1, None, {"deep": [[{"deeper": TEXT}]]}],
    ],
)
def test_a_picture_embedded_anywhere_in_the_request_is_found(dataset, value):
    found = find_picture(dataset, request(dataset, value))
    assert (found.data, found.origin) == (PICTURE, PictureOrigin.EMBEDDED)


@pytest.mark.parametrize(
    "path",
    [
        "pages/b.png",
        "../pages/b.png",
        "/workspace/dataset/pages/b.png",
        "file:///workspace/dataset/pages/b.png",
        " pages/b.png\n",
    ],
)
def test_a_path_in_the_request_is_followed_inside_the_dataset(dataset, path):
    (dataset / "pages").mkdir()
    (dataset / "pages" / "b.png").write_bytes(OTHER)
    found = find_picture(dataset, request(dataset, {"jsonData": {"path": path}}))
    assert (found.data, found.origin) == (OTHER, PictureOrigin.REFERENCED)


def test_a_path_seen_from_the_request_comes_before_one_seen_from_the_root(dataset):
    (dataset / "b.png").write_bytes(PICTURE)
    (dataset / "night" / "b.png").write_bytes(OTHER)
    found = find_picture(dataset, request(dataset, {"path": "b.png"}))
    assert (found.data, found.name) == (OTHER, "night/b.png")


def test_an_embedded_picture_comes_before_a_path_and_a_path_before_a_sibling(dataset):
    (dataset / "b.png").write_bytes(OTHER)
    (dataset / "night" / "a.png").write_bytes(a_picture(colour="blue"))
    both = request(dataset, {"path": "b.png", "strData": TEXT})
    assert find_picture(dataset, both).origin is PictureOrigin.EMBEDDED
    path = request(dataset, {"path": "b.png"})
    assert find_picture(dataset, path).origin is PictureOrigin.REFERENCED


@pytest.mark.parametrize("sibling", ["a.png", "a.JPEG", "a.tif"])
def test_a_picture_of_the_same_stem_is_the_last_resort(dataset, sibling):
    (dataset / "night" / sibling).write_bytes(OTHER)
    found = find_picture(dataset, request(dataset, {"strData": "data"}))
    assert (found.data, found.origin) == (OTHER, PictureOrigin.SIBLING)


def test_a_request_named_after_its_picture_finds_it(dataset):
    (dataset / "night" / "b.jpeg").write_bytes(OTHER)
    found = find_picture(dataset, request(dataset, {"strData": "data"}, "night/b.jpeg.json"))
    assert (found.name, found.origin) == ("night/b.jpeg", PictureOrigin.SIBLING)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../../outside.png", "PATH_OUTSIDE"),
        ("/workspace/dataset/../outside.png", "PATH_OUTSIDE"),
        ("/etc/passwd.png", "PATH_OUTSIDE"),
        ("nothing.png", "FILE_GONE"),
        ("https://example.org/a.png", "PICTURE_ELSEWHERE"),
        ("data.csv", "NO_PICTURE"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(dataset, path, code):
    assert why_not(dataset, request(dataset, {"path": path})) == code


def test_links_out_of_the_dataset_are_refused(dataset):
    (dataset / "night" / "b.png").symlink_to(dataset.parent / "outside.png")
    (dataset / "night" / "a.png").symlink_to(dataset.parent / "outside.png")
    assert why_not(dataset, request(dataset, {"path": "b.png"})) == "PATH_OUTSIDE"
    assert why_not(dataset, request(dataset, {"strData": "data"})) == "PATH_OUTSIDE"
    assert why_not(dataset, "night/b.png") == "PATH_OUTSIDE"


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"\xff\xfe", b"[" * 50_000, b'{"strData":"short"}', b"3"]
)
def test_a_request_without_a_picture_says_so(dataset, content):
    assert why_not(dataset, request(dataset, content)) == "NO_PICTURE"


def test_a_request_named_after_a_picture_that_is_not_there_has_none(dataset):
    assert why_not(dataset, request(dataset, {"strData": "data"}, "night/b.jpeg.json")) == (
        "NO_PICTURE"
    )


def test_an_input_that_is_gone_or_too_large_says_so(dataset, monkeypatch):
    with pytest.raises(NotFound):
        find_picture(dataset, "night/gone.json")
    name = request(dataset, seldon(PICTURE))
    with pytest.raises(Refused) as refused:
        pictures.read_input(dataset, name, most=10)
    assert refused.value.code == "INPUT_TOO_LARGE"


def test_text_that_only_begins_like_base64_is_no_picture(dataset):
    prose = "Qk" + "the quick brown fox " * 10
    assert why_not(dataset, request(dataset, {"strData": prose})) == "NO_PICTURE"
    assert why_not(dataset, request(dataset, {"strData": "é" * 100})) == "NO_PICTURE"
