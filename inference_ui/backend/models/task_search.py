"""What of the tasks is looked for, in which order, and which of them are meant by a selection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from inference_ui.backend.models.task import TaskStatus


class SearchField(StrEnum):
    """What a condition is about. Names are searched by text, the others are chosen."""

    NAME = "name"
    STATUS = "status"
    OWNER = "owner"
    SPEC = "spec"
    PACKAGE = "package"


class SortKey(StrEnum):
    """What the task list can be sorted by."""

    NAME = "name"
    STATUS = "status"
    PROGRESS = "progress"
    SERVICE_TYPE = "service_type"
    PACKAGE = "package"
    SPEC = "spec"
    OWNER = "owner"
    CREATED = "created"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """In which order tasks stand; the newest first unless said otherwise."""

    key: SortKey = SortKey.CREATED
    descending: bool = True


@dataclass(frozen=True, slots=True)
class TaskSearch:
    """Conditions that a task has to meet, all of them: every text of ``names`` is part of its name
    (in any case), its status is one of ``statuses``, its creator's name one of ``owners``, its
    compute spec and its package (``name version``) one of ``specs`` and ``packages``. What is empty
    is no condition."""

    names: tuple[str, ...] = ()
    statuses: tuple[TaskStatus, ...] = ()
    owners: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[SearchField, ...]:
        """What there is a condition about."""
        return tuple(field for field in SearchField if getattr(self, _ATTRIBUTES[field]))

    def without(self, field: SearchField) -> TaskSearch:
        """Return the search without the conditions about a field."""
        return replace(self, **{_ATTRIBUTES[field]: ()})


_ATTRIBUTES = {
    SearchField.NAME: "names",
    SearchField.STATUS: "statuses",
    SearchField.OWNER: "owners",
    SearchField.SPEC: "specs",
    SearchField.PACKAGE: "packages",
}


@dataclass(frozen=True, slots=True)
class TaskSelection:
    """Tasks that a user picked: those of ``ids``, or with ``search`` all that meet it (``mine``:
    of one's own only) but those of ``ids``."""

    ids: tuple[str, ...] = ()
    search: TaskSearch | None = None
    mine: bool = False
