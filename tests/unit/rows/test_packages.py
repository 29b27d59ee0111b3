"""Rows of packages: grouped, found by words, and without any secret."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import (
    ContainerLaunch,
    ModelPackage,
    PackageLaunch,
    RunParameter,
    Variable,
)
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.package_drafts import PackageDraft, VariableDraft, draft_of
from inference_ui.backend.services.packages import PackageEntry, PackageView
from inference_ui.backend.services.trial import Trial, TrialPhase
from inference_ui.rows.ask import example_of
from inference_ui.rows.package_form import (
    EMPTY,
    FIELDS,
    FormRows,
    default_paths,
    draft_of_form,
    form_from_text,
    form_of,
    form_values,
    kept_text,
    new_row,
    problem_rows,
    with_cell,
    with_problems,
    with_secret,
    with_typed,
    words_of,
    wrong_field,
)
from inference_ui.rows.packages import package_rows, version_rows
from inference_ui.rows.trial import trial_row

SECRET = "hush"
LINLAN = Actor("u", "linlan", Role.USER)


def package(name: str = "street", version: str = "1.0.0", **values: object) -> ModelPackage:
    launch = PackageLaunch(
        command=("serve", "{port}"),
        variables=(
            Variable(name="CONF", default="0.4"),
            Variable(name="KEY", default=SECRET, secret=True),
        ),
        container=ContainerLaunch(image="registry.example.com/street:1"),
    )
    given = {"service_type": ServiceType.SELDON, "owner_id": "u", "launch": launch, **values}
    return ModelPackage(name=name, version=version, **given)


def test_the_first_of_a_name_carries_it_and_the_count() -> None:
    entries = [
        PackageEntry(package("a", "2.0.0"), "linlan"),
        PackageEntry(package("a", "1.0.0"), "linlan"),
        PackageEntry(package("b"), "wang"),
    ]
    rows = version_rows(entries)
    assert [(row.first, row.count) for row in rows] == [(True, 2), (False, 2), (True, 1)]
    assert rows[0].variables == 2
    assert (rows[0].machine, rows[0].image) == (True, True)


def test_every_word_of_a_search_must_be_there_in_any_case() -> None:
    entries = [
        PackageEntry(package("night", description="finds People"), "linlan"),
        PackageEntry(package("day"), "wang"),
    ]
    assert [row.name for row in version_rows(entries, "people LINLAN")] == ["night"]
    assert [row.name for row in version_rows(entries, "people wang")] == []
    assert len(version_rows(entries, "  ")) == 2


def test_no_secret_is_in_what_the_page_shows() -> None:
    row = package()
    view = PackageView(PackageEntry(row, "linlan"), "models", (row,), may_change=True)
    rows = package_rows(view, [])
    assert SECRET not in json.dumps(asdict(rows))
    assert [(one.name, one.default, one.secret, one.set) for one in rows.variables] == [
        ("CONF", "0.4", False, True),
        ("KEY", "", True, True),
    ]
    assert rows.package.command == "serve {port}"
    assert rows.package.predict_path == "/api/v1.0/predictions"


def test_a_form_is_filled_in_without_the_secret_and_knows_that_there_is_one() -> None:
    form = form_of(draft_of(package()))
    assert SECRET not in repr(form)
    assert [(row.name, row.secret, row.kept) for row in form.variables] == [
        ("CONF", False, False),
        ("KEY", True, True),
    ]
    draft = draft_of_form(form, {form.variables[1].key: "new"})
    assert draft.variables[1] == VariableDraft("KEY", "new", "", secret=True, kept=True)


def test_what_a_tab_keeps_holds_no_secret_and_comes_back() -> None:
    form = form_of(PackageDraft(name="x", parameters=(RunParameter(name="batch"),)))
    rows = with_cell([replace(new_row(), secret=True)], "k", "name", "KEY")
    form = replace(form, variables=[replace(rows[0], key="k", name="KEY", typed=True)])
    text = kept_text(form)
    back = form_from_text(text)
    assert back is not None
    assert back.values == form.values
    assert [(row.key, row.name, row.secret, row.typed) for row in back.variables] == [
        ("k", "KEY", True, False)
    ]
    assert with_typed(back, {"k": SECRET}).variables[0].typed
    assert back.parameters[0].name == "batch"


def test_whatever_a_tab_sends_as_what_it_kept_is_a_form_or_nothing() -> None:
    for text in ("", "null", "[]", "{", '{"values": 3}', "[" * 100_000):
        assert form_from_text(text) is None
    odd = {"values": {"name": 7, "x": 1}, "variables": [1, {"secret": True, "default": "s"}, {}]}
    form = form_from_text(json.dumps(odd))
    assert form is not None
    assert form.values["name"] == "7"
    assert set(form.values) == set(FIELDS)
    assert [row.default for row in form.variables] == ["", ""]


def test_a_value_that_becomes_secret_leaves_the_row() -> None:
    row = replace(new_row(), key="k", name="KEY", default=SECRET)
    (hidden,) = with_secret([row], "k")
    assert (hidden.secret, hidden.default, hidden.typed) == (True, "", True)
    (typed,) = with_cell([hidden], "k", "default", "more")
    assert typed.default == ""
    (plain,) = with_secret([typed], "k")
    assert (plain.secret, plain.default, plain.typed, plain.kept) == (False, "", False, False)


def test_what_the_browser_submits_is_taken_with_its_secrets_apart() -> None:
    rows = [
        replace(new_row(), key="a", name="A"),
        replace(new_row(), key="b", name="B", secret=True),
    ]
    form = FormRows(dict(EMPTY), rows, [])
    sent = {"name": "x", "a.default": "1", "b.default": SECRET, "a.secret": "x", "stranger": "y"}
    filled, secrets = form_values(form, sent)
    assert filled.values["name"] == "x"
    assert filled.values["version"] == "1.0.0"
    assert filled.variables[0].default == "1"
    assert SECRET not in repr(filled)
    assert secrets == {"b": SECRET}


def test_problems_stand_at_what_was_left_and_the_first_is_found() -> None:
    row = replace(new_row(), key="k")
    form = FormRows(dict(EMPTY), [row], [])
    problems = {"variables.0": Message("ROW_TWICE", {"name": "A"}), "name": Message("NAME_EMPTY")}
    assert with_problems([row], "variables", problems, ["k"])[0].problem.code == "ROW_TWICE"
    assert with_problems([row], "variables", problems, [])[0].problem.code == ""
    assert problem_rows(problems, [])["name"].code == ""
    assert problem_rows(problems, ["name"])["name"].code == "NAME_EMPTY"
    assert wrong_field(problems, form) == "name"
    del problems["name"]
    assert wrong_field(problems, form) == "k.name"
    assert wrong_field({}, form) == ""


def test_paths_and_words_are_shown_as_they_will_be() -> None:
    assert default_paths("KSERVE_V1", "yolo") == ("/v1/models/yolo:predict", "/v1/models/yolo")
    assert default_paths("CUSTOM", "") == ("", "")
    assert default_paths("", "") == ("", "")
    assert words_of("a 'b c'") == ["a", "b c"]
    assert words_of("a 'b") == []


def test_every_type_has_an_example_that_is_json() -> None:
    for kind in ServiceType:
        assert json.loads(example_of(kind, "yolo")), kind
    assert json.loads(example_of("OPENAI", "llama"))["model"] == "llama"


def test_a_trial_says_its_exit_code_once() -> None:
    assert trial_row(None, LINLAN, "/t").phase == ""
    trial = Trial("t", "p", "u", "linlan", 1.0, TrialPhase.FAILED, exit_code=3)
    told = replace(trial, reason=Message("PROCESS_EXITED", {"exit_code": 3}))
    assert trial_row(trial, LINLAN, "/t").exit_code == 3
    assert trial_row(told, LINLAN, "/t").exit_code is None
    assert trial_row(trial, LINLAN, "/t").mine
    assert not trial_row(trial, Actor("v", "wang", Role.USER), "/t").mine
