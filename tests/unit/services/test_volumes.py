"""Which folders may be storage volumes, and which may go."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.services.volumes import VolumeDraft, usage_of
from tests.support.samples import a_plan
from tests.support.shelves import Shelves


@pytest.fixture
def shelves(sqlite_store, tmp_path, administrator) -> Shelves:
    (tmp_path / "nas").mkdir()
    (tmp_path / "claim").mkdir()
    own = tmp_path / "own"
    (own / "volumes" / "results").mkdir(parents=True)
    (own / "runs").mkdir()
    return Shelves(
        sqlite_store,
        own,
        administrator,
        roots=(tmp_path,),
        claims={"shared": tmp_path / "claim"},
    )


def refused(shelves: Shelves, **draft: str) -> dict[str, str]:
    """What is wrong with a draft, by the check and by the registering alike."""
    given = VolumeDraft(**({"name": "nas"} | draft))
    found = shelves.volumes.check(shelves.actor, given).problems
    with pytest.raises(InvalidFields) as error:
        shelves.volumes.add(shelves.actor, given)
    assert error.value.fields == found
    return {field: problem.code for field, problem in found.items()}


def test_a_folder_is_registered_after_a_file_was_written_there_and_nothing_stays(shelves, tmp_path):
    check = shelves.volumes.check(shelves.actor, VolumeDraft("nas", str(tmp_path / "nas")))
    assert (check.problems, check.writable) == ({}, True)
    assert 0 < check.usage.free_bytes <= check.usage.total_bytes
    volume = shelves.volume("nas", tmp_path / "nas")
    assert volume.root == str(tmp_path / "nas")
    assert list((tmp_path / "nas").iterdir()) == []
    [view] = shelves.volumes.all(shelves.actor)
    assert (view.volume.name, view.datasets) == ("nas", 0)
    assert view.usage.total_bytes == usage_of(volume.root).total_bytes


def test_folders_that_may_be_none_are_refused_at_their_field(shelves, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("/usr")
    own = tmp_path / "own"
    for folder, code in (
        ("", "FOLDER_EMPTY"),
        ("nas", "FOLDER_NOT_ABSOLUTE"),
        (str(tmp_path / "missing"), "VOLUME_MISSING"),
        (str(tmp_path / "file"), "VOLUME_NO_FOLDER"),
        ("/usr", "VOLUME_OUTSIDE"),
        (str(tmp_path / "nas" / ".." / ".."), "VOLUME_OUTSIDE"),
        (str(tmp_path / "link"), "VOLUME_OUTSIDE"),
        (str(own), "VOLUME_OWN_DATA"),
        (str(own / "runs"), "VOLUME_OWN_DATA"),
        (str(tmp_path), "VOLUME_HOLDS_OWN_DATA"),
    ):
        assert refused(shelves, folder=folder) == {"folder": code}, folder
    assert refused(shelves, name="", folder=str(tmp_path / "nas")) == {"name": "NAME_EMPTY"}
    shelves.volume("results", own / "volumes" / "results")


def test_the_same_folder_or_name_is_registered_once(shelves, tmp_path):
    shelves.volume("nas", tmp_path / "nas")
    (tmp_path / "other").mkdir()
    (tmp_path / "again").symlink_to(tmp_path / "nas")
    assert refused(shelves, folder=str(tmp_path / "other")) == {"name": "NAME_TAKEN"}
    again = str(tmp_path / "again")
    assert refused(shelves, name="again", folder=again) == {"folder": "VOLUME_TWICE"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_refused_with_the_systems_reason(shelves, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert refused(shelves, folder=str(locked)) == {"folder": "VOLUME_NOT_WRITABLE"}


def test_a_read_only_file_system_is_refused(shelves):
    shelves.volumes._roots = (Path("/"),)
    folder = next((one for one in ("/sys/kernel", "/proc/self") if Path(one).is_dir()), None)
    if folder is None:
        pytest.skip("there is no such file system here")
    assert refused(shelves, folder=folder) == {"folder": "VOLUME_NOT_WRITABLE"}


def test_a_sub_path_of_a_claim_is_made_and_stays_inside(shelves, tmp_path):
    volume = shelves.volumes.add(
        shelves.actor, VolumeDraft("nas", claim="shared", sub_path="team/night")
    )
    assert (volume.claim, volume.sub_path) == ("shared", "team/night")
    assert volume.root == str(tmp_path / "claim" / "team" / "night")
    assert Path(volume.root).is_dir()
    (tmp_path / "claim" / "out").symlink_to("/usr")
    for sub_path in ("../x", "/etc", "a/../../b", "out"):
        wrong = refused(shelves, name="x", claim="shared", sub_path=sub_path)
        assert wrong == {"sub_path": "SUB_PATH_FORM"}, sub_path
    assert refused(shelves, name="x", claim="none") == {"claim": "CLAIM_UNKNOWN"}


def test_a_folder_below_a_claims_mount_point_is_registered_as_a_part_of_the_claim(
    shelves, tmp_path
):
    (tmp_path / "claim" / "team" / "night").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "claim" / "team")
    (tmp_path / "claim-of-others").mkdir()
    for name, folder, expected in (
        ("all", "claim", ("shared", "")),
        ("part", "claim/team/night", ("shared", "team/night")),
        ("linked", "link", ("shared", "team")),
        ("beside", "claim-of-others", (None, "")),
    ):
        volume = shelves.volume(name, tmp_path / folder)
        assert (volume.claim, volume.sub_path) == expected, name


def test_of_claims_that_are_mounted_one_in_the_other_a_folder_lies_on_the_inner_one(
    sqlite_store, tmp_path, administrator
):
    (tmp_path / "outer" / "inner" / "a").mkdir(parents=True)
    claims = {"outer": tmp_path / "outer", "inner": tmp_path / "outer" / "inner"}
    shelves = Shelves(sqlite_store, tmp_path / "own", administrator, claims=claims)
    volume = shelves.volume("a", tmp_path / "outer" / "inner" / "a")
    assert (volume.claim, volume.sub_path) == ("inner", "a")


def test_only_administrators_register_check_and_remove(shelves, tmp_path):
    user = Actor("u", "u", Role.USER)
    draft = VolumeDraft("nas", str(tmp_path / "nas"))
    volume = shelves.volume("nas", tmp_path / "nas")
    for act in (
        lambda: shelves.volumes.check(user, draft),
        lambda: shelves.volumes.add(user, draft),
        lambda: shelves.volumes.remove(user, volume.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert [view.volume.name for view in shelves.volumes.all(user)] == ["nas"]


def test_a_volume_in_use_is_not_removed_and_one_that_is_keeps_its_files(
    shelves, sqlite_store, tmp_path
):
    kept = tmp_path / "nas" / "pages" / "one.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    volume = shelves.volume("nas", tmp_path / "nas")
    dataset = shelves.dataset("pages", volume, "pages")
    with pytest.raises(Conflict) as has:
        shelves.volumes.remove(shelves.actor, volume.id)
    assert has.value.message.args["dataset"] == "pages"
    shelves.datasets.remove(shelves.actor, dataset.id)
    task = InferenceTask(name="night", owner_id=shelves.actor.id, plan=a_plan(volume_id=volume.id))
    with sqlite_store.write() as session:
        session.add(task)
    with pytest.raises(Conflict) as used:
        shelves.volumes.remove(shelves.actor, volume.id)
    assert used.value.message.args == {"name": "nas", "task": "night"}
    with sqlite_store.write() as session:
        task.status = "STOPPED"
        session.add(task)
    shelves.volumes.remove(shelves.actor, volume.id)
    assert shelves.volumes.all(shelves.actor) == []
    assert kept.read_text() == "{}"
    with pytest.raises(NotFound):
        shelves.volumes.remove(shelves.actor, volume.id)


def test_a_volume_that_is_gone_says_so_and_holds_up_nothing(shelves, tmp_path):
    volume = shelves.volume("nas", tmp_path / "nas")
    (tmp_path / "nas").rmdir()
    assert shelves.volumes.all(shelves.actor)[0].usage is None
    assert shelves.volumes.free_bytes(shelves.actor) == {volume.id: None}


def test_many_who_ask_for_the_room_at_the_same_moment_are_all_answered(shelves, tmp_path):
    volume = shelves.volume("nas", tmp_path / "nas")
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda _: shelves.volumes.free_bytes(shelves.actor), range(200))
        assert all(answer[volume.id] for answer in answers)
