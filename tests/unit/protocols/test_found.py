"""What the sidecar keeps of a detection."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.protocols.found import BINS, MAX_CLASS, MAX_CLASSES, bin_of, found_of


@pytest.mark.parametrize("place", range(BINS))
def test_each_bin_begins_with_its_twentieth(place):
    assert bin_of(place / BINS) == place
    assert bin_of((place + 0.999) / BINS) == place


@pytest.mark.parametrize(
    ("confidence", "place"),
    [(1.0, 19), (97.0, 19), (math.inf, 19), (-3.0, 0), (-math.inf, 0), (math.nan, 0), (1e-300, 0)],
)
def test_confidences_out_of_range_belong_to_the_ends(confidence, place):
    assert bin_of(confidence) == place


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(allow_nan=False)), max_size=30))
def test_counts_add_up(objects):
    found = found_of([name for name, _ in objects], [one for _, one in objects])
    assert found.objects == len(objects)
    counts = found.counts or (1,) * len(found.classes)
    assert dict(zip(found.classes, counts, strict=True)) == {
        name: sum(other == name for other, _ in objects) for name, _ in objects
    }
    assert sum(found.bins[1::2]) == len(objects)
    assert found.lowest == min((one for _, one in objects), default=None)


def test_endless_classes_are_cut_and_so_are_endless_names():
    found = found_of([f"{number}" + "x" * 1000 for number in range(500)], [0.5] * 500)
    assert len(found.classes) == MAX_CLASSES
    assert {len(name) for name in found.classes} == {MAX_CLASS}
    assert found.objects == 500


def test_confidences_that_stand_for_none_are_not_counted():
    found = found_of(["car"], [0.0], given=False)
    assert (found.lowest, found.bins) == (None, ())
