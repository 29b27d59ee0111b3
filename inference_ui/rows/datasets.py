"""Rows of the pages of datasets: the list, one dataset with its check, and a look into it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from inference_ui import routes
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import DatasetReport
from inference_ui.backend.records import CheckProgress, CheckState
from inference_ui.backend.services.datasets import DatasetView, FolderPage, Preview
from inference_ui.rows.common import MessageRow, message_row


@dataclass(frozen=True, slots=True)
class BadRow:
    """A file that a check found wanting."""

    path: str
    why: MessageRow


@dataclass(frozen=True, slots=True)
class CheckRow:
    """The last check of a dataset. ``state``: NONE, RUNNING, DONE, CANCELLED or FAILED (its process
    was killed). ``rate`` is files a second; ``at`` when it ended, seconds since 1970."""

    state: str = "NONE"
    files: int = 0
    bytes: int = 0
    json_files: int = 0
    json_valid: int = 0
    images: int = 0
    images_valid: int = 0
    bad: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    at: float = 0.0
    first_bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset; ``missing``: its folder is not there."""

    id: str = ""
    name: str = ""
    href: str = ""
    volume: str = ""
    path: str = ""
    folder: str = ""
    owner: str = ""
    created_at: float = 0.0
    missing: bool = False
    mine: bool = False
    may_check: bool = False
    check: CheckRow = field(default_factory=CheckRow)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """Something in a folder; ``thumbnail`` is an address, ``""`` for none."""

    name: str
    path: str
    kind: str
    size: int
    thumbnail: str


@dataclass(frozen=True, slots=True)
class CrumbRow:
    """A folder on the way to the one that is shown."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class FolderRow:
    """The folder that is shown: a page of it."""

    path: str = ""
    crumbs: list[CrumbRow] = field(default_factory=list)
    members: list[EntryRow] = field(default_factory=list)
    total: int = 0
    first: int = 0
    last: int = 0
    before: int = -1
    after: int = -1


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """The file that is looked at; ``picture`` is an address, ``""`` where there is none."""

    path: str = ""
    name: str = ""
    size: int = 0
    text: str = ""
    shortened: bool = False
    picture: str = ""
    why: MessageRow = field(default_factory=MessageRow)


def dataset_rows(views: Iterable[DatasetView], actor: Actor) -> list[DatasetRow]:
    """Return the rows of the list."""
    return [dataset_row(view, actor) for view in views]


def dataset_row(view: DatasetView, actor: Actor) -> DatasetRow:
    """Return a dataset as ``actor`` sees it."""
    row, volume = view.dataset, view.volume
    return DatasetRow(
        id=row.id,
        name=row.name,
        href=routes.dataset(row.id),
        volume=volume.name,
        path=row.path,
        folder=f"{volume.root}/{row.path}".rstrip("/"),
        owner=view.owner,
        created_at=row.created_at.timestamp(),
        missing=view.missing,
        mine=actor.owns(row.owner_id),
        may_check=actor.may_create,
        check=check_row(view.check, row.report),
    )


def check_row(found: CheckProgress | None, report: DatasetReport | None) -> CheckRow:
    """Return the last check: as its process tells it, else as it is kept."""
    if found is None:
        return _kept(report) if report is not None else CheckRow()
    ended = found.state is not CheckState.RUNNING
    seconds = found.seconds if ended else max(0.0, time.time() - found.started_at)
    return CheckRow(
        state=str(found.state),
        files=found.files,
        bytes=found.bytes,
        json_files=found.json_files,
        json_valid=found.json_valid,
        images=found.images,
        images_valid=found.images_valid,
        bad=found.bad,
        seconds=seconds,
        rate=found.files / found.seconds if found.seconds else 0.0,
        at=found.updated_at,
        first_bad=[
            BadRow(bad.path, MessageRow(bad.code, dict(bad.args))) for bad in found.first_bad
        ],
    )


def _kept(report: DatasetReport) -> CheckRow:
    return CheckRow(
        state="DONE",
        files=report.files,
        bytes=report.bytes,
        json_files=report.json_files,
        json_valid=report.json_valid,
        images=report.images,
        images_valid=report.images_valid,
        bad=report.bad,
        seconds=report.seconds,
        rate=report.files / report.seconds if report.seconds else 0.0,
        at=report.started_at + report.seconds,
        first_bad=[
            BadRow(bad.path, MessageRow(bad.code, dict(bad.args))) for bad in report.first_bad
        ],
    )


def folder_row(dataset_id: str, page: FolderPage, size: int) -> FolderRow:
    """Return a page of ``size`` entries of a folder."""
    parts = page.folder.split("/") if page.folder else []
    crumbs = [CrumbRow(name, "/".join(parts[: at + 1])) for at, name in enumerate(parts)]
    last = page.offset + len(page.entries)
    return FolderRow(
        path=page.folder,
        crumbs=crumbs,
        members=[
            EntryRow(
                one.name,
                one.path,
                one.kind,
                one.size,
                _picture(dataset_id, one.path, 64) if one.kind == "IMAGE" else "",
            )
            for one in page.entries
        ],
        total=page.total,
        first=page.offset + 1 if page.entries else 0,
        last=last,
        before=max(0, page.offset - size) if page.offset else -1,
        after=last if last < page.total else -1,
    )


def preview_row(dataset_id: str, found: Preview) -> PreviewRow:
    """Return the file that is looked at."""
    return PreviewRow(
        path=found.path,
        name=found.path.rpartition("/")[2],
        size=found.size,
        text=found.text,
        shortened=found.shortened,
        picture=_picture(dataset_id, found.path) if found.picture else "",
        why=message_row(found.why),
    )


def _picture(dataset_id: str, path: str, side: int | None = None) -> str:
    query = {"path": path} | ({"side": str(side)} if side else {})
    return f"{routes.API}/datasets/{dataset_id}/picture?{urlencode(query)}"
