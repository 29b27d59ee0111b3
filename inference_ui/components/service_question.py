"""The question before an online service is stopped or deleted: the same wherever it is asked."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.feedback import confirm, note
from inference_ui.i18n.live import reason, t


def service_question(
    row: Any, *, end: Any, refused: Any, open: Any, on_confirm: Any, on_close: Any
) -> rx.Component:
    """Return the dialog about a ``ServiceRow``. ``end`` is ``stop`` or ``delete``, ``refused`` the
    ``MessageRow`` of what kept it from being done."""
    deleting = end == "delete"
    freed = rx.cond(
        row.spec != "",
        t("service.ask_freed_text", spec=row.spec, nodes=row.replicas),
        t("service.ask_elsewhere_text"),
    )
    after = rx.cond(deleting, t("service.ask_deleted_text"), t("service.ask_stopped_text"))
    used = rx.cond(
        row.tasks > 0,
        t("service.ask_used_text", task=row.first_task, others=row.tasks - 1),
        t("service.ask_unused_text"),
    )
    return confirm(
        rx.cond(
            deleting, t("service.ask_delete", name=row.name), t("service.ask_stop", name=row.name)
        ),
        rx.cond(deleting, t("service.ask_delete_text"), t("service.ask_stop_text")),
        rx.el.dl(
            _consequence(t("service.ask_used"), used),
            _consequence(
                rx.cond(row.spec != "", t("service.ask_freed"), t("service.ask_server")), freed
            ),
            _consequence(t("service.ask_after"), after),
            class_name="kv num",
        ),
        rx.cond(refused.code != "", note(reason(refused.code, refused.args))),
        open=open,
        verb=rx.cond(deleting, t("service.ask_delete_verb"), t("service.ask_stop_verb")),
        on_confirm=on_confirm,
        on_close=on_close,
    )


def _consequence(name: Any, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value))
