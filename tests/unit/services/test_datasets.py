"""Datasets: registered, looked into without leaving them, removed."""

from __future__ import annotations

import io
import json
from base64 import b64encode

import pytest
from PIL import Image

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound, Refused
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.models.upload import Upload
from tests.support.samples import a_plan
from tests.support.shelves import Shelves


def a_picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 10, 10)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def shelves(sqlite_store, tmp_path, administrator):
    made = Shelves(sqlite_store, tmp_path / "own", administrator)
    pages = tmp_path / "nas" / "pages"
    (pages / "b 夜").mkdir(parents=True)
    (pages / "a").mkdir()
    (pages / "z.json").write_text(json.dumps({"strData": b64encode(a_picture()).decode()}))
    (pages / "fig.PNG").write_bytes(a_picture())
    (pages / "read.me").write_text("hello")
    (pages / "b 夜" / "one.json").write_text("{}")
    (pages / "out.json").symlink_to("/etc/hostname")
    (pages / "away").symlink_to("/etc")
    made.nas = made.volume("nas", tmp_path / "nas")
    made.pages = made.dataset("pages", made.nas, "pages")
    yield made
    made.copies.close()


def test_a_folder_is_shown_folders_first_in_pages_and_links_are_not(shelves):
    page = shelves.datasets.browse(shelves.actor, shelves.pages.id)
    assert [(one.name, one.kind) for one in page.entries] == [
        ("a", "FOLDER"), ("b 夜", "FOLDER"), ("fig.PNG", "IMAGE"), ("read.me", "OTHER"),
        ("z.json", "JSON"),
    ]  # fmt: skip
    part = shelves.datasets.browse(shelves.actor, shelves.pages.id, "", 1, 2)
    assert ([one.name for one in part.entries], part.total) == (["b 夜", "fig.PNG"], 5)
    inner = shelves.datasets.browse(shelves.actor, shelves.pages.id, "b 夜")
    assert [one.path for one in inner.entries] == ["b 夜/one.json"]


@pytest.mark.parametrize("path", ["..", "../other", "/etc", "a/../..", "away", "a\0b"])
def test_nothing_outside_is_shown(shelves, path):
    with pytest.raises(Refused):
        shelves.datasets.browse(shelves.actor, shelves.pages.id, path)
    with pytest.raises(Refused):
        shelves.datasets.preview(shelves.actor, shelves.pages.id, f"{path}/hostname")
    with pytest.raises(Refused):
        shelves.datasets.preview(shelves.actor, shelves.pages.id, "out.json")
    with pytest.raises(Refused):
        shelves.datasets.picture(shelves.actor, shelves.pages.id, "out.json")


def test_a_preview_shows_text_and_the_picture_that_a_request_holds(shelves):
    look = shelves.datasets.preview
    request = look(shelves.actor, shelves.pages.id, "z.json")
    assert (request.picture, request.shortened) == (True, False)
    assert request.text.startswith('{"strData"')
    text = look(shelves.actor, shelves.pages.id, "read.me")
    assert (text.text, text.picture, text.why.code) == ("hello", False, "NO_PICTURE")
    small = shelves.datasets.picture(shelves.actor, shelves.pages.id, "fig.PNG", 32)
    assert Image.open(io.BytesIO(small.data)).size == (32, 16)
    whole = shelves.datasets.picture(shelves.actor, shelves.pages.id, "z.json")
    assert whole.data == a_picture()
    with pytest.raises(NotFound):
        look(shelves.actor, shelves.pages.id, "missing.json")


def test_wrong_fields_are_refused(shelves, tmp_path):
    (tmp_path / "nas" / "link").symlink_to("/usr")
    for given, field in (
        (("", shelves.nas.id, "pages"), "name"),
        (("pages", shelves.nas.id, "pages"), "name"),
        (("x", "", "pages"), "volume_id"),
        (("x", shelves.nas.id, "missing"), "path"),
        (("x", shelves.nas.id, "../own"), "path"),
        (("x", shelves.nas.id, "pages/z.json"), "path"),
        (("x", shelves.nas.id, "link"), "path"),
    ):
        assert set(shelves.datasets.check(shelves.actor, *given)) == {field}, given
        with pytest.raises(InvalidFields):
            shelves.datasets.add(shelves.actor, *given)
    whole = shelves.datasets.add(shelves.actor, "whole", shelves.nas.id, "")
    assert whole.path == ""


def test_a_dataset_is_removed_by_its_owner_when_no_task_uses_it_and_its_files_stay(
    shelves, sqlite_store, tmp_path
):
    stranger = Actor("u", "u", Role.USER)
    with pytest.raises(Forbidden):
        shelves.datasets.remove(stranger, shelves.pages.id)
    task = InferenceTask(
        name="night", owner_id=shelves.actor.id, plan=a_plan(dataset_id=shelves.pages.id)
    )
    with sqlite_store.write() as session:
        session.add(task)
    with pytest.raises(Conflict) as used:
        shelves.datasets.remove(shelves.actor, shelves.pages.id)
    assert used.value.message.args == {"name": "pages", "task": "night"}
    with sqlite_store.write() as session:
        task.status = "SUCCEEDED"
        session.add(task)
    shelves.datasets.remove(shelves.actor, shelves.pages.id, files=True)
    assert (tmp_path / "nas" / "pages" / "z.json").exists()  # it was not uploaded
    assert shelves.datasets.all(shelves.actor) == []


def test_files_that_were_uploaded_may_go_with_their_dataset(shelves, sqlite_store, tmp_path):
    upload = Upload(
        name="pages", owner_id=shelves.actor.id, volume_id=shelves.nas.id, files=1, bytes=1,
        status="DONE", dataset_id=shelves.pages.id,
    )  # fmt: skip
    with sqlite_store.write() as session:
        session.add(upload)
    assert shelves.datasets.is_uploaded(shelves.actor, shelves.pages.id)
    shelves.datasets.remove(shelves.actor, shelves.pages.id, files=True)
    assert not (tmp_path / "nas" / "pages").exists()
