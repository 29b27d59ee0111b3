"""What is told of deletions of tasks: before, meanwhile, and as the receipt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from inference_ui.backend.errors import Message
from inference_ui.backend.models.deletion import DeletedState, DeletedTask
from inference_ui.backend.models.task import TaskStatus


@dataclass(frozen=True, slots=True)
class MeantTask:
    """A task that would be deleted."""

    id: str
    name: str
    status: TaskStatus
    owner: str


@dataclass(frozen=True, slots=True)
class DeletionPreview:
    """What a deletion of the tasks ``meant`` (ids) would do. Of the ``asked`` tasks, ``tasks``
    would be deleted, of which ``running`` have not ended; ``others`` belong to somebody else,
    ``leaving`` are being deleted already, ``missing`` are gone. ``first`` are the first that would
    be deleted, those that have not ended before the others.

    ``volumes`` are how many output folders lie on each volume, by its name, with ``results``
    result files in all. With their output, ``needed_count`` of them would be refused; ``needed``
    says of the first few why.
    """

    meant: tuple[str, ...]
    asked: int
    tasks: int
    running: int
    others: int
    leaving: int
    missing: int
    first: tuple[MeantTask, ...]
    volumes: dict[str, int]
    results: int
    needed: tuple[Message, ...]
    needed_count: int


@dataclass(frozen=True, slots=True)
class DeletionView:
    """How a deletion goes, and its receipt once it ``ended_at``. Until all that is ``asked`` was
    ``taken`` down, ``accepted`` and ``refused`` grow.

    ``gone`` of the ``accepted`` tasks are deleted; ``refused`` ones are not, and ``unreached`` ones
    were never taken down because the server stopped meanwhile. ``name`` is the task's name
    where only one was meant. ``replicas`` are the processes, or ``pods``, that were ended for it;
    ``cards`` are what these held, by model, and ``nodes`` where they ran.

    Of the output folders ``removed`` are gone with ``files`` and ``bytes`` (which grow while it
    works; a server that was killed counted a moment's worth less), ``kept`` stay, by the volume's
    name in ``kept_on``; ``problems`` of them stay, in whole or in part, for a reason.
    """

    id: str
    requested_at: datetime
    taken: bool
    ended_at: datetime | None
    with_output: bool
    name: str
    asked: int
    accepted: int
    refused: int
    unreached: int
    gone: int
    replicas: int
    pods: bool
    cards: dict[str, int]
    nodes: tuple[str, ...]
    removed: int
    kept: int
    kept_on: dict[str, int]
    problems: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DeletionEntry:
    """One task of a deletion. ``problem`` says why it was refused, or why files were kept."""

    task_id: str
    name: str
    owner: str
    state: DeletedState
    problem: Message | None
    output_folder: str
    kept: bool
    replicas: int
    cards: dict[str, int]
    nodes: tuple[str, ...]
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DeletionDetail:
    """A deletion with some of its tasks: those that were not deleted come first."""

    view: DeletionView
    entries: tuple[DeletionEntry, ...] = field(default=())


def entry_of(row: DeletedTask, owner: str) -> DeletionEntry:
    """Return what is told of a task of a deletion; ``owner`` is its owner's name."""
    return DeletionEntry(
        task_id=row.task_id,
        name=row.name,
        owner=owner,
        state=DeletedState(row.state),
        problem=row.reason,
        output_folder=row.output_folder,
        kept=row.kept,
        replicas=row.replicas,
        cards=dict(row.cards),
        nodes=tuple(row.nodes),
        files=row.files,
        bytes=row.bytes,
    )
