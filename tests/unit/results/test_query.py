"""What a filter finds, against looking at every item in turn."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.protocols.found import bin_of, found_of
from inference_ui.backend.results.columns import Columns, Facts, Status
from inference_ui.backend.results.query import (
    Counts,
    ItemFilter,
    ItemKind,
    ItemOrder,
    counts_of,
    position_of,
    select,
)
from tests.support.item_worlds import CLASSES, Item, item_lists

CODES = {"SUCCEEDED": Status.SUCCEEDED, "FAILED": Status.FAILED}

filters = st.builds(
    ItemFilter,
    text=st.just(""),
    kind=st.sampled_from(ItemKind),
    classes=st.lists(st.sampled_from((*CLASSES, "nowhere")), max_size=2, unique=True).map(tuple),
    least=st.one_of(st.none(), st.integers(-1, 7)),
    most=st.one_of(st.none(), st.integers(-1, 7)),
    above=st.one_of(st.none(), st.integers(0, 20).map(lambda place: place / 20)),
    below=st.one_of(st.none(), st.integers(0, 20).map(lambda place: place / 20)),
    order=st.sampled_from(ItemOrder),
)


def facts_of(item: Item) -> Facts:
    if item.status != "SUCCEEDED" or item.objects is None:
        return Facts(CODES.get(item.status, Status.UNREADABLE), ms=item.ms)
    found = found_of([name for name, _ in item.objects], [one for _, one in item.objects])
    lowest = math.nan if found.lowest is None else found.lowest
    return Facts(
        Status.SUCCEEDED,
        found.objects,
        lowest,
        item.ms,
        found.classes,
        found.counts,
        found.bins,
    )


def is_wanted(item: Item, wanted: ItemFilter) -> bool:
    known = item.status == "SUCCEEDED" and item.objects is not None
    objects = item.objects or () if known else ()
    kind = item.status if item.status in CODES else "UNREADABLE"
    low = 0 if wanted.above is None else round(wanted.above * 20)
    high = 20 if wanted.below is None else round(wanted.below * 20)
    confident = wanted.above is None and wanted.below is None
    return (
        (wanted.kind in ("", kind) or (wanted.kind == "EMPTY" and known and not objects))
        and (not wanted.classes or any(name in wanted.classes for name, _ in objects))
        and (wanted.least is None or (known and len(objects) >= wanted.least))
        and (wanted.most is None or (known and len(objects) <= wanted.most))
        and (confident or any(min(low, 19) <= bin_of(one) < high for _, one in objects))
    )


def key_of(item: Item, order: ItemOrder) -> tuple[bool, float]:
    known = item.status == "SUCCEEDED" and item.objects is not None
    count = float(len(item.objects or ())) if known else math.nan
    value = {
        ItemOrder.NUMBER: 0.0,
        ItemOrder.LOWEST: float(np.float32(item.lowest)) if known else math.nan,
        ItemOrder.SLOWEST: -item.ms,
        ItemOrder.FEWEST: count,
        ItemOrder.MOST: -count,
    }[order]
    return math.isnan(value), value if not math.isnan(value) else 0.0


@settings(max_examples=200, deadline=None)
@given(items=item_lists(sidecars=("whole",)), wanted=filters, seen=st.integers(0, 30))
def test_a_filter_finds_what_looking_at_each_item_finds(items, wanted, seen):
    columns = Columns()
    columns.extend([facts_of(item) for item in items])
    lines = min(seen, len(items))
    numbers = [number for number in range(lines) if is_wanted(items[number], wanted)]
    expected = sorted(numbers, key=lambda number: key_of(items[number], wanted.order))
    found = select(columns, lines, wanted, None)
    assert found.tolist() == expected
    for number in range(lines):
        place = expected.index(number) if number in expected else None
        assert position_of(found, number, wanted.order) == place


@settings(max_examples=50, deadline=None)
@given(items=item_lists(sidecars=("whole",)), wanted=filters, data=st.data())
def test_a_name_narrows_what_a_filter_finds(items, wanted, data):
    columns = Columns()
    columns.extend([facts_of(item) for item in items])
    named = sorted(data.draw(st.sets(st.integers(0, max(len(items) - 1, 0)))))
    within = [number for number in named if number < len(items)]
    both = select(columns, len(items), wanted, np.array(within, np.uint32))
    alone = select(columns, len(items), wanted, None)
    assert both.tolist() == [number for number in alone.tolist() if number in within]


@settings(max_examples=50, deadline=None)
@given(items=item_lists(sidecars=("whole",)), seen=st.integers(0, 30))
def test_items_are_counted_by_their_kind(items, seen):
    columns = Columns()
    columns.extend([facts_of(item) for item in items])
    lines = min(seen, len(items))
    some = items[:lines]

    def count(kind: ItemKind) -> int:
        return sum(is_wanted(item, ItemFilter(kind=kind)) for item in some)

    kinds = (ItemKind.SUCCEEDED, ItemKind.FAILED, ItemKind.UNREADABLE, ItemKind.EMPTY)
    assert counts_of(columns, lines) == Counts(*map(count, kinds))


def test_what_is_added_later_does_not_change_what_was_found():
    columns = Columns()
    columns.extend([Facts(Status.SUCCEEDED, 1, 0.5, 1.0, ("car",))] * 3)
    before = select(columns, 3, ItemFilter(classes=("car",)), None)
    columns.extend([Facts(Status.SUCCEEDED, 1, 0.5, 1.0, ("car",))] * 1000)
    assert before.tolist() == [0, 1, 2]
    assert select(columns, 3, ItemFilter(classes=("car",)), None).tolist() == [0, 1, 2]


def test_confidences_that_are_no_numbers_between_0_and_1_are_bounds_all_the_same():
    columns = Columns()
    columns.extend([Facts(Status.SUCCEEDED, 1, 0.5, 1.0, ("car",), (), (10, 1))])
    for above in (-1.0, math.nan, 0.0, -math.inf):
        assert len(select(columns, 1, ItemFilter(above=above), None)) == 1
    for below in (2.0, math.inf, math.nan):
        assert len(select(columns, 1, ItemFilter(below=below), None)) == 1
    for beyond in (ItemFilter(above=math.inf), ItemFilter(below=-math.inf)):
        assert len(select(columns, 1, beyond, None)) == 0
