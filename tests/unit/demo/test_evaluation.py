"""Mean average precision, against cases small enough to be worked out by hand."""

from __future__ import annotations

import pytest

from inference_ui.demo.evaluation import (
    Objects,
    Predicted,
    average_precision,
    average_precisions,
    iou,
    mean_average_precision,
)

HERE = (0.0, 0.0, 10.0, 10.0)
THERE = (100.0, 0.0, 110.0, 10.0)
BELOW = (0.0, 100.0, 10.0, 110.0)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(HERE, 1.0, id="the same box"),
        pytest.param((5, 0, 15, 10), 50 / 150, id="half beside it"),
        pytest.param((0, 0, 10, 5), 0.5, id="its upper half"),
        pytest.param((10, 0, 20, 10), 0.0, id="touching"),
        pytest.param(THERE, 0.0, id="elsewhere"),
        pytest.param((3, 3, 3, 3), 0.0, id="without area"),
    ],
)
def test_iou_is_the_shared_part_of_the_covered_area(
    other: tuple[float, float, float, float], expected: float
) -> None:
    assert iou(HERE, other) == pytest.approx(expected)
    assert iou(other, HERE) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("matches", "positives", "expected"),
    [
        ([True, True], 2, 1.0),
        ([], 3, 0.0),
        ([False, False], 1, 0.0),
        ([True], 2, 0.5),
        ([False, True], 1, 0.5),
        # Precisions 1, 1/2, 2/3: recall 1/2 at 1, recall 1 at 2/3.
        ([True, False, True], 2, 0.5 * 1 + 0.5 * 2 / 3),
        # Precisions 0, 1/2, 2/3: the interpolation lifts the first step to 2/3.
        ([False, True, True], 2, 2 / 3),
        # A wrong prediction behind the last right one costs nothing.
        ([True, True, False], 2, 1.0),
    ],
)
def test_average_precision_is_the_area_under_the_interpolated_curve(
    matches: list[bool], positives: int, expected: float
) -> None:
    assert average_precision(matches, positives) == pytest.approx(expected)


def test_a_perfect_detector_has_one() -> None:
    truth = {"a": Objects(["3", "4"], [HERE, THERE]), "b": Objects(["3"], [HERE])}
    said = {
        "a": Predicted(["4", "3"], [THERE, HERE], [0.6, 0.9]),
        "b": Predicted(["3"], [HERE], [0.3]),
    }
    assert mean_average_precision(truth, said) == 1.0


def test_a_second_box_on_the_same_object_is_wrong() -> None:
    truth = {"a": Objects(["3", "3"], [HERE, THERE])}
    said = {"a": Predicted(["3", "3", "3"], [HERE, HERE, THERE], [0.9, 0.8, 0.7])}
    # Right, duplicate, right.
    assert mean_average_precision(truth, said) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_a_missed_object_costs_its_share_of_the_recall() -> None:
    truth = {"a": Objects(["3", "3"], [HERE, THERE]), "b": Objects(["3", "3"], [HERE, BELOW])}
    said = {"a": Predicted(["3"], [HERE], [0.9])}
    assert mean_average_precision(truth, said) == pytest.approx(1 / 4)


def test_the_wrong_class_is_a_miss_of_one_and_a_false_alarm_of_the_other() -> None:
    truth = {"a": Objects(["3", "8"], [HERE, THERE])}
    said = {"a": Predicted(["8", "8"], [HERE, THERE], [0.9, 0.8])}
    assert average_precisions(truth, said) == {"3": 0.0, "8": pytest.approx(0.5)}
    assert mean_average_precision(truth, said) == pytest.approx(0.25)


def test_a_class_that_is_nowhere_does_not_count() -> None:
    truth = {"a": Objects(["3"], [HERE])}
    said = {"a": Predicted(["3", "7"], [HERE, THERE], [0.9, 0.99])}
    assert average_precisions(truth, said) == {"3": 1.0}


def test_an_object_of_another_picture_is_no_match() -> None:
    truth = {"a": Objects(["3"], [HERE]), "b": Objects([], [])}
    said = {"b": Predicted(["3"], [HERE], [0.9])}
    assert mean_average_precision(truth, said) == 0.0


def test_predictions_are_ranked_over_all_pictures() -> None:
    truth = {"a": Objects(["3"], [HERE]), "b": Objects(["3"], [HERE])}
    said = {
        "a": Predicted(["3", "3"], [HERE, THERE], [0.5, 0.9]),
        "b": Predicted(["3"], [HERE], [0.7]),
    }
    # Wrong (0.9), right (0.7), right (0.5).
    assert mean_average_precision(truth, said) == pytest.approx(2 / 3)


def test_the_least_iou_decides() -> None:
    truth = {"a": Objects(["3"], [HERE])}
    said = {"a": Predicted(["3"], [(0, 0, 10, 6)], [0.9])}
    assert mean_average_precision(truth, said, 0.5) == 1.0
    assert mean_average_precision(truth, said, 0.6) == 1.0
    assert mean_average_precision(truth, said, 0.61) == 0.0
