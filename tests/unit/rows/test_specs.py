"""What the page of compute specs shows of a spec, and what its form holds."""

from __future__ import annotations

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import AcceleratorType, ComputeSpec, Resources, Slice
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.specs import Offer, Room, SpecView
from inference_ui.rows.cards import amount_text
from inference_ui.rows.specs import (
    EMPTY,
    FIELDS,
    SpecRow,
    draft_of,
    model_names,
    offer_rows,
    problem_rows,
    spec_rows,
    values_of,
)
from tests.support.samples import NOW

GIB = 1 << 30
MLU = AcceleratorType.MLU


def cards(count: int = 1, part: Slice | None = None, model: str | None = "MLU370-X8") -> Resources:
    return Resources(
        cpu_millis=2500,
        memory_bytes=8 * GIB,
        accelerator=MLU,
        card_model=model,
        cards=count,
        slice=part,
    )


def row(resources: Resources, room: Room | None = None) -> SpecRow:
    [made] = offer_rows([Offer("x8", resources, room or Room(1, 2))])
    return made


@pytest.mark.parametrize(
    ("resources", "text"),
    [
        (Resources(cpu_millis=1, memory_bytes=1), ""),
        (cards(2), "2"),
        (cards(1, Slice(share=25)), "1/4"),
        (cards(1, Slice(share=30)), "30%"),
        (cards(1, Slice(share=100)), "100%"),
        (cards(2, Slice(share=50)), "2 × 1/2"),
        (cards(3, Slice(profile="1g.10gb")), "3"),
    ],
)
def test_how_many_cards_is_told_in_cards_or_in_parts_of_one(resources, text):
    assert amount_text(resources) == text


def test_a_slice_tells_its_profile_its_memory_or_that_any_will_do():
    whole, cut, part, anything = (
        row(cards(1, one)) for one in (None, Slice(profile="p"), Slice(memory_bytes=GIB), Slice())
    )
    assert (whole.asked.profile, whole.asked.slice_bytes, whole.asked.any_slice) == ("", 0, False)
    assert (cut.asked.profile, cut.asked.any_slice) == ("p", False)
    assert (part.asked.slice_bytes, part.asked.any_slice) == (GIB, False)
    assert anything.asked.any_slice


def test_a_spec_for_any_model_shows_its_type_and_one_without_cards_nothing():
    assert row(cards(model=None)).asked.model == "MLU"
    assert row(Resources(cpu_millis=1, memory_bytes=1, card_model="left over")).asked.model == ""


def test_a_row_tells_size_room_users_and_owner():
    spec = ComputeSpec(
        id="1", name="small", owner_id="o", created_at=NOW, cpu_millis=500, memory_bytes=GIB
    )
    [made] = spec_rows([SpecView(spec, "Lin", 2, 1, Room(0, 0, "cpu"))])
    assert (made.id, made.name, made.owner) == ("1", "small", "Lin")
    assert (made.cpus, made.memory_bytes, made.asked.amount) == (0.5, GIB, "")
    assert (made.known, made.free, made.fits, made.short) == (True, 0, 0, "cpu")
    assert (made.tasks, made.services, made.created_at) == (2, 1, NOW.timestamp())
    [unknown] = spec_rows([SpecView(spec, "Lin", 0, 0, None)])
    assert not unknown.known


def test_a_form_holds_a_draft_and_begins_with_one_card():
    draft = SpecDraft("x8", cpu="4", memory="8GiB", accelerator="MLU", cards="2")
    assert draft_of(values_of(draft)) == draft
    assert values_of(SpecDraft("small", cpu="1"))["cards"] == "1"
    assert EMPTY.keys() == set(FIELDS)
    assert draft_of({"name": "x", "unknown": "y"}) == SpecDraft("x", accelerator="")


def test_a_field_that_was_not_left_yet_shows_nothing():
    wrong = {"cpu": Message("SPEC_CPU_EMPTY"), "memory": Message("SPEC_MEMORY_EMPTY")}
    found = problem_rows(wrong, ["cpu", "name"])
    assert {name: one.code for name, one in found.items() if one.code} == {"cpu": "SPEC_CPU_EMPTY"}
    assert found.keys() == set(FIELDS)


def test_models_are_offered_of_the_chosen_type():
    models = [(AcceleratorType.GPU, "A100"), (MLU, "MLU370-X4"), (MLU, "MLU370-X8")]
    assert model_names(models, "MLU") == ["MLU370-X4", "MLU370-X8"]
    assert model_names(models, "CPU") == []
