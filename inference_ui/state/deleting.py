"""Deleting tasks, from wherever they are shown: the question, and the receipts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import ProductError
from inference_ui.backend.models.task_search import TaskSelection
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.delete_question import QuestionRow, question_row
from inference_ui.rows.receipt import DetailRow, ReceiptRow, detail_row, receipt_row

FEW, MANY = 3, 200
"""Tasks that the question names at first, and when asked to show all."""


class DeletingState(rx.State):
    """What of deletions a tab shows. A page opens the question by :meth:`ask`, or from a handler
    of its own by :func:`ask_about`; it watches ``live.DELETIONS``. ``confirmed`` counts what was
    asked for here."""

    asking: bool = False
    question: QuestionRow = QuestionRow()
    with_output: bool = False
    refused: MessageRow = MessageRow()
    receipts: list[ReceiptRow] = []
    detailed: bool = False
    detail: DetailRow = DetailRow()
    confirmed: int = 0

    _selection: TaskSelection = TaskSelection()
    _leave: bool = False

    @rx.event
    async def load(self) -> None:
        """Read the receipts again, and the one that is shown in detail."""
        await self._reload()
        if self.detailed:
            await self._read_detail(self.detail.id)

    @rx.event
    async def ask(self, task_id: str) -> None:
        """Ask whether one task shall be deleted."""
        await self._open(TaskSelection((str(task_id),)), leave=False)

    @rx.event
    async def ask_on_page(self, task_id: str) -> None:
        """Ask whether the task shall be deleted whose page this is; the list is shown then."""
        await self._open(TaskSelection((str(task_id),)), leave=True)

    @rx.event
    async def show_all(self) -> None:
        """Name all tasks that are meant, as far as they can be shown."""
        await self._preview(MANY)

    @rx.event
    def choose_output(self, on: Any) -> None:
        """Let the output folders go, too, or not."""
        self.with_output = on is True

    @rx.event
    def leave_be(self) -> None:
        """Delete nothing."""
        self.asking = False

    @rx.event
    async def confirm(self) -> Any:
        """Delete what was asked about; what keeps it from being done is said in the dialog. Pressed
        again, it finds the question answered."""
        if not self.asking:
            return None
        user, meant, output = actor(), self._selection, self.with_output
        deletions = product().deletions
        try:
            await rx.run_in_thread(lambda: deletions.request(user, meant, with_output=output))
        except ProductError as error:
            self.refused = message_row(error.message)
            return None
        self.asking = False
        self.confirmed += 1
        await self._reload()
        return rx.redirect(routes.TASKS) if self._leave else None

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

    async def _open(self, selection: TaskSelection, *, leave: bool) -> None:
        self._selection, self._leave = selection, leave
        self.with_output, self.refused = False, MessageRow()
        await self._preview(FEW)
        self.asking = True

    async def _preview(self, show: int) -> None:
        user, meant, deletions = actor(), self._selection, product().deletions
        seen = await rx.run_in_thread(lambda: deletions.preview(user, meant, show=show))
        self.question = question_row(seen)

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
    """Ask, in the tab of ``state``, whether a selection of tasks shall be deleted."""
    deleting = await state.get_state(DeletingState)
    await deleting._open(selection, leave=False)
