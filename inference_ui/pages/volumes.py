"""Storage volumes: how full they are, and registering one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.components.controls import (
    button,
    field,
    icon_button,
    select_input,
    text_input,
)
from inference_ui.components.dialog import form_dialog
from inference_ui.components.feedback import confirm, empty, note, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.i18n.live import fmt_number, fmt_size, fmt_time, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.volumes import VolumeRow
from inference_ui.state.base import SignedIn
from inference_ui.state.volumes import VolumesState

COLUMNS = ("name", "place", "room", "inodes", "datasets", "owner", "created", "actions")
ADMINISTRATOR = SignedIn.role == "ADMINISTRATOR"


def volumes() -> rx.Component:
    """Return the page."""
    return shell(
        rx.cond(
            VolumesState.loaded,
            rx.cond(VolumesState.rows.length() > 0, _table(), _nothing()),
            skeleton_rows(5),
        ),
        _form(),
        _question(),
        heading=t("volumes.title"),
        current=routes.VOLUMES,
        actions=(
            rx.cond(
                ADMINISTRATOR,
                button(
                    t("volumes.register"), kind="pri", symbol="plus", on_click=VolumesState.begin
                ),
                rx.el.span(t("volumes.administrators"), class_name="t3 s12"),
            ),
        ),
    )


def _nothing() -> rx.Component:
    return empty(t("volumes.none"), t("volumes.none_text"))


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.colgroup(*(rx.el.col(class_name=f"v-{name}") for name in COLUMNS)),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"volumes.column_{name}"), scope="col", class_name=f"v-{name}")
                        for name in COLUMNS
                    )
                )
            ),
            rx.el.tbody(
                rx.foreach(VolumesState.rows, lambda row: volume_line(row=row, key=row.id))
            ),
            aria_label=t("volumes.title"),
        ),
        class_name="list vol",
    )


@rx.memo
def volume_line(row: rx.Var[VolumeRow]) -> rx.Component:
    """Return a volume."""
    usage = row.usage
    place = rx.cond(row.claim != "", row.claim, row.place)
    return rx.el.tr(
        rx.el.td(rx.el.span(row.name, class_name="l1 cut nm", title=row.name)),
        rx.el.td(rx.el.span(place, class_name="mono cut l1", title=row.place)),
        rx.el.td(
            rx.cond(usage.known, _room(usage), rx.el.span(t("volumes.unknown"), class_name="warn"))
        ),
        rx.el.td(
            rx.cond(
                usage.inodes_total != None,  # noqa: E711 - a Var
                t("volumes.inodes", used=usage.inodes_used, total=usage.inodes_total),
                "—",
            ),
            class_name="num cut",
        ),
        rx.el.td(fmt_number(row.datasets), class_name="num"),
        rx.el.td(row.owner, class_name="cut v-owner", title=row.owner),
        rx.el.td(fmt_time(row.created_at), class_name="num cut"),
        rx.el.td(
            rx.cond(
                ADMINISTRATOR,
                icon_button(
                    "delete",
                    t("volumes.remove_of", name=row.name),
                    small=True,
                    on_click=VolumesState.ask(row.id, row.name),
                ),
            ),
            class_name="v-actions",
        ),
    )


def _room(usage: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.i(class_name=rx.cond(usage.full, "f", ""), style={"width": usage.width}),
            class_name="bar",
        ),
        rx.el.span(
            rx.el.b(fmt_size(usage.used)),
            " / ",
            fmt_size(usage.total),
            rx.el.span(" · ", t("volumes.left", size=fmt_size(usage.free)), class_name="t3"),
            class_name=rx.cond(usage.full, "num bad", "num"),
        ),
        class_name="room",
    )


def _error(name: str) -> Any:
    problem = VolumesState.problems[name]
    return reason(problem.code, problem.args)


def _form() -> rx.Component:
    by_claim = VolumesState.values["claim"] != ""
    return form_dialog(
        t("volumes.register"),
        _text("name", hint=t("volumes.name_hint"), auto_focus=True),
        rx.cond(VolumesState.claims.length() > 0, _claim()),
        rx.cond(
            by_claim,
            _text("sub_path", required=False, hint=t("volumes.sub_path_hint")),
            _text("folder", hint=t("volumes.folder_hint"), placeholder="/data/images"),
        ),
        rx.cond(
            VolumesState.usage.known,
            rx.el.div(
                _room(VolumesState.usage),
                rx.cond(
                    VolumesState.writable,
                    rx.el.p(icon("check"), t("volumes.writable"), class_name="hint ok"),
                ),
                class_name="found",
                role="status",
            ),
        ),
        open=VolumesState.registering,
        verb=t("volumes.register_verb"),
        on_submit=VolumesState.submit,
        on_close=VolumesState.close,
    )


def _text(name: str, *, hint: Any, required: bool = True, **props: Any) -> rx.Component:
    return field(
        t(f"volumes.field_{name}"),
        text_input(
            name,
            error=_error(name),
            name=name,
            default_value=VolumesState.values[name],
            on_blur=lambda value: VolumesState.leave(name, value),
            **props,
        ),
        id=name,
        error=_error(name),
        hint=hint,
        required=required,
    )


def _claim() -> rx.Component:
    return field(
        t("volumes.field_claim"),
        select_input(
            "claim",
            rx.el.option(t("volumes.no_claim"), value=""),
            rx.foreach(VolumesState.claims, lambda name: rx.el.option(name, value=name)),
            name="claim",
            error=_error("claim"),
            value=VolumesState.values["claim"],
            on_change=lambda value: VolumesState.leave("claim", value),
        ),
        id="claim",
        error=_error("claim"),
    )


def _question() -> rx.Component:
    problem = VolumesState.remove_problem
    return confirm(
        t("volumes.ask_title", name=VolumesState.asked_name),
        t("volumes.ask_text"),
        rx.cond(problem.code != "", note(reason(problem.code, problem.args))),
        open=VolumesState.asked != "",
        verb=t("volumes.ask_verb"),
        symbol="delete",
        on_confirm=VolumesState.remove,
        on_close=VolumesState.dismiss,
    )


PAGE = Page(routes.VOLUMES, t("volumes.title"), volumes, on_load=VolumesState.load)
