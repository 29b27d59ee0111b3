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
import { jsonLines, textOf } from "./results_json.mjs";
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const [text, count] = JSON.parse(line);
  const lines = jsonLines(text, count);
  const made = lines && { text: textOf(lines), index: lines.map(({ index }) => index) };
  console.log(JSON.stringify(made));
}
"""


class Printer:
    """The browser's function in a node that stays: one line in, one line out."""

    def __init__(self, folder: Path) -> None:
        script = (CLIENT / "results_json.js").read_text("utf-8")
        (folder / "results_json.mjs").write_text(script, "utf-8")
        (folder / "main.mjs").write_text(PROGRAM, "utf-8")
        self.process = subprocess.Popen(
            [NODE, "main.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, text: str, count: int = -1) -> dict[str, Any] | None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([text, count]) + "\n")
        self.process.stdin.flush()
        made: dict[str, Any] | None = json.loads(self.process.stdout.readline())
        return made


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory):
    printer = Printer(tmp_path_factory.mktemp("json"))
    yield printer
    printer.process.communicate(timeout=30)


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


def test_what_has_too_many_lines_is_left_as_it_is(printed):
    assert printed(json.dumps([{"a": 1}] * 5000)) is None


def test_every_sentence_that_the_scripts_ask_for_is_there():
    known = messages("zh").keys()
    scripts = "\n".join(path.read_text("utf-8") for path in CLIENT.glob("results_*.js"))
    asked = set(re.findall(r'"((?:results|common)\.[a-z_]+)"', scripts))
    assert len(asked) > 30
    assert asked <= known
    spoken = {key for key in known if key.startswith("results.") and key.islower()}
    assert spoken - asked <= {"results.title", "results.title_of"}


def test_every_sentence_that_asking_needs_is_there_and_none_is_left_over():
    known = {key for key in messages("zh") if key.startswith("ask.")}
    scripts = "\n".join(path.read_text("utf-8") for path in CLIENT.glob("ask*.js"))
    assert set(re.findall(r'"(ask\.[a-z_]+)"', scripts)) == known
