"""Answers that are no detections, in words where they are simple."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.results.answers import (
    MAX_TEXT,
    ClassScore,
    Reading,
    Vector,
    brief,
    parse_answer,
    read_answer,
)

CAT = Reading((ClassScore("cat", 0.9),), total=1)
CAT_AND_DOG = Reading((ClassScore("cat", 0.9), ClassScore("dog", 0.1)), total=2)


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
        ([{"label": "cat", "score": 0.9}, {"label": "dog", "score": 0.1}], CAT_AND_DOG),
        ([{"label": "dog", "score": 0.1}, {"label": "cat", "score": 0.9}], CAT_AND_DOG),
        ({"dclasses": ["dog", "cat"], "dconfidences": [0.1, 0.9], "dnum": 2}, CAT_AND_DOG),
        ({"labels": ["dog", "cat"], "scores": [[0.1, 0.9]]}, CAT_AND_DOG),
        ({"data": {"names": ["cat", "dog"], "ndarray": [[0.9, 0.1]]}}, CAT_AND_DOG),
        ({"probabilities": {"dog": 0.1, "cat": 0.9}}, CAT_AND_DOG),
        ({"class": 3}, Reading((ClassScore("3", None),), total=1)),
        ({"class": "cat", "confidence": 10**400}, Reading((ClassScore("cat", None),), total=1)),
        ({"strData": "a cat"}, Reading(text="a cat")),
        ({"choices": [{"message": {"content": "a cat"}}]}, Reading(text="a cat")),
        ({"choices": [{"text": "a cat"}]}, Reading(text="a cat")),
        ({"choices": [{"text": "a cat"}, {"text": "a dog"}]}, Reading(text="a cat")),
        (
            {"choices": [{"message": {"content": [{"type": "text", "text": "a cat"}]}}]},
            Reading(text="a cat"),
        ),
        (
            {"outputs": [{"name": "said", "datatype": "BYTES", "data": ["a cat"]}]},
            Reading(text="a cat"),
        ),
        ({"response": "half a cat\ud83d"}, Reading(text="half a cat?")),
        ([{"generated_text": "a cat"}], Reading(text="a cat")),
    ],
)
def test_simple_answers_are_said_in_words(answer, reading):
    assert read_answer(answer) == reading


@pytest.mark.parametrize(
    "answer",
    [
        {"embedding": [0.5] * 4096},
        {"embeddings": [[0.5] * 4096]},
        {"data": [{"object": "embedding", "index": 0, "embedding": [0.5] * 4096}]},
        {"outputs": [{"name": "v", "shape": [1, 4096], "data": [0.5] * 4096}]},
        {"predictions": [[0.5] * 4096]},
        [0.5] * 4096,
    ],
)
def test_of_a_vector_its_length_and_its_first_numbers_are_told(answer):
    assert read_answer(answer) == Reading(vectors=(Vector(4096, (0.5,) * 8),), total=1)


def test_of_many_vectors_and_classes_the_first_are_told_and_how_many_there_are():
    vectors = read_answer({"data": [{"embedding": [0.5, 1]}] * 1000})
    assert (vectors.total, len(vectors.vectors)) == (1000, 10)
    classes = read_answer([{"label": str(n), "score": n / 1000} for n in range(1000)])
    assert (classes.total, [one.name for one in classes.classes[:2]]) == (1000, ["999", "998"])
    assert (len(classes.classes), len(brief(classes).classes)) == (1000, 10)
    text = read_answer({"text": "a" * 30_000})
    assert (len(text.text), len(brief(text).text)) == (30_000, MAX_TEXT)


@pytest.mark.parametrize(
    "answer",
    [
        *(None, 3, "text", {}, [], [[]], {"data": [[0.1, "x"]]}, {"embedding": []}, {"a": [1, 2]}),
        *({"labels": ["a", "b"], "scores": [1]}, {"labels": ["a"], "scores": [None]}),
    ],
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
            )
            | st.sampled_from(["labels", "scores", "names", "embedding", "ndarray", "data"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_value)
def test_no_answer_is_too_strange(answer):
    reading = read_answer(answer)
    assert reading is None or reading.classes or reading.text or reading.vectors


def test_json_as_python_writes_it_is_taken():
    assert str(parse_answer(b'{"score": NaN}')) == "{'score': nan}"
    for content in (b"", b"[" * 100_000, b"\xff", b"9" * 5000, b"{'a': 1}"):
        assert parse_answer(content) is None
