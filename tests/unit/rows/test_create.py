"""What the create form offers, fills in by itself, and makes of what was filled in."""

from __future__ import annotations

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import Dataset, ModelPackage, PackageLaunch, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.protocols import ServiceType
from inference_ui.demo import sample
from inference_ui.rows import start
from inference_ui.rows.create import ChoiceRows, choice_rows, of_type, only_choices, sample_values
from inference_ui.rows.create_values import FIELDS, draft_of, first_wrong, missing, problem_rows

GIB = 1 << 30
RESULTS = Volume(id="v-results", name="results", owner_id="", root="/r")
DATASETS = Volume(id="v-datasets", name="datasets", owner_id="", root="/d")
DIGITS = Dataset(id="d-digits", name="digits", owner_id="", volume_id="v-datasets", path="digits")
SMALL = ComputeSpec(id="s", name="small", owner_id="", cpu_millis=500, memory_bytes=GIB)
CARDS = ComputeSpec(
    id="c", name="x8", owner_id="", cpu_millis=8000, memory_bytes=GIB, accelerator="MLU",
    card_model="MLU370-X8", cards=2,
)  # fmt: skip


def package(id: str, kind: ServiceType, name: str = "model") -> ModelPackage:
    launch = PackageLaunch(command=("serve",))
    return ModelPackage(
        id=id, name=name, version="1.0.0", owner_id="", service_type=kind, launch=launch
    )


def choices(*packages: ModelPackage, volumes: tuple[Volume, ...] = (RESULTS,)) -> ChoiceRows:
    return choice_rows([(DIGITS, DATASETS)], packages, [SMALL, CARDS], volumes, {"v-results": 7})


def test_every_service_type_is_listed_with_the_number_of_its_packages() -> None:
    rows = choices(package("a", ServiceType.SELDON), package("b", ServiceType.SELDON)).types
    assert {row.code: row.packages for row in rows} == dict.fromkeys(ServiceType, 0) | {"SELDON": 2}


def test_specs_tell_cards_and_sizes() -> None:
    small, cards = choices().specs
    assert (small.cards, small.card, small.cpus, small.memory_bytes) == (0, "", 0.5, GIB)
    assert (cards.cards, cards.card, cards.cpus) == (2, "MLU370-X8", 8.0)


def test_where_there_is_one_choice_it_is_made() -> None:
    found = only_choices(choices(package("a", ServiceType.SELDON)), {})
    assert found == {
        "dataset_id": "d-digits",
        "service_type": "SELDON",
        "package_id": "a",
        "volume_id": "v-results",
    }  # but not one of two specs


def test_what_is_filled_in_already_is_left_alone() -> None:
    offered = choices(package("a", ServiceType.SELDON), package("b", ServiceType.OPENAI))
    filled = {"dataset_id": "mine", "service_type": "OPENAI", "volume_id": "mine"}
    assert only_choices(offered, filled) == {"package_id": "b"}
    assert "service_type" not in only_choices(offered, {})


def test_only_packages_of_the_chosen_type_fit() -> None:
    rows = choices(package("a", ServiceType.SELDON), package("b", ServiceType.OPENAI)).packages
    assert [row.id for row in of_type(rows, "OPENAI")] == ["b"]
    assert of_type(rows, "") == []


def test_the_sample_goes_by_the_names_that_it_is_registered_under() -> None:
    assert start.SAMPLE_DATASET == sample.NAME
    assert sample.sample_package().name == start.SAMPLE_PACKAGE


def test_the_sample_fills_in_everything_but_the_name() -> None:
    detector = package("p", ServiceType.SELDON, start.SAMPLE_PACKAGE)
    values = sample_values([(DIGITS, DATASETS)], [detector], [SMALL], [DATASETS, RESULTS])
    assert {**values, "node_count": "1"}.keys() == {*FIELDS} - {"name"}
    assert values["volume_id"] == "v-results"  # not where the pages lie
    only = sample_values([(DIGITS, DATASETS)], [detector], [SMALL], [DATASETS])
    assert only["volume_id"] == "v-datasets"
    assert sample_values([], [detector], [SMALL], [RESULTS]) == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [("3", 3), (" 3 ", 3), ("", 0), ("1.5", 0), ("-1", 0), ("1e3", 0), ("²", 0), ("9" * 40, 0)],
)
def test_a_number_of_nodes_is_a_plain_number_or_none(text: str, count: int) -> None:
    assert draft_of({"node_count": text}).node_count == count


def test_whatever_a_browser_sends_becomes_a_draft() -> None:
    draft = draft_of({"name": None, "dataset_id": 7, "spec_id": ["x"], "nonsense": "y"})
    assert (draft.name, draft.dataset_id, draft.package_id) == ("", "7", "")


def test_problems_stand_at_their_fields_once_those_were_left() -> None:
    problems = {"name": Message("NAME_EMPTY"), "spec_id": Message("REQUIRED")}
    rows = problem_rows(problems, ["spec_id"])
    assert rows.keys() == {*FIELDS}
    assert {name: row.code for name, row in rows.items() if row.code} == {"spec_id": "REQUIRED"}
    assert first_wrong(rows) == "spec_id"
    assert first_wrong(problem_rows(problems, FIELDS)) == "name"
    assert first_wrong(problem_rows({}, FIELDS)) == ""


def test_what_is_missing_is_told_in_the_order_of_the_form() -> None:
    assert missing(dict.fromkeys(FIELDS, "x")) == []
    assert missing({"dataset_id": "x", "node_count": " "}) == [
        name for name in FIELDS if name != "dataset_id"
    ]
