"""Deleting tasks, from wherever they are shown: the question, and the receipts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import ProductError, Refused
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task_search import TaskSelection
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.delete_question import QuestionRow, question_row
from inference_ui.rows.receipt import DetailRow, ReceiptRow, detail_row, receipt_row

FEW, MANY = 3, 200
"""Tasks that the question names at first, and when asked to show all."""

MOST_PICKED = 10_000
"""Ids that a browser may send: more are meant by a search."""


class DeletingState(rx.State):
    """What of deletions a tab shows. A page opens the question by :meth:`ask`, or from a handler
    of its own by :func:`ask_about`, and watches ``live.deletions_of`` its user. ``confirmed``
    counts what of picked tasks was asked for here."""

    asking: bool = False
    question: QuestionRow = QuestionRow()
    with_output: bool = False
    refused: MessageRow = MessageRow()
    receipts: list[ReceiptRow] = []
    detailed: bool = False
    detail: DetailRow = DetailRow()
    confirmed: int = 0

    _meant: tuple[str, ...] = ()
    _leave: bool = False
    _picked: bool = False
    _busy: bool = False
    _asked: int = 0

    @rx.event
    async def load(self) -> None:
        """Read the receipts again, and the one that is shown in detail."""
        await self._reload()
        if self.detailed:
            await self._read_detail(self.detail.id)

    @rx.event
    async def ask(self, task_id: str) -> None:
        """Ask whether one task shall be deleted."""
        await self._open(TaskSelection((str(task_id),)))

    @rx.event
    async def ask_on_page(self, task_id: str) -> None:
        """Ask whether the task shall be deleted whose page this is; the list is shown then."""
        await self._open(TaskSelection((str(task_id),)), leave=True)

    @rx.event
    async def show_all(self) -> None:
        """Name all tasks that are meant, as far as they can be shown."""
        await self._preview(TaskSelection(self._meant), MANY)

    @rx.event
    def choose_output(self, on: Any) -> None:
        """Let the output folders go, too, or not."""
        self.with_output = on is True

    @rx.event
    def leave_be(self) -> None:
        """Delete nothing."""
        self.asking = False

    @rx.event(background=True)
    async def confirm(self) -> Any:
        """Delete what was asked about. Thousands take a while: the dialog closes at once, and the
        tab stays free. Pressed again, it finds the question answered."""
        async with self:
            if not self.asking or self._busy:
                return
            user, meant, output, asked = actor(), self._meant, self.with_output, self._begin()
        refused = await _request(user, meant, with_output=output)
        async with self:
            leave = self._leave and not refused.code
            self._end(asked, refused)
        yield rx.redirect(routes.TASKS) if leave else DeletingState.load

    @rx.event
    async def show_details(self, deletion_id: str) -> None:
        """List the tasks of a deletion."""
        await self._read_detail(str(deletion_id))
        self.detailed = True

    @rx.event
    def hide_details(self) -> None:
        """Close the list."""
        self.detailed = False

    @rx.event
    async def dismiss(self, deletion_id: str) -> None:
        """Show a deletion no longer."""
        user, deletions = actor(), product().deletions
        await rx.run_in_thread(lambda: deletions.dismiss(user, str(deletion_id)))
        await self._reload()

    @rx.event
    def close(self) -> None:
        """Show neither question nor list: a page that is opened begins without."""
        self.asking = self.detailed = False

    async def _open(
        self, selection: TaskSelection, *, leave: bool = False, picked: bool = False
    ) -> None:
        self._leave, self._picked, self._busy = leave, picked, False
        self._asked += 1
        self.with_output, self.refused = False, MessageRow()
        self._meant = await self._preview(selection, FEW)
        self.asking = True

    async def _preview(self, selection: TaskSelection, show: int) -> tuple[str, ...]:
        user, deletions = actor(), product().deletions
        seen = await rx.run_in_thread(lambda: deletions.preview(user, selection, show=show))
        self.question = question_row(seen)
        return seen.meant

    def _begin(self) -> int:
        """One task is asked for first: what keeps it from being deleted is said in the dialog."""
        self._busy = True
        if len(self._meant) > 1:
            self._close()
        return self._asked

    def _end(self, asked: int, refused: MessageRow) -> None:
        """Close the dialog, or say what kept it from being done; not if it asks something else."""
        if asked != self._asked:
            return
        self._busy, self.refused = False, refused
        if refused.code:
            self.asking = True
        elif self.asking:
            self._close()

    def _close(self) -> None:
        self.asking = False
        self.confirmed += self._picked

    async def _reload(self) -> None:
        user, deletions = actor(), product().deletions
        views = await rx.run_in_thread(lambda: deletions.recent(user))
        found = [receipt_row(view) for view in views]
        if self.receipts != found:
            self.receipts = found

    async def _read_detail(self, deletion_id: str) -> None:
        user, deletions = actor(), product().deletions
        seen = await rx.run_in_thread(lambda: deletions.view(user, deletion_id, limit=MANY))
        found = detail_row(seen)
        if self.detail != found:
            self.detail = found


async def ask_about(state: rx.State, selection: TaskSelection) -> None:
    """Ask, in the tab of ``state``, whether picked tasks shall be deleted.

    Raises :class:`Refused` (TOO_MANY_PICKED) for more ids than a person picks.
    """
    if len(selection.ids) > MOST_PICKED:
        raise Refused("TOO_MANY_PICKED", most=MOST_PICKED)
    deleting = await state.get_state(DeletingState)
    await deleting._open(selection, picked=True)


async def _request(user: Actor, ids: tuple[str, ...], *, with_output: bool) -> MessageRow:
    """Ask for a deletion; return what keeps it from being done."""
    deletions, meant = product().deletions, TaskSelection(ids)
    try:
        await rx.run_in_thread(lambda: deletions.request(user, meant, with_output=with_output))
    except ProductError as error:
        return message_row(error.message)
    return MessageRow()
