"""Answers that are no detections, in words where they are simple."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.results.answers import ClassScore, Reading, parse_answer, read_answer

CAT = Reading((ClassScore("cat", 0.9),))


@pytest.mark.parametrize(
    ("answer", "reading"),
    [
        ({"class": "cat", "confidence": 0.9}, CAT),
        ({"label": "cat", "score": 0.9}, CAT),
        ({"jsonData": {"label": "cat", "score": 0.9}}, CAT),
        ({"strData": '{"label": "cat", "score": 0.9}'}, CAT),
        ({"predictions": [{"label": "cat", "score": 0.9}]}, CAT),
        ([{"label": "cat", "score": 0.9}], CAT),
        ([[{"label": "cat", "score": 0.9}]], CAT),
        (
            [{"label": "cat", "score": 0.9}, {"label": "dog", "score": 0.1}],
            Reading((ClassScore("cat", 0.9), ClassScore("dog", 0.1))),
        ),
        ({"class": 3}, Reading((ClassScore("3", None),))),
        ({"class": "cat", "confidence": 10**400}, Reading((ClassScore("cat", None),))),
        ({"strData": "a cat"}, Reading(text="a cat")),
        ({"choices": [{"message": {"content": "a cat"}}]}, Reading(text="a cat")),
        ({"choices": [{"text": "a cat"}]}, Reading(text="a cat")),
        ([{"generated_text": "a cat"}], Reading(text="a cat")),
    ],
)
def test_simple_answers_are_said_in_words(answer, reading):
    assert read_answer(answer) == reading


@pytest.mark.parametrize(
    "answer", [None, 3, "text", {}, [], {"data": [[0.1, 0.2]]}, {"embedding": [0.1] * 100}]
)
def test_other_answers_are_left_to_their_json(answer):
    assert read_answer(answer) is None


json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["class", "label", "score", "text", "jsonData", "strData", "choices", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_value)
def test_no_answer_is_too_strange(answer):
    reading = read_answer(answer)
    assert reading is None or reading.classes or reading.text


def test_json_as_python_writes_it_is_taken():
    assert str(parse_answer(b'{"score": NaN}')) == "{'score': nan}"
    for content in (b"", b"[" * 100_000, b"\xff", b"9" * 5000, b"{'a': 1}"):
        assert parse_answer(content) is None
