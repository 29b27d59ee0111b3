"""Uploads past every form: what is taken, refused, gone on with, and cleared."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inference_ui.backend.errors import (
    Conflict,
    Forbidden,
    InvalidFields,
    NotFound,
    ProductError,
    Refused,
)
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.upload import Upload, UploadStatus
from inference_ui.backend.services import upload_batches
from inference_ui.backend.services.catalog import Catalog
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.upload_drafts import UploadDraft, UploadView
from inference_ui.backend.services.uploads import Uploads
from inference_ui.backend.store.database import Store
from tests.support.waiting import wait_for
from tests.support.zips import a_zip, zip_with

TWO = {"a.json": b'{"a": 1}', "in/b.json": b"[2]"}


class Hands:
    """A service over a volume, and somebody who uploads."""

    def __init__(self, store: Store, people: dict[Role, Actor], root: Path) -> None:
        self.store, self.people, self.root = store, people, root
        root.mkdir()
        self.user = people[Role.USER]
        self.catalog = Catalog(store)
        self.volume = Volume(name="disk", owner_id=self.user.id, root=str(root))
        with store.write() as session:
            session.add(self.volume)
        self.uploads = Uploads(store, Changes())

    def restart(self) -> None:
        """Another server over the same database and volume."""
        self.uploads.close()
        self.uploads = Uploads(self.store, Changes())

    def draft(self, given: dict[str, bytes], name: str = "night", **changes: object) -> UploadDraft:
        size = sum(map(len, given.values()))
        values = {"name": name, "volume_id": self.volume.id, "files": len(given), "bytes": size}
        return UploadDraft(**(values | changes))

    def begin(self, given: dict[str, bytes], name: str = "night", **changes: object) -> str:
        return self.uploads.begin(self.user, self.draft(given, name, **changes)).id

    def send(self, upload_id: str, files: dict[str, bytes], sender: str = "tab") -> tuple[int, int]:
        entries = [
            {"path": path, "size": len(content), "length": len(content)}
            for path, content in files.items()
        ]
        return self.raw(upload_id, entries, b"".join(files.values()), sender)

    def raw(
        self, upload_id: str, entries: object, body: bytes, sender: str = "tab"
    ) -> tuple[int, int]:
        batch = self.uploads.open_batch(self.user, upload_id, sender)
        try:
            batch.feed(json.dumps(entries).encode() + b"\n" + body)
        except BaseException:
            batch.abort()
            raise
        return batch.close()

    def zip(self, data: bytes, name: str = "night") -> UploadView:
        """Upload a zip and wait for what becomes of it."""
        upload_id = self.begin({"archive.zip": data}, name, zipped=True)
        self.send(upload_id, {"archive.zip": data})
        self.uploads.finish(self.user, upload_id)
        return self.settled(upload_id)

    def settled(self, upload_id: str) -> UploadView:
        def over() -> UploadView | None:
            view = self.uploads.get(self.user, upload_id)
            return None if view.status == UploadStatus.UNPACKING else view

        return wait_for(over, "the zip unpacked")

    def datasets(self) -> dict[str, str]:
        return {row.name: row.path for row, _ in self.catalog.datasets(self.user)}

    def lying(self, below: str = "") -> dict[str, bytes]:
        folder = self.root / below
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def dataset(self, name: str, path: str) -> None:
        row = Dataset(name=name, owner_id=self.user.id, volume_id=self.volume.id, path=path)
        with self.store.write() as session:
            session.add(row)

    def age(self, upload_id: str, hours: float) -> None:
        with self.store.write() as session:
            row = session.get_one(Upload, upload_id)
            row.touched_at = utc_now() - timedelta(hours=hours)


@pytest.fixture
def hands(sqlite_store: Store, people: dict[Role, Actor], tmp_path: Path) -> Iterator[Hands]:
    made = Hands(sqlite_store, people, tmp_path / "volume")
    yield made
    made.uploads.close()


def code_of(error: pytest.ExceptionInfo[ProductError]) -> str:
    return error.value.code


def field_of(error: pytest.ExceptionInfo[InvalidFields], field: str) -> str:
    return error.value.fields[field].code


def test_files_become_a_dataset_in_one_step(hands: Hands) -> None:
    upload = hands.begin(TWO, " night ")
    assert hands.send(upload, TWO) == (2, 11)
    assert not (hands.root / "night").exists()
    done = hands.uploads.finish(hands.user, upload)
    assert (done.status, done.name) == ("DONE", "night")
    assert hands.lying() == {"night/a.json": TWO["a.json"], "night/in/b.json": TWO["in/b.json"]}
    assert hands.datasets() == {"night": "night"}
    assert not (hands.root / ".uploads").exists()


def test_a_batch_may_come_in_pieces_of_any_size(hands: Hands) -> None:
    files = {"a": b"12345", "empty": b"", "b": os.urandom(300), "last": b""}
    upload = hands.begin(files)
    line = json.dumps([{"path": p, "size": len(c), "length": len(c)} for p, c in files.items()])
    batch = hands.uploads.open_batch(hands.user, upload, "tab")
    for byte in line.encode() + b"\n" + b"".join(files.values()):
        batch.feed(bytes([byte]))
    assert batch.close() == (4, 305)
    hands.uploads.finish(hands.user, upload)
    assert hands.lying("night") == files


def test_sending_again_what_has_arrived_changes_nothing(hands: Hands) -> None:
    upload = hands.begin(TWO)
    hands.send(upload, {"a.json": TWO["a.json"]})
    assert hands.send(upload, {"a.json": b"XXXXXXXX"}) == (1, 8)
    hands.send(upload, TWO)
    hands.uploads.finish(hands.user, upload)
    assert hands.lying("night") == TWO


def test_a_large_file_comes_in_parts_and_goes_on_after_a_restart(hands: Hands) -> None:
    content = os.urandom(1000)
    upload = hands.begin({"big": content})
    part = {"path": "big", "size": 1000, "offset": 0, "length": 600}
    assert hands.raw(upload, [part], content[:600]) == (0, 600)
    hands.restart()
    assert hands.uploads.arrived(hands.user, upload) == ({}, {"big": 600})
    assert hands.uploads.get(hands.user, upload).arrived_bytes == 600
    with pytest.raises(Conflict) as caught:
        hands.uploads.finish(hands.user, upload)
    assert code_of(caught) == "UPLOAD_INCOMPLETE"
    gap = {"path": "big", "size": 1000, "offset": 700, "length": 300}
    with pytest.raises(Conflict) as caught:
        hands.raw(upload, [gap], content[700:])
    assert code_of(caught) == "UPLOAD_OFFSET"
    overlapping = {"path": "big", "size": 1000, "offset": 500, "length": 500}
    assert hands.raw(upload, [overlapping], content[500:]) == (1, 1000)
    hands.uploads.finish(hands.user, upload)
    assert hands.lying("night") == {"big": content}


def test_what_came_before_a_cut_stays_and_half_a_file_is_no_file(hands: Hands) -> None:
    upload = hands.begin(TWO)
    batch = hands.uploads.open_batch(hands.user, upload, "tab")
    line = json.dumps([{"path": p, "size": len(c), "length": len(c)} for p, c in TWO.items()])
    batch.feed(line.encode() + b"\n" + TWO["a.json"] + b"[")
    batch.abort()
    assert hands.uploads.arrived(hands.user, upload) == ({"a.json": 8}, {"in/b.json": 1})
    with pytest.raises(Conflict):
        hands.uploads.finish(hands.user, upload)
    assert hands.send(upload, {"in/b.json": TWO["in/b.json"]}) == (2, 11)
    assert hands.uploads.finish(hands.user, upload).status == "DONE"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../out", "UPLOAD_PATH_OUTSIDE"),
        ("in/../../out", "UPLOAD_PATH_OUTSIDE"),
        ("/out", "UPLOAD_PATH_ABSOLUTE"),
        ("C:/out", "UPLOAD_PATH_ABSOLUTE"),
        ("", "UPLOAD_PATH_EMPTY"),
        ("in//out", "UPLOAD_PATH_PARTS"),
        ("./out", "UPLOAD_PATH_PARTS"),
        ("a\nb", "UPLOAD_PATH_CONTROL"),
        ("a\0b", "UPLOAD_PATH_CONTROL"),
        ("a\\b", "UPLOAD_PATH_BACKSLASH"),
        ("字" * 86, "UPLOAD_PATH_LONG"),
    ],
)
def test_no_path_leads_elsewhere(hands: Hands, path: str, code: str) -> None:
    upload = hands.begin({"x": b"1"})
    with pytest.raises(Refused) as caught:
        hands.raw(upload, [{"path": path, "size": 1, "length": 1}], b"1")
    assert code_of(caught) == code
    assert hands.lying() == {}


def test_a_file_and_a_folder_of_one_name_collide_and_case_is_kept(hands: Hands) -> None:
    upload = hands.begin({"A": b"1", "a": b"2", "in/x": b"3", "more": b"4"})
    hands.send(upload, {"A": b"1", "a": b"2", "in/x": b"3"})
    for path in ("a/b", "in"):
        with pytest.raises(Refused) as caught:
            hands.send(upload, {path: b"5"})
        assert code_of(caught) == "UPLOAD_COLLISION"
    with pytest.raises(Refused) as caught:
        hands.send(upload, {"a": b"longer"})
    assert code_of(caught) == "UPLOAD_COLLISION"


def test_nothing_comes_beyond_what_was_announced(hands: Hands) -> None:
    upload = hands.begin(TWO)
    longer = {"path": "a.json", "size": 8, "offset": 0, "length": 9}
    with pytest.raises(Refused) as caught:
        hands.raw(upload, [longer], b"123456789")
    assert code_of(caught) == "UPLOAD_FILE_LONGER"
    with pytest.raises(Refused) as caught:
        hands.send(upload, {"large": b"x" * 12})
    assert code_of(caught) == "UPLOAD_MORE_BYTES"
    with pytest.raises(Refused) as caught:
        hands.send(upload, {"1": b"1", "2": b"2", "3": b"3"})
    assert code_of(caught) == "UPLOAD_MORE_FILES"


@pytest.mark.parametrize(
    ("entries", "body"),
    [
        ("nonsense", b""),
        ([], b""),
        ([{"path": "a"}], b""),
        ([{"path": "a", "size": -1, "length": -1}], b""),
        ([{"path": "a", "size": 1, "length": 1, "mode": 1}], b"1"),
        ([{"path": "a", "size": 1, "length": 1}] * 1001, b""),
        ([{"path": "a", "size": 1, "length": 1}], b"12"),
        ([{"path": "a", "size": 2, "length": 2}], b"1"),
    ],
)
def test_a_body_that_is_none_is_refused(hands: Hands, entries: object, body: bytes) -> None:
    upload = hands.begin(TWO)
    with pytest.raises(Refused) as caught:
        hands.raw(upload, entries, body)
    assert code_of(caught) == "UPLOAD_BODY_WRONG"
    hands.uploads.open_batch(hands.user, upload, "tab").abort()  # the next one finds it free


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "NAME_EMPTY"),
        ({"name": "../up"}, "name", "NAME_CHARACTER"),
        ({"name": ".uploads"}, "name", "NAME_DOTS"),
        ({"name": "taken"}, "name", "NAME_TAKEN"),
        ({"name": "lying"}, "name", "UPLOAD_FOLDER_EXISTS"),
        ({"name": "coming"}, "name", "UPLOAD_NAME_COMING"),
        ({"volume_id": "none"}, "volume_id", "REQUIRED"),
        ({"bytes": 1 << 49}, "volume_id", "UPLOAD_NO_ROOM"),
        ({"bytes": -1}, "files", "UPLOAD_NOTHING"),
        ({"files": 0}, "files", "UPLOAD_NOTHING"),
        ({"files": 1_000_001}, "files", "UPLOAD_TOO_MANY_FILES"),
    ],
)
def test_what_cannot_begin(hands: Hands, changes: dict[str, object], field: str, code: str) -> None:
    (hands.root / "old").mkdir()
    (hands.root / "lying").mkdir()
    hands.dataset("taken", "old")
    hands.begin(TWO, "coming")
    name = str(changes.pop("name", "night"))
    draft = hands.draft(TWO, name, **changes)
    assert hands.uploads.check(hands.user, draft)[field].code == code
    with pytest.raises(InvalidFields) as caught:
        hands.uploads.begin(hands.user, draft)
    assert field_of(caught, field) == code


def test_a_volume_that_is_gone_is_named(hands: Hands) -> None:
    hands.root.rmdir()
    with pytest.raises(InvalidFields) as caught:
        hands.begin(TWO)
    assert field_of(caught, "volume_id") == "VOLUME_MISSING"


def test_an_uploads_folder_that_leads_out_of_the_volume_is_not_followed(
    hands: Hands, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (hands.root / ".uploads").symlink_to(outside)
    with pytest.raises(Refused) as caught:
        hands.begin(TWO)
    assert code_of(caught) == "PATH_OUTSIDE"
    assert list(outside.iterdir()) == []
    assert hands.uploads.uploads(hands.user) == []


def test_viewers_upload_nothing_and_nobody_touches_what_is_not_theirs(hands: Hands) -> None:
    viewer = hands.people[Role.VIEWER]
    for forbidden in (hands.uploads.check, hands.uploads.begin):
        with pytest.raises(Forbidden) as caught:
            forbidden(viewer, hands.draft(TWO))
        assert code_of(caught) == "VIEWERS_ONLY_LOOK"
    upload = hands.begin(TWO)
    other = Actor("someone", "someone", Role.USER)
    for stranger in (viewer, other):
        assert hands.uploads.uploads(stranger) == []
        for call in (
            lambda who: hands.uploads.get(who, upload),
            lambda who: hands.uploads.arrived(who, upload),
            lambda who: hands.uploads.open_batch(who, upload, "tab"),
            lambda who: hands.uploads.release(who, upload, "tab"),
            lambda who: hands.uploads.finish(who, upload),
            lambda who: hands.uploads.cancel(who, upload),
        ):
            with pytest.raises(Forbidden) as caught:
                call(stranger)
            assert code_of(caught) == "UPLOAD_OF_OTHERS"
    [seen] = hands.uploads.uploads(hands.people[Role.ADMINISTRATOR])
    assert (seen.id, seen.mine, seen.owner) == (upload, False, hands.user.name)
    hands.uploads.cancel(hands.people[Role.ADMINISTRATOR], upload)
    with pytest.raises(NotFound):
        hands.uploads.get(hands.user, upload)


def test_of_two_tabs_only_one_sends_until_it_leaves_or_falls_silent(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = hands.begin(TWO)
    hands.send(upload, {"a.json": TWO["a.json"]}, "first")
    with pytest.raises(Conflict) as caught:
        hands.send(upload, TWO, "second")
    assert code_of(caught) == "UPLOAD_ELSEWHERE"
    assert hands.uploads.get(hands.user, upload).sending
    hands.uploads.release(hands.user, upload, "second")  # not the one that sends
    with pytest.raises(Conflict):
        hands.send(upload, TWO, "second")
    hands.uploads.release(hands.user, upload, "first")
    hands.send(upload, {"a.json": TWO["a.json"]}, "second")
    monkeypatch.setattr(upload_batches, "LEASE_S", 0.0)
    assert hands.send(upload, TWO, "third") == (2, 11)


def test_one_batch_at_a_time(hands: Hands) -> None:
    upload = hands.begin(TWO)
    batch = hands.uploads.open_batch(hands.user, upload, "tab")
    for call in (
        lambda: hands.uploads.open_batch(hands.user, upload, "tab"),
        lambda: hands.uploads.finish(hands.user, upload),
    ):
        with pytest.raises(Conflict) as caught:
            call()
        assert code_of(caught) == "UPLOAD_BUSY"
    batch.abort()
    assert hands.send(upload, TWO) == (2, 11)


def test_a_name_that_was_taken_meanwhile_can_be_replaced(hands: Hands) -> None:
    upload = hands.begin(TWO)
    hands.send(upload, TWO)
    (hands.root / "night").mkdir()
    with pytest.raises(InvalidFields) as caught:
        hands.uploads.finish(hands.user, upload)
    assert field_of(caught, "name") == "UPLOAD_FOLDER_EXISTS"
    hands.dataset("dusk", "night")
    for name, code in (("dusk", "NAME_TAKEN"), ("a/b", "NAME_CHARACTER")):
        with pytest.raises(InvalidFields) as caught:
            hands.uploads.finish(hands.user, upload, name)
        assert field_of(caught, "name") == code
    assert hands.uploads.finish(hands.user, upload, "dawn").status == "DONE"
    assert hands.lying("dawn") == TWO


def test_cancelling_removes_everything(hands: Hands) -> None:
    upload = hands.begin(TWO)
    hands.send(upload, {"a.json": TWO["a.json"]})
    batch = hands.uploads.open_batch(hands.user, upload, "tab")
    hands.uploads._running[upload].cancelled.set()  # what cancel does first
    with pytest.raises(NotFound):
        batch.feed(b"[")
    batch.abort()
    hands.uploads.cancel(hands.user, upload)
    assert list(hands.root.iterdir()) == []
    with pytest.raises(NotFound) as caught:
        hands.send(upload, TWO)
    assert code_of(caught) == "UPLOAD_UNKNOWN"
    assert hands.uploads.check(hands.user, hands.draft(TWO)) == {}


def test_a_zip_is_unpacked_into_a_dataset(hands: Hands) -> None:
    done = hands.zip(a_zip(TWO | {"__MACOSX/._a.json": b"x"}))
    assert (done.status, done.reason) == ("DONE", None)
    assert hands.lying() == {"night/a.json": TWO["a.json"], "night/in/b.json": TWO["in/b.json"]}
    assert hands.datasets() == {"night": "night"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zip_with("../../out.json"), "UPLOAD_PATH_OUTSIDE"),
        (zip_with("/tmp/out.json"), "UPLOAD_PATH_ABSOLUTE"),  # noqa: S108 - a name in a zip
        (zip_with("x", mode=0o120777), "ZIP_LINK"),
        (a_zip({"a": b"\0" * (1 << 22)}), "ZIP_BOMB"),
        (b"no zip", "ZIP_BROKEN"),
    ],
)
def test_a_zip_that_is_refused_leaves_nothing_behind(hands: Hands, data: bytes, code: str) -> None:
    failed = hands.zip(data)
    assert failed.status == "FAILED"
    assert failed.reason is not None
    assert failed.reason.code == code
    assert list(hands.root.iterdir()) == []
    assert hands.datasets() == {}
    with pytest.raises(Conflict):
        hands.send(failed.id, TWO)
    hands.uploads.cancel(hands.user, failed.id)
    assert hands.uploads.uploads(hands.user) == []


def test_a_zip_whose_name_is_taken_while_it_is_unpacked_can_be_finished(hands: Hands) -> None:
    data = a_zip(TWO)
    upload = hands.begin({"archive.zip": data}, zipped=True)
    with pytest.raises(Refused):
        hands.send(upload, {"other.json": data})
    hands.send(upload, {"archive.zip": data})
    with hands.store.write() as session:
        session.get_one(Upload, upload).status = UploadStatus.UNPACKING
    (hands.root / "night").mkdir()
    hands.restart()
    hands.uploads.start()  # takes up what a restart interrupted
    view = hands.settled(upload)
    assert view.status == "RECEIVING"
    assert view.reason is not None
    assert view.reason.code == "UPLOAD_FOLDER_EXISTS"
    hands.uploads.finish(hands.user, upload, "dawn")
    assert hands.settled(upload).status == "DONE"
    assert hands.lying("dawn") == TWO


def test_old_uploads_and_folders_of_nobody_are_cleared(hands: Hands) -> None:
    old, young = hands.begin(TWO, "old"), hands.begin(TWO, "young")
    hands.send(old, TWO)
    hands.send(young, TWO)
    hands.age(old, 25)
    hands.age(young, 23)
    left = hands.root / ".uploads" / "0123456789abcdef"
    left.mkdir()
    hands.uploads.sweep()
    assert [view.name for view in hands.uploads.uploads(hands.user)] == ["young"]
    assert not left.exists()
    assert hands.uploads.finish(hands.user, young).status == "DONE"
    hands.age(young, 25)
    hands.uploads.sweep()
    assert hands.uploads.uploads(hands.user) == []
    assert hands.datasets() == {"young": "young"}
    with pytest.raises(Conflict) as caught:
        hands.uploads.cancel(hands.user, young)
    assert code_of(caught) == "UPLOAD_IS_DATASET"


def test_an_upload_that_is_being_sent_is_not_cleared_and_sending_keeps_it(hands: Hands) -> None:
    upload = hands.begin(TWO)
    hands.age(upload, 25)
    batch = hands.uploads.open_batch(hands.user, upload, "tab")
    hands.uploads.sweep()
    batch.abort()
    hands.uploads.sweep()
    assert hands.uploads.get(hands.user, upload).status == "RECEIVING"
