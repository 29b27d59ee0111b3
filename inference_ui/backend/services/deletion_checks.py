"""What keeps a task, or its output folder, from being deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from inference_ui.backend.errors import Conflict, Forbidden, Message, NotFound, Refused
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.deletion import DeletedTask
from inference_ui.backend.services.held_folders import HeldFolders
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import deletions as queries
from inference_ui.backend.store.database import Session
from inference_ui.backend.store.deletions import Candidate

_ERRORS: dict[str, type[Refused]] = {
    "TASK_OF_ANOTHER": Forbidden,
    "TASK_UNKNOWN": NotFound,
    "TASK_DELETED": NotFound,
}


class Judge:
    """Judges tasks that ``actor`` wants to delete, ``meant`` all together.

    Who reads whose output, and what lies where, is asked once: whoever deletes a folder asks again.
    """

    def __init__(
        self, session: Session, actor: Actor, meant: Sequence[str], held: HeldFolders
    ) -> None:
        self._actor = actor
        self._meant = frozenset(meant)
        self._readers = queries.readers(session)
        self._held = held

    def problem(self, task: Candidate, owner: str = "", who: str = "") -> Message | None:
        """Say what keeps the task from being deleted, or None. The sentence names its ``owner``,
        and ``who`` is deleting it already."""
        if not self._actor.owns(task.owner_id):
            return Message("TASK_OF_ANOTHER", {"name": task.name, "owner": owner})
        if task.deletion_id is not None:
            return Message("TASK_BEING_DELETED", {"name": task.name, "who": who})
        return None

    def output_problem(self, task: Candidate) -> Message | None:
        """Say what keeps the task from being deleted together with its output, or None."""
        for reader in self._readers.get(task.id, ()):
            if not (reader.leaving or reader.id in self._meant):
                return Message("OUTPUT_NEEDED", {"name": task.name, "task": reader.name})
        return self._held.problem(task.output_folder, task.name)

    def problems(
        self,
        session: Session,
        ids: Sequence[str],
        found: Mapping[str, Candidate],
        *,
        with_output: bool,
    ) -> dict[str, Message]:
        """Return what keeps which of these tasks from being deleted."""
        problems = missing(session, [id for id in ids if id not in found])
        wrong = {task.id: said for task in found.values() if (said := self.problem(task))}
        named = _names(session, [found[id] for id in wrong])
        for id in wrong:
            task = found[id]
            owner, who = named.get(task.owner_id, ""), named.get(task.deletion_id or "", "")
            said = self.problem(task, owner, who)
            if said is not None:
                problems[id] = said
        if with_output:
            for task in found.values():
                said = None if task.id in problems else self.output_problem(task)
                if said is not None:
                    problems[task.id] = said
        return problems


class FolderChecks:
    """What keeps output folders from being deleted, as it is at the moment of their deletion."""

    def __init__(self, session: Session, held: HeldFolders) -> None:
        self._readers = queries.readers(session)
        self._held = held

    def awaited(self, task_id: str) -> bool:
        """Whether somebody still reads the task's output who is being deleted, too."""
        return any(reader.leaving for reader in self._readers.get(task_id, ()))

    def problem(self, row: DeletedTask) -> Message | None:
        """Say why the output folder of a task is to be kept, or None."""
        for reader in self._readers.get(row.task_id, ()):
            return Message("OUTPUT_NEEDED", {"name": row.name, "task": reader.name})
        folder = PurePath(row.output_folder)
        if folder.name.startswith(".") or str(folder.parent) not in self._held.roots:
            return Message("OUTPUT_OFF_VOLUME", {"folder": row.output_folder})
        return self._held.problem(row.output_folder, row.name)


def refuse_deleting(session: Session, task_id: str) -> None:
    """Raise :class:`Conflict` when the task is being deleted: nothing else is done with it then.
    In a session that writes, nobody begins to delete it before the session ends."""
    task = queries.candidates(session, [task_id], lock=True).get(task_id)
    if task is not None and task.deletion_id is not None:
        who = _names(session, [task]).get(task.deletion_id, "")
        raise Conflict("TASK_BEING_DELETED", name=task.name, who=who)


def refusal(problem: Message) -> Refused:
    """Return the error that says what keeps the one task that is meant from being deleted."""
    return _ERRORS.get(problem.code, Conflict)(problem.code, **problem.args)


def missing(session: Session, ids: Sequence[str]) -> dict[str, Message]:
    if not ids:
        return {}
    before = queries.deleted_before(session, ids)
    names = account_queries.names_of(session, {who for _, who in before.values()})
    return {
        id: Message("TASK_DELETED", {"name": before[id][0], "who": names.get(before[id][1], "")})
        if id in before
        else Message("TASK_UNKNOWN", {"id": id})
        for id in ids
    }


def _names(session: Session, tasks: Sequence[Candidate]) -> dict[str, str]:
    """Return the names of the tasks' owners by their ids, and of who asked for deletions by
    the deletions' ids."""
    if not tasks:
        return {}
    askers = queries.askers(session, {one.deletion_id or "" for one in tasks})
    people = {*askers.values(), *(one.owner_id for one in tasks)}
    names = account_queries.names_of(session, people)
    return names | {deletion: names.get(who, "") for deletion, who in askers.items()}
