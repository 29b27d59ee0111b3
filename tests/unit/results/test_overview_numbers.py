"""What an overview says, against counting item by item; and that its numbers are what is found."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.protocols.found import BINS, bin_of, found_of
from inference_ui.backend.results.columns import Columns, Facts, Status
from inference_ui.backend.results.query import (
    EXTREMES,
    ItemFilter,
    ItemKind,
    ItemOrder,
    overview,
    select,
)

Objects = list[tuple[str, float]]
Item = tuple[int, Objects | None, float]

NAMES = ("car", "person", "bus")
objects = st.lists(
    st.tuples(st.sampled_from(NAMES), st.floats(-0.5, 1.5, allow_nan=False)), max_size=25
)
items = st.lists(
    st.one_of(
        st.tuples(st.just(Status.SUCCEEDED), objects, st.floats(0, 1e6, width=32)),
        st.tuples(st.just(Status.SUCCEEDED), st.none(), st.just(math.nan)),
        st.tuples(st.just(Status.FAILED), st.none(), st.floats(0, 1e6, width=32)),
        st.tuples(st.just(Status.UNREADABLE), st.none(), st.just(math.nan)),
    ),
    max_size=40,
)


def columns_of(given: list[Item]) -> Columns:
    columns = Columns()
    columns.extend([_facts(item) for item in given])
    return columns


def _facts(item: Item) -> Facts:
    status, objects, ms = item
    if objects is None:
        return Facts(status, ms=ms)
    found = found_of([name for name, _ in objects], [confidence for _, confidence in objects])
    lowest = math.nan if found.lowest is None else found.lowest
    return Facts(status, found.objects, lowest, ms, found.classes, found.counts, found.bins)


def with_objects(given: list[Item]) -> list[tuple[int, Objects]]:
    return [(number, item[1]) for number, item in enumerate(given) if item[1] is not None]


@given(items)
def test_objects_are_counted_by_class_confidence_and_picture(given: list[Item]) -> None:
    shown = overview(columns_of(given), len(given))
    pictures = with_objects(given)
    every = [one for _, objects in pictures for one in objects]
    assert (shown.detections, shown.objects) == (len(pictures), len(every))
    assert {one.name: one.objects for one in shown.classes} == Counter(name for name, _ in every)
    assert [one.objects for one in shown.classes] == sorted(
        (one.objects for one in shown.classes), reverse=True
    )
    binned = Counter(bin_of(confidence) for _, confidence in every)
    assert shown.confidences == tuple(binned[place] for place in range(BINS))
    sizes = Counter(len(objects) for _, objects in pictures)
    for span in shown.ranges:
        assert span.items == sum(
            count
            for size, count in sizes.items()
            if span.least <= size and (span.most is None or size <= span.most)
        )
    assert sum(span.items for span in shown.ranges) == len(pictures)


@given(items)
def test_items_are_counted_by_what_became_of_them(given: list[Item]) -> None:
    counts = overview(columns_of(given), len(given)).counts
    became = Counter(status for status, _, _ in given)
    assert counts.succeeded == became[Status.SUCCEEDED]
    assert counts.failed == became[Status.FAILED]
    assert counts.unreadable == became[Status.UNREADABLE]
    assert counts.empty == sum(not objects for _, objects in with_objects(given))


@given(items)
def test_whatever_is_counted_is_found_by_the_filter_of_its_bar(given: list[Item]) -> None:
    columns = columns_of(given)
    shown = overview(columns, len(given))

    def found(**conditions: object) -> int:
        return len(select(columns, len(given), ItemFilter(**conditions), None))  # type: ignore[arg-type]

    for one in shown.classes:
        assert found(classes=(one.name,)) == one.items
    for place, count in enumerate(shown.confidence_items):
        assert found(above=place / BINS, below=(place + 1) / BINS) == count
    for span in shown.ranges:
        assert found(least=span.least, most=span.most) == span.items
    for kind in (ItemKind.SUCCEEDED, ItemKind.FAILED, ItemKind.UNREADABLE, ItemKind.EMPTY):
        assert found(kind=kind) == getattr(shown.counts, kind.lower())


@given(items)
def test_those_that_stand_out_are_the_first_of_the_list_in_that_order(given: list[Item]) -> None:
    columns = columns_of(given)
    shown = overview(columns, len(given))
    slowest = select(columns, len(given), ItemFilter(order=ItemOrder.SLOWEST), None)
    fewest = select(columns, len(given), ItemFilter(order=ItemOrder.FEWEST), None)
    assert shown.slowest == tuple(slowest[: len(shown.slowest)].tolist())
    assert shown.emptiest == tuple(fewest[: len(shown.emptiest)].tolist())
    timed = sum(not math.isnan(ms) for _, _, ms in given)
    assert len(shown.slowest) == min(EXTREMES, timed)
    assert len(shown.emptiest) == min(EXTREMES, len(with_objects(given)))


@given(items)
def test_percentiles_are_times_that_so_many_items_took_at_most(given: list[Item]) -> None:
    shown = overview(columns_of(given), len(given))
    times = sorted(ms for _, _, ms in given if not math.isnan(ms))
    if not times:
        assert (shown.p50_ms, shown.p95_ms) == (None, None)
        return
    assert shown.p50_ms == times[math.ceil(len(times) * 0.5) - 1]
    assert shown.p95_ms == times[math.ceil(len(times) * 0.95) - 1]


def test_large_numbers_of_objects_are_counted_in_steps() -> None:
    sizes = [0, 20, 21, 50, 51, 10_000, 10_001, 2_000_000]
    columns = Columns()
    columns.extend([Facts(Status.SUCCEEDED, size) for size in sizes])
    ranges = {(one.least, one.most): one.items for one in overview(columns, len(sizes)).ranges}
    assert ranges[0, 0] == ranges[20, 20] == 1
    assert ranges[21, 50] == 2
    assert ranges[51, 100] == 1
    assert ranges[101, 200] == 0
    assert ranges[5_001, 10_000] == 1
    assert ranges[10_001, None] == 2
    assert sum(ranges.values()) == len(sizes)


def test_only_what_was_counted_when_asked_is_told() -> None:
    columns = Columns()
    columns.extend([Facts(Status.SUCCEEDED, 1), Facts(Status.FAILED)])
    shown = overview(columns, 1)
    assert (shown.lines, shown.counts.succeeded, shown.counts.failed) == (1, 1, 0)
