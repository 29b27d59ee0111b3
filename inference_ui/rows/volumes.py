"""Rows of the page of storage volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inference_ui.backend.services.volumes import Usage, VolumeCheck, VolumeDraft, VolumeView
from inference_ui.rows.common import MessageRow, message_row, share_width

FIELDS = ("name", "folder", "claim", "sub_path")
"""The form's fields, in its order; names of ``VolumeDraft``."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How full a volume is; ``known`` is False where nobody can tell. ``full``: less than a tenth
    is free of bytes or inodes. Widths are CSS lengths."""

    known: bool = False
    used: int = 0
    total: int = 0
    free: int = 0
    width: str = "0%"
    inodes_used: int | None = None
    inodes_total: int | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """A volume: ``place`` is its folder, ``claim`` what it is a part of (``""``: of no claim)."""

    id: str
    name: str
    place: str
    claim: str
    usage: UsageRow
    datasets: int
    owner: str
    created_at: float


def volume_rows(views: Iterable[VolumeView]) -> list[VolumeRow]:
    """Return the rows of the list."""
    return [
        VolumeRow(
            id=view.volume.id,
            name=view.volume.name,
            place=view.volume.root,
            claim=f"{view.volume.claim} / {view.volume.sub_path}" if view.volume.claim else "",
            usage=usage_row(view.usage),
            datasets=view.datasets,
            owner=view.owner,
            created_at=view.volume.created_at.timestamp(),
        )
        for view in views
    ]


def usage_row(usage: Usage | None) -> UsageRow:
    """Return how full a volume is."""
    if usage is None:
        return UsageRow()
    used = usage.total_bytes - usage.free_bytes
    scarce = usage.free_bytes * 10 < usage.total_bytes
    inodes = None
    if usage.total_inodes is not None and usage.free_inodes is not None:
        inodes = usage.total_inodes - usage.free_inodes
        scarce = scarce or usage.free_inodes * 10 < usage.total_inodes
    return UsageRow(
        known=True,
        used=used,
        total=usage.total_bytes,
        free=usage.free_bytes,
        width=share_width(used, usage.total_bytes),
        inodes_used=inodes,
        inodes_total=usage.total_inodes,
        full=scarce,
    )


def draft_of(values: Mapping[str, str]) -> VolumeDraft:
    """Return what was filled in as a draft."""
    return VolumeDraft(**{name: values.get(name, "") for name in FIELDS})


def problem_rows(found: VolumeCheck | None, left: Iterable[str]) -> dict[str, MessageRow]:
    """Return a row for each field: empty where nothing is wrong, or is not to be shown yet."""
    problems = found.problems if found else {}
    shown = set(left)
    return {name: message_row(problems.get(name) if name in shown else None) for name in FIELDS}
