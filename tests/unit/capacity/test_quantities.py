"""Amounts as Kubernetes writes them, sizes as people do, and what a pod counts for."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.capacity.quantities import (
    Container,
    largest,
    pod_amounts,
    quantity,
    size,
    total,
)

GIB = 1 << 30


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [
        ("0", "1", 0),
        ("2", "m", 2000),
        ("500m", "m", 500),
        ("0.5", "m", 500),
        (".5", "m", 500),
        ("5.", "1", 5),
        ("8Gi", "1", 8 * GIB),
        ("1.5Gi", "1", 3 * GIB // 2),
        ("1k", "1", 1000),
        ("1e3", "1", 1000),
        ("1E3", "1", 1000),
        ("1e+3", "1", 1000),
        ("12E", "1", 12 * 10**18),
        ("12Ei", "1", 12 << 60),
        ("128974848000m", "1", 128974848),
        ("-1", "1", -1),
        ("+1", "1", 1),
        (" 3 ", "1", 3),
        ("100M", "k", 100_000),
    ],
)
def test_a_quantity_is_read_in_every_form_that_kubernetes_has(
    text: str, unit: str, says: int
) -> None:
    assert quantity(text, unit) == says


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [("500m", "1", 1), ("0.5", "1", 1), ("1u", "m", 1), ("1n", "1", 1), ("1e-3", "1", 1)],
)
def test_a_part_of_a_unit_counts_as_a_whole_one(text: str, unit: str, says: int) -> None:
    assert quantity(text, unit) == says


GARBAGE = ["", " ", "m", "Gi", "k", "1 Gi", "1KI", "1ki", "5e", "1e3k", "1e999", "0x10", "1_000",
           "1,5", "--1", "one", "NaN", "Infinity", "١", "1Gb", "."]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE)
def test_what_is_no_quantity_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the text is the message
        quantity(text)
    assert refusal.value.args == (text,)


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(quantity(text), int)


@given(st.integers(0, 10**15), st.sampled_from(["", "k", "M", "Ki", "Mi", "Gi"]))
def test_whole_quantities_are_exact(number: int, suffix: str) -> None:
    factors = {"": 1, "k": 10**3, "M": 10**6, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
    assert quantity(f"{number}{suffix}") == number * factors[suffix]
    assert quantity(f"{number}{suffix}", "m") == number * factors[suffix] * 1000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("48GiB", 48 * GIB),
        ("48 GiB", 48 * GIB),
        ("48Gi", 48 * GIB),
        (" 48 Gi ", 48 * GIB),
        ("1.5TB", 1_500_000_000_000),
        ("512", 512),
        ("512B", 512),
        ("512 b", 512),
        ("2K", 2000),
        ("2KB", 2000),
        ("2kB", 2000),
        ("2KiB", 2048),
        ("16gb", 16_000_000_000),
        ("16gib", 16 * GIB),
        ("0.5", 1),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, says: int) -> None:
    assert size(text) == says


@pytest.mark.parametrize("text", ["", "GiB", "KB", "B", "-1GiB", "1GiBB", "48 Gig", "much"])
def test_what_is_no_size_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the text is the message
        size(text)
    assert refusal.value.args == (text,)


def test_containers_that_run_together_add_up() -> None:
    assert pod_amounts([Container({"cpu": 1, "card": 1}), Container({"cpu": 2})]) == {
        "cpu": 3,
        "card": 1,
    }


def test_an_init_container_counts_only_where_it_asks_for_more_than_what_runs_later() -> None:
    main = [Container({"cpu": 3, "memory": 3})]
    assert pod_amounts(main, [Container({"cpu": 5, "memory": 1})]) == {"cpu": 5, "memory": 3}


def test_a_sidecar_counts_beside_all_that_start_after_it_and_not_before() -> None:
    sidecar, early, late = Container({"cpu": 2}, sidecar=True), {"cpu": 4}, {"cpu": 3}
    assert pod_amounts([], [Container(early), sidecar]) == {"cpu": 4}
    assert pod_amounts([], [Container(early), sidecar, Container(late)]) == {"cpu": 5}
    assert pod_amounts([Container({"cpu": 4})], [sidecar, Container(late)]) == {"cpu": 6}


def test_overhead_comes_on_top() -> None:
    assert pod_amounts([Container({"cpu": 1})], overhead={"cpu": 2, "memory": 3}) == {
        "cpu": 3,
        "memory": 3,
    }


amounts = st.dictionaries(st.sampled_from(["cpu", "memory", "card"]), st.integers(0, 100))


@given(st.lists(amounts, max_size=4), st.lists(st.tuples(amounts, st.booleans()), max_size=4))
def test_a_pod_counts_for_what_it_has_at_its_fullest_moment(
    main: list[dict[str, int]], init: list[tuple[dict[str, int], bool]]
) -> None:
    moments: list[dict[str, int]] = []
    sidecars: list[dict[str, int]] = []
    for requests, sidecar in init:
        moments.append(total([*sidecars, requests]))
        if sidecar:
            sidecars.append(requests)
    moments.append(total([*sidecars, *main]))
    fullest: dict[str, int] = {}
    for one in moments:
        fullest = largest(fullest, one)
    found = pod_amounts(
        [Container(one) for one in main], [Container(one, sidecar) for one, sidecar in init]
    )
    assert found == fullest
