"""Specs to choose one of, by type and card model."""

from __future__ import annotations

import pytest

from inference_ui.backend.models.compute import ComputeSpec, Slice
from inference_ui.rows.cards import card_label
from inference_ui.rows.spec_choice import (
    CardModelRow,
    accelerators_of,
    card_models,
    spec_rows,
    specs_of,
)

GIB = 1 << 30


def spec(name: str, kind: str = "MLU", model: str | None = "X8", **values: object) -> ComputeSpec:
    given = {"cards": 0 if kind == "CPU" else 2, **values}
    return ComputeSpec(
        id=name, name=name, owner_id="", cpu_millis=500, memory_bytes=GIB, accelerator=kind,
        card_model=None if kind == "CPU" else model, **given,
    )  # fmt: skip


ALL = spec_rows(
    [spec("cpu", "CPU"), spec("x8"), spec("s4", model="S4"), spec("any", model=None)],
    {"x8": (2, 5)},
)


def test_a_spec_tells_its_cards_and_where_it_fits() -> None:
    cpu, x8, *_ = ALL
    assert (cpu.cards, cpu.card, cpu.cpus, cpu.memory_bytes) == (0, "", 0.5, GIB)
    assert (x8.cards, x8.card, x8.free, x8.fits) == (2, "X8", 2, 5)


def test_where_a_spec_fits_is_unknown_while_the_cluster_cannot_be_asked() -> None:
    assert [(row.free, row.fits) for row in spec_rows([spec("x8")], None)] == [(None, None)]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (None, "X8"),
        (Slice(), "X8"),
        (Slice(profile="2m.8gb"), "X8 · 2m.8gb"),
        (Slice(share=25, memory_bytes=12 * GIB), "X8 · 25% · 12 GiB"),
        (Slice(memory_bytes=GIB // 2), "X8 · 0.5 GiB"),
    ],
)
def test_a_slice_is_told_by_what_it_is_asked_for(part: Slice | None, words: str) -> None:
    assert card_label(spec("one", slice=part).resources) == words


def test_types_come_in_their_order_once() -> None:
    assert accelerators_of(ALL) == ["CPU", "MLU"]


def test_models_of_a_type_tell_what_is_waited_for() -> None:
    assert card_models("CPU", ALL, {}, []) == []
    assert card_models("MLU", ALL, {"X8": 5, "A100": 1}, ["S4"]) == [
        CardModelRow("S4", 0, chosen=True),
        CardModelRow("X8", 5),
    ]


def test_chosen_models_narrow_the_specs_to_them_and_to_those_of_any_model() -> None:
    assert [row.name for row in specs_of("MLU", ALL, [])] == ["x8", "s4", "any"]
    assert [row.name for row in specs_of("MLU", ALL, ["S4"])] == ["s4", "any"]
    assert [row.name for row in specs_of("CPU", ALL, [])] == ["cpu"]
