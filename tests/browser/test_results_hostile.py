"""Results that no honest model would write: shown as what they are, and never run or fatal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.results import RunTask, detection
from tests.support.viewer import OBJECTS, PICTURE, Look, boxes, showing

BOX = [10, 10, 200, 200]
SCRIPT = "<img src=x onerror=window.caught=1><script>window.caught=1</script>"
LONG = "x" * 10_000
TURNED = "\u202eevil\u202c \u062d\u0627\u0641\u0644\u0629"


def result(classes: list[Any], objects: list[Any], confidences: list[Any], **more: Any) -> bytes:
    return json.dumps(
        {"dclasses": classes, "dobjects": objects, "dconfidences": confidences, **more}
    ).encode()


CASES: dict[str, tuple[bytes, dict[str, str], int]] = {
    "html": (result([SCRIPT], [BOX], [0.9]), {}, 1),
    "ten thousand letters": (result([LONG], [BOX], [0.9]), {}, 1),
    "from right to left, and emoji": (
        result([TURNED, "👩‍👩‍👧‍👦" * 90], [BOX] * 2, [0.9] * 2),
        {},
        2,
    ),
    "lengths differ": (
        result(["a"], [BOX] * 3, [0.9, 0.8]),
        {"en": "differ in length", "zh": "长度不同"},
        1,
    ),
    "not a number": (
        result(["a", "b"], [BOX, [float("nan")] * 4], [float("nan"), 0.5]),
        {"en": "not numbers", "zh": "不是数"},
        1,
    ),
    "huge": (
        result(["a"], [[-1e308, -5e9, 1e308, 1e308]], [0.5]),
        {"en": "leaves the picture", "zh": "超出图片"},
        1,
    ),
    "without end": (
        result(["a"], [[0, 0, 1e309, 5]], [0.5]),
        {"en": "not four numbers", "zh": "不是四个数"},
        0,
    ),
    "coordinates as text": (result(["a"], [["10", "10", "200", "200"]], [0.5]), {}, 1),
    "coordinates as words": (
        result(["a"], [["left", "top", 1, {}]], [0.5]),
        {"en": "not four numbers", "zh": "不是四个数"},
        0,
    ),
    "confidences as text": (result(["a"], [BOX], ["0.9"]), {}, 1),
    "confidences above one": (
        result(["a", "b"], [BOX, BOX], [97, 1e308]),
        {"en": "not between 0 and 1", "zh": "不在 0 到 1 之间"},
        2,
    ),
    "dnum disagrees": (
        result(["a"], [BOX], [0.9], dnum=-3),
        {"en": "dnum is not", "zh": "dnum 与框的个数不同"},
        1,
    ),
    "classes that are objects": (
        result([{"a": 1}], [BOX], [0.9]),
        {"en": "neither text nor numbers", "zh": "既不是文字也不是数"},
        1,
    ),
    "no JSON": (b"\xff\xfe<html><script>window.caught=1</script>", {}, 0),
    "too deep": (b"[" * 90_000, {}, 0),
}


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_hostile_results_are_shown_as_what_they_are(run: RunTask, look: Look, locale: str) -> None:
    for number, (content, _, _) in enumerate(CASES.values()):
        run.succeeded(f"{number:02d}.json", PICTURE, content)
    run.line("inside.json", status="SUCCEEDED", resultLocation="../../etc/passwd")
    run.line("/etc/passwd", status="SUCCEEDED", resultLocation="/etc/passwd")
    run.line("../../../etc/passwd", status="FAILED", errorMesssage=SCRIPT)
    run.succeeded("last.json", PICTURE, detection(*OBJECTS))
    page = look(locale=locale)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.reload()
    for number, (name, (_, words, count)) in enumerate(CASES.items(), 1):
        showing(page, number)
        expect(boxes(page)).to_have_count(count)
        if words:
            expect(page.get_by_test_id("item-warnings"), name).to_contain_text(words[locale])
        expect(page.get_by_test_id("json")).to_be_visible()
        page.keyboard.press("ArrowDown")
    outside = {"zh": "不在任务的数据集里", "en": "not in the task's dataset"}[locale]
    for number in range(len(CASES) + 1, len(CASES) + 4):
        showing(page, number)
        expect(page.get_by_test_id("json")).to_have_count(0)
        assert "root:" not in page.content()
        page.keyboard.press("ArrowDown")
    showing(page, len(CASES) + 4)
    expect(boxes(page)).to_have_count(len(OBJECTS))
    page.keyboard.press("ArrowUp")
    expect(page.get_by_test_id("item-error")).to_have_text(SCRIPT)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_test_id("item-error")).to_contain_text(outside)
    assert page.evaluate("window.caught") is None
    assert wrong == []
