"""Detections are read from whatever a server makes of the four names, and nothing raises."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.protocols import ServiceType, detections, protocol_of
from inference_ui.backend.protocols.detections import detections_in, plain_detection
from inference_ui.backend.records import Detections

CAT = [1.0, 2.0, 3.0, 4.0]
DOG = [5.0, 6.0, 7.0, 8.0]
FLAT = {"dclasses": ["cat", "dog"], "dobjects": [CAT, DOG], "dconfidences": [0.9, 0.8], "dnum": 2}
BOTH = Detections(("cat", "dog"), (tuple(CAT), tuple(DOG)), (0.9, 0.8))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "shape",
    [
        FLAT,
        FLAT | {"dconfidences": ["0.9", " 0.8 "]},
        FLAT | {"dobjects": [["1", "2", "3", "4"], DOG]},
        FLAT | {"dobjects": [*CAT, *DOG]},
        FLAT | {"dnum": "2"},
        FLAT | {"dnum": [2]},
        FLAT | {"dnum": [1, 1]},
        {
            "dclasses": [["cat", "dog"]],
            "dobjects": [[CAT, DOG]],
            "dconfidences": [[0.9, 0.8]],
            "dnum": [2],
        },
        FLAT | {"dobjects": [[CAT, DOG]]},
        FLAT | {"dobjects": [[CAT], [DOG]], "dconfidences": [[0.9], [0.8]]},
        FLAT | {"dobjects": [[CAT], [], [DOG]]},
    ],
    ids=json.dumps,
)
def test_every_tolerated_shape_reads_as_the_same_two_objects(shape: dict[str, Any]) -> None:
    assert detections_in(shape) == BOTH


def test_a_class_that_is_named_once_for_its_group_stands_at_each_of_its_boxes() -> None:
    found = detections_in(
        {
            "dclasses": ["cat", "dog"],
            "dobjects": [[CAT, DOG], [CAT]],
            "dconfidences": [[0.9, 0.8], [0.7]],
            "dnum": 3,
        }
    )
    assert found is not None
    assert found.classes == ("cat", "cat", "dog")
    assert found.confidences == (0.9, 0.8, 0.7)
    assert found.warnings == ()


@pytest.mark.parametrize("boxes", [[], [[]], [[], []], None])
def test_nothing_found_is_a_detection_without_objects(boxes: Any) -> None:
    nothing: Any = [] if boxes is None else boxes
    value = {"dclasses": nothing, "dobjects": boxes, "dconfidences": nothing, "dnum": 0}
    assert detections_in(value) == Detections((), (), ())


def test_class_numbers_become_text() -> None:
    found = detections_in(FLAT | {"dclasses": [7, 3.0]})
    assert found is not None
    assert found.classes == ("7", "3")


@pytest.mark.parametrize(
    ("change", "warning", "kept"),
    [
        ({"dnum": 3}, detections.DNUM_DIFFERS, 2),
        ({"dnum": "many"}, detections.DNUM_DIFFERS, 2),
        ({"dclasses": ["cat"]}, detections.LENGTHS_DIFFER, 1),
        ({"dconfidences": [0.9, 0.8, 0.7]}, detections.LENGTHS_DIFFER, 2),
        ({"dclasses": "cat"}, detections.LENGTHS_DIFFER, 1),
        ({"dclasses": None}, detections.NO_CLASSES, 2),
        ({"dconfidences": None}, detections.NO_CONFIDENCES, 2),
        ({"dclasses": ["cat", {"a": 1}]}, detections.BAD_CLASS, 2),
        ({"dclasses": ["cat", 10**5000]}, detections.BAD_CLASS, 2),
        ({"dobjects": [CAT, [1, 2, 3]]}, detections.BAD_BOX, 1),
        ({"dobjects": [CAT, [1, 2, 3, "left"]]}, detections.BAD_BOX, 1),
        ({"dobjects": [CAT, [1, 2, 3, math.nan]]}, detections.BAD_BOX, 1),
        ({"dobjects": [CAT, [1, 2, 3, 10**400]]}, detections.BAD_BOX, 1),
        ({"dobjects": [CAT, [1, 2, 3, True]]}, detections.BAD_BOX, 1),
        ({"dobjects": [CAT, {"x": 1}]}, detections.BAD_BOX, 1),
        ({"dobjects": [CAT, [[[1]]]]}, detections.BAD_BOX, 1),
        ({"dconfidences": [0.9, "high"]}, detections.BAD_CONFIDENCE, 2),
        ({"dconfidences": [0.9, math.inf]}, detections.BAD_CONFIDENCE, 2),
        ({"dconfidences": [0.9, 80]}, detections.CONFIDENCE_RANGE, 2),
    ],
)
def test_what_does_not_fit_is_warned_of(change: dict[str, Any], warning: str, kept: int) -> None:
    found = detections_in(FLAT | change)
    assert found is not None
    assert warning in found.warnings
    assert len(found.boxes) == len(found.classes) == len(found.confidences) == kept


@pytest.mark.parametrize(
    "value",
    [None, 1, "dobjects", [], {}, {"dclasses": ["cat"]}, {"dobjects": "[]"}, {"dobjects": 3}],
)
def test_anything_else_is_no_detection(value: Any) -> None:
    assert detections_in(value) is None


JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["dobjects", '{"dobjects":[[1,2,3,NaN]]}', "\ud800", "1e999", "0.5"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(
                [*FLAT, "jsonData", "strData", "outputs", "name", "data", "predictions", "choices"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(value=JSON_LIKE, service_type=st.sampled_from(ServiceType))
def test_reading_never_raises_and_the_arrays_stay_parallel(
    value: Any, service_type: ServiceType
) -> None:
    found = protocol_of(service_type, model_name="m").unwrap(value)
    if found is None:
        return
    assert len(found.boxes) == len(found.classes) == len(found.confidences) == len(found)
    assert all(math.isfinite(number) for box in found.boxes for number in box)
    assert all(math.isfinite(number) for number in found.confidences)
    "".join(found.classes).encode()


def test_text_that_is_nested_too_deeply_is_no_detection() -> None:
    hostile = '{"dobjects":' + "[" * 100_000
    assert protocol_of(ServiceType.SELDON).unwrap({"strData": hostile}) is None


flat = st.integers(0, 5).flatmap(
    lambda count: st.fixed_dictionaries(
        {
            "dclasses": st.lists(st.text() | st.integers(-9, 9), min_size=count, max_size=count),
            "dobjects": st.lists(
                st.lists(st.floats(-1e6, 1e6) | st.integers(-9, 9), min_size=4, max_size=4),
                min_size=count,
                max_size=count,
            ),
            "dconfidences": st.lists(st.floats(0, 1), min_size=count, max_size=count),
            "dnum": st.integers(0, 6),
        }
    )
)


@given(flat, st.booleans())
def test_the_quick_look_at_a_plain_detection_sees_what_the_whole_one_does(
    answer: dict[str, object], enveloped: bool
) -> None:
    body = msgspec.json.encode({"jsonData": answer} if enveloped else answer)
    quick = plain_detection(body, may_be_enveloped=True)
    whole = detections_in(msgspec.json.decode(msgspec.json.encode(answer)))
    assert quick is not None
    assert whole is not None
    assert (tuple(quick[0]), tuple(quick[1])) == (whole.classes, whole.confidences)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"dobjects": [[1, 2, 3]], "dclasses": ["a"], "dconfidences": [0.5]}',
        b'{"dobjects": [[1, 2, 3, 4]], "dclasses": ["a", "b"], "dconfidences": [0.5]}',
        b'{"dobjects": [[1, 2, 3, 4]], "dclasses": ["a"], "dconfidences": ["0.5"]}',
        b'{"dobjects": [[1, 2, 3, 4]], "dclasses": [3.0], "dconfidences": [0.5]}',
        b'{"dobjects": [[1, 2, 3, 4]], "dclasses": ["a"]}',
        b'{"dobjects": [[1, 2, 3, 4]], "dclasses": ["a"], "dconfidences": [0.5]} x',
    ],
)
def test_the_quick_look_leaves_everything_else_to_the_whole_one(body: bytes) -> None:
    assert plain_detection(body, may_be_enveloped=True) is None
