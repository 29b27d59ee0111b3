"""The sample dataset: whole or not there, always the same, and never what the model learned."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference_ui.demo.digits import (
    ABANDONED_AFTER_S,
    GROUND_TRUTH,
    PAGES,
    is_whole,
    main,
    page_path,
    prepare,
    read_ground_truth,
)
from inference_ui.demo.glyphs import ink_box, page_half, training_half
from inference_ui.demo.model import ink_of
from inference_ui.demo.pages import EDGE, HEIGHT, MOST, WIDTH, draw_pages
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole sample, made once for this module; tests must not change it."""
    folder = tmp_path_factory.mktemp("volume") / "nested" / "digits"
    assert prepare(folder)
    return folder


def picture_in(path: Path) -> Image.Image:
    request = json.loads(path.read_bytes())
    assert list(request) == ["strData"]
    return Image.open(io.BytesIO(b64decode(request["strData"], validate=True)))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_the_model_learns_never_stands_on_a_page() -> None:
    learned, shown = training_half(), page_half()
    assert len(learned) + len(shown) == 1797
    assert abs(len(learned) - len(shown)) <= 10
    assert not set(learned.numbers.tolist()) & set(shown.numbers.tolist())
    # No scan occurs twice in the source either: the halves share no picture.
    assert not {scan.tobytes() for scan in learned.cells} & {scan.tobytes() for scan in shown.cells}


def test_both_halves_hold_every_class_alike() -> None:
    difference = np.bincount(training_half().labels) - np.bincount(page_half().labels)
    assert len(difference) == 10
    assert np.abs(difference).max() <= 1


def test_every_page_is_a_request_and_every_json_file_is_a_page(sample: Path) -> None:
    found = sorted(path.relative_to(sample).as_posix() for path in sample.rglob("*.json"))
    assert found == sorted(page_path(number) for number in range(PAGES))
    assert len(found) == PAGES == 200
    assert len({path.parent for path in sample.rglob("*.json")}) == 20
    for path in sample.rglob("*.json"):
        with picture_in(path) as picture:
            assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        assert path.stat().st_size < 80_000, "60 kB of PNG are 80 kB of base64"


def test_the_truth_names_the_digits_of_every_page(sample: Path) -> None:
    truth = read_ground_truth(sample.parent / GROUND_TRUTH)
    assert sorted(truth) == sorted(page_path(number) for number in range(PAGES))
    assert {label for page in truth.values() for label in page.classes} == set("0123456789")
    for page in truth.values():
        assert 3 <= len(page.classes) == len(page.boxes) <= MOST
        for x1, y1, x2, y2 in page.boxes:
            assert EDGE <= x1 < x2 <= WIDTH - EDGE
            assert EDGE <= y1 < y2 <= HEIGHT - EDGE


def test_boxes_are_tight_around_the_ink_and_apart_from_each_other(sample: Path) -> None:
    truth = read_ground_truth(sample.parent / GROUND_TRUTH)
    for number in range(0, PAGES, 20):
        page = truth[page_path(number)]
        ink = ink_of(picture_in(sample / page_path(number)).convert("L"))
        bare = ink.copy()
        for x1, y1, x2, y2 in (tuple(map(int, box)) for box in page.boxes):
            margin = 5  # less than half of what digits keep from each other
            around = ink[y1 - margin : y2 + margin, x1 - margin : x2 + margin]
            left, top, right, bottom = ink_box(around)
            seen = (left - margin, top - margin, right - margin, bottom - margin)
            assert seen == pytest.approx((0, 0, x2 - x1, y2 - y1), abs=2)
            bare[y1 - margin : y2 + margin, x1 - margin : x2 + margin] = 0
        assert bare.max() < 0.35, "there is ink outside of all boxes"


def test_the_same_number_always_gives_the_same_page(sample: Path) -> None:
    for number, page in enumerate(draw_pages(page_half(), 15)):
        request = json.loads((sample / page_path(number)).read_bytes())
        assert b64decode(request["strData"]) == page.png


def test_it_is_made_once_and_left_alone_afterwards(sample: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sample.rglob("*")}
    assert not prepare(sample)
    assert {path: path.stat().st_mtime_ns for path in sample.rglob("*")} == before
    assert names_in(sample.parent) == ["digits", GROUND_TRUTH]


def test_a_folder_with_something_else_in_it_is_refused_and_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "diary.txt").write_text("dear diary")
    with pytest.raises(FileExistsError):
        prepare(folder)
    assert main([str(folder)]) == 1
    assert "not the sample" in capsys.readouterr().err
    assert names_in(tmp_path) == ["mine"]
    assert names_in(folder) == ["diary.txt"]


def test_a_start_killed_half_way_leaves_nothing_half_made(tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    maker = subprocess.Popen([sys.executable, "-m", "inference_ui.demo.digits", str(folder)])
    try:
        wait_for(lambda: list(tmp_path.rglob("page-0003.json")), "some pages were written")
    finally:
        maker.send_signal(signal.SIGKILL)
        maker.wait()
    assert not folder.exists()
    (left,) = tmp_path.iterdir()

    # Soon afterwards the leftover may be another process's work; an hour later it is rubbish.
    long_ago = time.time() - ABANDONED_AFTER_S - 1
    os.utime(left, (long_ago, long_ago))
    assert prepare(folder)
    assert is_whole(folder)
    assert names_in(tmp_path) == ["digits", GROUND_TRUTH]


def test_a_start_that_finds_nothing_to_do_imports_nothing_slow(sample: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from inference_ui.demo.digits import prepare;"
        "assert not prepare(Path(sys.argv[1]));"
        "print({'numpy', 'scipy', 'sklearn', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(sample)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
