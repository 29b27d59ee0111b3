"""What forms show of a server that is to be deployed: overrides, and where it may run."""

from __future__ import annotations

from dataclasses import asdict

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import (
    ModelPackage,
    PackageLaunch,
    PackageSnapshot,
    RunParameter,
    Variable,
)
from inference_ui.backend.models.compute import Node
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.choices import Place, Places
from inference_ui.rows.server_form import node_rows, parameter_rows, variable_rows

SECRET = "never to be seen"


def package(kind: ServiceType = ServiceType.CUSTOM) -> PackageSnapshot:
    launch = PackageLaunch(
        command=("serve",),
        variables=(
            Variable(name="THRESHOLD", default="0.25", description="Boxes below are left out"),
            Variable(name="BATCH", default="16"),
            Variable(name="KEY", default=SECRET, secret=True),
        ),
        parameters=(RunParameter(name="threads", default="4"), RunParameter(name="-v")),
    )
    row = ModelPackage(name="model", version="1.0.0", owner_id="", service_type=kind, launch=launch)
    return row.snapshot


def place(name: str, problem: Message | None = None, *, free: bool = True) -> Place:
    node = Node(name=name, ready=True, os="", kernel="", cpu_millis=1, memory_bytes=1)
    return Place(node, problem, free and problem is None)


def test_one_of_two_variables_is_overridden_and_marked() -> None:
    threshold, batch, _ = variable_rows(package(), {"THRESHOLD": "0.4", "OTHER": "x"}, ())
    assert (threshold.default, threshold.value, threshold.changed) == ("0.25", "0.4", True)
    assert threshold.description == "Boxes below are left out"
    assert (batch.default, batch.value, batch.changed) == ("16", "", False)


def test_a_value_like_the_default_is_no_override() -> None:
    row = variable_rows(package(), {"BATCH": "16"}, ())[1]
    assert (row.value, row.changed) == ("", False)


def test_of_a_secret_a_row_tells_whether_there_is_one_and_nothing_else() -> None:
    untouched = variable_rows(package(), {}, ())[2]
    typed = variable_rows(package(), {"KEY": SECRET}, {"KEY": SECRET})[2]
    assert (untouched.has_default, untouched.changed) == (True, False)
    assert typed.changed
    assert SECRET not in str([asdict(untouched), asdict(typed)])


def test_parameters_are_for_the_custom_type_alone() -> None:
    rows = parameter_rows(package(), {"threads": "8"})
    assert [(row.name, row.value, row.changed) for row in rows] == [
        ("threads", "8", True),
        ("-v", "", False),
    ]
    assert parameter_rows(package(ServiceType.SELDON), {}) == []
    assert parameter_rows(None, {}) == variable_rows(None, {}, ()) == []


def test_nodes_that_can_never_fit_stand_last_with_the_reason() -> None:
    small = place(
        "a", Message("SPEC_NO_CARDS", {"among": "all", "model": "X8", "needed": 2, "free": 0})
    )
    rows = node_rows(Places((small, place("b"), place("c", free=False))), ["c"])
    assert [(row.name, row.fits, row.free, row.chosen) for row in rows] == [
        ("b", True, True, False),
        ("c", True, False, True),
        ("a", False, False, False),
    ]
    assert rows[-1].why.code == "SPEC_NO_CARDS"


def test_a_chosen_node_that_is_gone_can_still_be_taken_out() -> None:
    rows = node_rows(Places((place("b"),)), ["gone"])
    assert [(row.name, row.chosen) for row in rows] == [("b", False), ("gone", True)]
