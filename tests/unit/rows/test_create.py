"""What the create form offers, fills in by itself, and makes of what was filled in."""

from __future__ import annotations

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import Dataset, ModelPackage, PackageLaunch, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.models.service import Elsewhere, OnlineService
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.demo import sample
from inference_ui.rows import start
from inference_ui.rows.create import ChoiceRows, choice_rows, of_type, only_choices, sample_values
from inference_ui.rows.create_values import (
    EMPTY,
    FIELDS,
    JUDGED,
    copy_of_service,
    draft_of,
    first_wrong,
    missing,
    problem_rows,
    values_of,
)
from inference_ui.rows.spec_choice import spec_rows

GIB = 1 << 30
RESULTS = Volume(id="v-results", name="results", owner_id="", root="/r")
DATASETS = Volume(id="v-datasets", name="datasets", owner_id="", root="/d")
DIGITS = Dataset(id="d-digits", name="digits", owner_id="", volume_id="v-datasets", path="digits")
SMALL = ComputeSpec(id="s", name="small", owner_id="", cpu_millis=500, memory_bytes=GIB)
CARDS = ComputeSpec(
    id="c", name="x8", owner_id="", cpu_millis=8000, memory_bytes=GIB, accelerator="MLU",
    card_model="MLU370-X8", cards=2,
)  # fmt: skip


SPECS = spec_rows([SMALL, CARDS], {})


def package(id: str, kind: ServiceType, name: str = "model") -> ModelPackage:
    launch = PackageLaunch(command=("serve",))
    return ModelPackage(
        id=id, name=name, version="1.0.0", owner_id="", service_type=kind, launch=launch
    )


def choices(*packages: ModelPackage, volumes: tuple[Volume, ...] = (RESULTS,)) -> ChoiceRows:
    return choice_rows([(DIGITS, DATASETS)], packages, volumes, {"v-results": 7})


def test_every_service_type_is_listed_with_the_number_of_its_packages() -> None:
    rows = choices(package("a", ServiceType.SELDON), package("b", ServiceType.SELDON)).types
    assert {row.code: row.packages for row in rows} == dict.fromkeys(ServiceType, 0) | {"SELDON": 2}


def test_where_there_is_one_choice_it_is_made() -> None:
    found = only_choices(choices(package("a", ServiceType.SELDON)), SPECS, {})
    assert found == {
        "dataset_id": "d-digits",
        "service_type": "SELDON",
        "package_id": "a",
        "volume_id": "v-results",
    }  # but not one of two specs


def test_what_is_filled_in_already_is_left_alone() -> None:
    offered = choices(package("a", ServiceType.SELDON), package("b", ServiceType.OPENAI))
    filled = {"dataset_id": "mine", "service_type": "OPENAI", "volume_id": "mine"}
    assert only_choices(offered, SPECS, filled) == {"package_id": "b"}
    assert "service_type" not in only_choices(offered, SPECS, {})


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
    assert missing({**EMPTY, **values}) == ["name"]
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
    assert rows.keys() == {*JUDGED}
    assert {name: row.code for name, row in rows.items() if row.code} == {"spec_id": "REQUIRED"}
    assert first_wrong(rows) == "spec_id"
    assert first_wrong(problem_rows(problems, JUDGED)) == "name"
    assert first_wrong(problem_rows({}, JUDGED)) == ""


def test_what_is_missing_is_told_in_the_order_of_the_form() -> None:
    assert missing(dict.fromkeys(FIELDS, "x")) == []
    assert missing({**EMPTY, "dataset_id": "x", "node_count": " "}) == [
        *("name", "service_type", "package_id", "spec_id", "node_count", "volume_id")
    ]
    assert missing({**EMPTY, "mode": "SERVICE"}) == [
        *("name", "dataset_id", "service_id", "volume_id")
    ]


def test_a_draft_and_the_texts_of_the_form_say_the_same() -> None:
    draft = TaskDraft(
        name="night", dataset_id="d", service_type="OPENAI", package_id="p", spec_id="s",
        volume_id="v", node_count=3, input_kind=InputKind.IMAGES, driver_version="550", prompt="?",
        max_failed="5%", item_timeout_s=2.5, retries=0, since_task_id="t",
    )  # fmt: skip
    assert draft_of(values_of(draft)) == draft
    through = TaskDraft(name="night", dataset_id="d", volume_id="v", service_id="live")
    assert draft_of(values_of(through)) == through


def test_overrides_and_nodes_go_with_a_server_of_ones_own_alone() -> None:
    own = draft_of(EMPTY, {"MODE": "good"}, {"threshold": "1"}, ["node-1"])
    assert (own.environment, own.parameters, own.nodes) == (
        {"MODE": "good"}, {"threshold": "1"}, ("node-1",),
    )  # fmt: skip
    through = draft_of({**EMPTY, "mode": "SERVICE"}, {"MODE": "good"}, {"t": "1"}, ["node-1"])
    assert (through.environment, through.parameters, through.nodes) == ({}, {}, ())
    assert through.service_id  # of no service: the service refuses it, and tells it at its field


@pytest.mark.parametrize(
    ("name", "text"),
    [("item_timeout_s", "soon"), ("item_timeout_s", "nan"), ("item_timeout_s", "inf"),
     ("item_timeout_s", ""), ("retries", "-1"), ("retries", "some"), ("retries", "1.5")],
)  # fmt: skip
def test_a_number_that_is_none_is_one_that_is_refused(name: str, text: str) -> None:
    draft = draft_of({**EMPTY, name: text})
    assert draft.item_timeout_s == 0 if name == "item_timeout_s" else draft.retries == -1


def test_a_service_is_offered_with_what_it_runs_and_whether_it_can_be_copied() -> None:
    snapshot = package("p", ServiceType.SELDON).snapshot
    elsewhere = OnlineService(
        id="e", name="far", owner_id="", package=snapshot, elsewhere=Elsewhere(url="http://far"),
        max_in_flight=16, status="RUNNING",
    )  # fmt: skip
    [row] = choice_rows([], [], [], {}, services=[elsewhere]).services
    assert (row.name, row.status, row.package, row.limit) == ("far", "RUNNING", "model 1.0.0", 16)
    assert not row.copyable
    assert copy_of_service(elsewhere) == {}
