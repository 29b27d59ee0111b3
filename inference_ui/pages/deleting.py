"""Deleting tasks as a part of pages: the question, and what came of it."""

from __future__ import annotations

import reflex as rx

from inference_ui.components.delete_question import delete_question
from inference_ui.components.live import OnRevision
from inference_ui.components.receipt import receipt_details, receipts
from inference_ui.state.deleting import DeletingState
from inference_ui.state.live import Live


def deletion_question() -> rx.Component:
    """Return the dialog that ``DeletingState`` opens."""
    dialog = delete_question(
        DeletingState.question,
        with_output=DeletingState.with_output,
        refused=DeletingState.refused,
        open=DeletingState.asking,
        on_output=DeletingState.choose_output,
        on_show_all=DeletingState.show_all,
        on_confirm=DeletingState.confirm,
        on_close=DeletingState.leave_be,
    )
    return rx.fragment(rx.el.div(hidden=True, on_mount=DeletingState.close), dialog)


def deletion_receipts() -> rx.Component:
    """Return the strips that tell how the user's deletions go, as they go."""
    return rx.fragment(
        OnRevision.create(revision=Live.deletion_revision, on_change=DeletingState.load),
        rx.el.div(
            rx.cond(
                DeletingState.receipts.length() > 0,
                receipts(
                    DeletingState.receipts,
                    on_details=DeletingState.show_details,
                    on_dismiss=DeletingState.dismiss,
                ),
            ),
            on_mount=DeletingState.load,
        ),
        receipt_details(
            DeletingState.detail,
            open=DeletingState.detailed,
            on_close=DeletingState.hide_details,
        ),
    )
