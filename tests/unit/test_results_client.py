"""What the browser's part of the results makes of JSON, and the sentences that it asks for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_ui.i18n.catalogue import messages
from inference_ui.web.plugin import CLIENT

NODE = Path(sys.executable).parent / "node"
PROGRAM = """
import { linesOf, parsed } from "./results_json.mjs";
import * as geometry from "./results_geometry.mjs";
import * as shown from "./results_shown.mjs";
import { createInterface } from "node:readline";
const whole = { get: () => true };
const lines = (text, count, folds, lit) => {
  const root = parsed(text);
  return root && linesOf(root, count, folds ? new Map(folds) : whole, lit);
};
const known = { lines, ...geometry, ...shown };
for await (const line of createInterface({ input: process.stdin })) {
  const [name, args] = JSON.parse(line);
  console.log(JSON.stringify(known[name](...args) ?? null));
}
"""
SCRIPTS = ("results_json", "results_geometry", "results_shown")


class Browser:
    """The browser's pure functions in a node that stays: one line in, one line out."""

    def __init__(self, folder: Path) -> None:
        for name in SCRIPTS:
            script = (CLIENT / f"{name}.js").read_text("utf-8")
            (folder / f"{name}.mjs").write_text(script, "utf-8")
        (folder / "main.mjs").write_text(PROGRAM, "utf-8")
        self.process = subprocess.Popen(
            [NODE, "main.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, name: str, *args: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([name, args]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory):
    browser = Browser(tmp_path_factory.mktemp("client"))
    yield browser
    browser.process.communicate(timeout=30)


def set_out(lines):
    """The text of lines, as it is read."""
    return "\n".join(
        "  " * line["indent"] + "".join(str(text) for _, text in line["parts"]) for line in lines
    )


@pytest.fixture(scope="module")
def printed(browser):
    """Sets a JSON out in lines, nothing left out: {text, index}; None for what is none."""

    def printed(text, count=-1):
        lines = browser("lines", text, count)
        return lines and {"text": set_out(lines), "index": [line["index"] for line in lines]}

    return printed


json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=40,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(json_value, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_any_json_is_set_out_and_says_the_same(printed, value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    made = printed(text)
    assert made is not None
    assert repr(json.loads(made["text"])) == repr(value)


def test_numbers_stay_as_they_were_written(printed):
    text = '{"a":[1.10,1E+400,12345678901234567890,-0.0],"a":"\\u00e9\\/"}'
    made = printed(text)
    assert made is not None
    assert re.sub(r"\s", "", made["text"]) == text


def test_boxes_stand_on_one_line_each_beside_the_number_of_their_object(printed):
    made = printed('{"dclasses":["a","b"],"dobjects":[[1,2,3,4],[5,6,7,8]],"dnum":2}', 2)
    assert made is not None
    assert made["text"].splitlines() == [
        "{",
        '  "dclasses": [',
        '    "a",',
        '    "b"',
        "  ],",
        '  "dobjects": [',
        "    [1, 2, 3, 4],",
        "    [5, 6, 7, 8]",
        "  ],",
        '  "dnum": 2',
        "}",
    ]
    assert made["index"] == [None, None, 0, 1, None, None, 0, 1, None, None, None]


def test_arrays_of_another_length_are_not_taken_for_objects(printed):
    made = printed('{"dclasses":["a","b"],"dobjects":[[1,2,3,4]]}', 1)
    assert made is not None
    assert made["index"].count(0) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a":}', "[1 2]", "[1,]x", "nonsense", '{"a" 1}', '"open', "[" * 1000 + "]" * 1000],
)
def test_what_is_no_json_or_too_deep_is_left_as_it_is(printed, text):
    assert printed(text) is None


def detection_of(count):
    return json.dumps(
        {"dclasses": ["a"] * count, "dobjects": [[at, 2, 3, 4] for at in range(count)]}
    )


def test_of_a_long_array_the_first_members_are_shown_and_how_many_more_there_are(browser):
    lines = browser("lines", detection_of(11), 11, [])
    assert [line.get("more") for line in lines if "more" in line] == [6, 6]
    assert sum(line["index"] is not None for line in lines) == 10
    assert not [line for line in browser("lines", detection_of(8), 8, []) if "more" in line]


def test_a_lit_object_is_shown_where_its_array_is_shown_in_part(browser):
    lines = browser("lines", detection_of(11), 11, [], 7)
    assert [line["index"] for line in lines if line["index"] is not None].count(7) == 2
    assert [line["more"] for line in lines if "more" in line] == [2, 3, 2, 3]
    lit = next(line for line in lines if line["index"] == 7 and line["parts"][0][1] == "[")
    assert set_out([lit]).strip() == "[7, 2, 3, 4],"


def test_what_was_closed_says_how_many_it_holds_and_what_was_opened_shows_them(browser):
    first = browser("lines", detection_of(11), 11, [])
    dclasses = next(line["id"] for line in first if line.get("name") == "dclasses")
    closed = browser("lines", detection_of(11), 11, [[dclasses, False]])
    assert set_out(closed[:2]) == '{\n  "dclasses": [ 11 ],'
    opened = browser("lines", detection_of(11), 11, [[dclasses, 10_005]])
    assert sum(line["index"] is not None for line in opened) == 16


def test_a_long_text_is_cut_and_says_by_how_much(browser):
    (line,) = browser("lines", json.dumps("x" * 1_000_000), -1, [])
    assert [kind for kind, _ in line["parts"]] == ["s", "letters"]
    assert len(line["parts"][0][1]) + line["parts"][1][1] == 1_000_002


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(json_value, st.lists(st.tuples(st.integers(1, 12), st.sampled_from([False, 2, True]))))
def test_whatever_is_closed_lines_open_and_close_in_pairs(browser, value, folds):
    lines = browser("lines", json.dumps(value), 3, folds, 2)
    text = "".join(part for line in lines for kind, part in line["parts"] if kind == "p")
    assert [text.count(one) for one in "[{"] == [text.count(one) for one in "]}"]


side = st.integers(40, 3000)
sizes = st.fixed_dictionaries({"width": side, "height": side})
numbers = st.floats(-1e9, 1e9)
views = st.fixed_dictionaries(
    {"scale": st.floats(0.02, 40), "x": st.floats(-5000, 5000), "y": st.floats(-5000, 5000)}
)
boxes = st.tuples(numbers, numbers, numbers, numbers).map(
    lambda box: (*map(min, box[:2], box[2:]), *map(max, box[:2], box[2:]))
) | st.tuples(*[st.floats(-100, 4000)] * 2, *[st.floats(0, 500)] * 2).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
EXACT = 1e-6
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def within(inner, outer):
    return all(
        inner[at] >= outer[at] - EXACT
        and inner[at] + inner[long] <= outer[at] + outer[long] + EXACT
        for at, long in (("x", "width"), ("y", "height"))
    )


@many
@given(boxes, views, sizes, sizes, st.integers(10, 320))
def test_the_label_of_a_box_in_sight_is_never_cut(browser, box, view, picture, pane, width):
    frame = {"x": 0, "y": 0, **pane}
    width = min(width, pane["width"])
    view = browser("kept", view, picture, pane)
    place = browser("placed", (0, 0, picture["width"], picture["height"]), view)
    room = browser("roomFor", place, pane, width)
    drawn = browser("placed", box, view)
    label = browser("labelled", drawn, width, room, frame)
    if browser("meets", drawn, frame):
        assert within(label, frame)
    if browser("meets", drawn, room):
        assert within(label, room)


@many
@given(views, sizes, sizes)
def test_a_picture_cannot_be_moved_out_of_sight(browser, view, picture, pane):
    at = browser("kept", view, picture, pane)
    for place, size, room in ((at["x"], "width", "width"), (at["y"], "height", "height")):
        drawn = picture[size] * at["scale"]
        seen = min(place + drawn, pane[room]) - max(place, 0)
        assert seen >= min(64, drawn, pane[room]) - EXACT
    assert browser("kept", at, picture, pane) == pytest.approx(at)


@many
@given(views, st.floats(0.1, 10), st.floats(0, 2000), st.floats(0, 2000))
def test_the_point_under_the_pointer_stays_when_the_scale_changes(browser, view, factor, x, y):
    after = browser("scaled", view, view["scale"] * factor, x, y)
    assert 0.02 <= after["scale"] <= 40
    before = (x - view["x"]) / view["scale"], (y - view["y"]) / view["scale"]
    now = (x - after["x"]) / after["scale"], (y - after["y"]) / after["scale"]
    assert now == pytest.approx(before, rel=1e-6, abs=1e-6)


def test_two_fingers_take_what_is_under_them_along(browser):
    view = {"scale": 1, "x": 0, "y": 0}
    after = browser("pinched", view, {"x": 100, "y": 100}, {"x": 0, "y": 100}, {"x": 200, "y": 100})
    assert after == pytest.approx({"scale": 2, "x": -200, "y": -100})


def test_what_is_shown_follows_classes_and_confidence(browser):
    objects = [{"name": "a", "confidence": 0.4}, {"name": "a", "confidence": -2}]
    objects += [{"name": "b", "confidence": 97}, {"name": "b", "confidence": 0.39}]
    everything = browser("shownOf", objects, {"hidden": [], "least": 0})
    assert everything == {"on": [True] * 4, "shown": 4, "hidden": 0}
    some = browser("shownOf", objects, {"hidden": ["c"], "least": 0.4})
    assert some["on"] == [True, False, True, False]
    assert browser("shownOf", objects, {"hidden": ["b"], "least": 0.4})["shown"] == 1
    assert browser("highestOf", objects) == 97
    assert browser("highestOf", []) == 1
    bins = browser("histogram", objects, 97)
    assert (len(bins), bins[0], bins[-1]) == (20, 3, 1)
    assert browser("classesOf", [*objects, {"name": "b"}]) == [["b", 3], ["a", 2]]
    assert browser("ordered", objects, "confidence") == [2, 0, 3, 1]


def test_every_sentence_that_the_scripts_ask_for_is_there():
    known = messages("zh").keys()
    scripts = "\n".join(path.read_text("utf-8") for path in CLIENT.glob("results_*.js"))
    asked = set(re.findall(r'"((?:results|common)\.[a-z_]+)"', scripts))
    assert len(asked) > 30
    assert asked <= known
    # Some are put together where they are said: `results.${name}_none`.
    parts = [re.split(r"\$\{[^}]*\}", one) for one in re.findall(r"`(results\.[^`]*)`", scripts)]
    told = [part for part in parts if part != ["results.", ""]]
    built = re.compile("|".join(r"[A-Za-z_]+".join(map(re.escape, part)) for part in told))
    asked |= {key for key in known if built.fullmatch(key)}
    asked |= {f"results.{word}" for word in re.findall(r'"([a-zA-Z_]+)"', scripts)}
    spoken = {key for key in known if key.startswith("results.") and key.islower()}
    assert spoken - asked <= {"results.title", "results.title_of"}


def test_every_sentence_that_asking_needs_is_there_and_none_is_left_over():
    known = {key for key in messages("zh") if key.startswith("ask.")}
    scripts = "\n".join(path.read_text("utf-8") for path in CLIENT.glob("ask*.js"))
    assert set(re.findall(r'"(ask\.[a-z_]+)"', scripts)) == known
