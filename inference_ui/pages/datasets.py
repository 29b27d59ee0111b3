"""The list of datasets."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.check import check_summary
from inference_ui.components.controls import button, field, select_input, text_input
from inference_ui.components.dialog import form_dialog
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.live import OnRevision
from inference_ui.components.upload import Upload
from inference_ui.i18n.live import fmt_size, fmt_time, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.datasets import DatasetRow
from inference_ui.state.base import SignedIn
from inference_ui.state.datasets import DatasetsState
from inference_ui.state.live import Live

COLUMNS = ("name", "place", "content", "check", "owner", "created")
MAY_CREATE = SignedIn.role != "VIEWER"
ADMINISTRATOR = SignedIn.role == "ADMINISTRATOR"


def datasets() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=DatasetsState.reload),
        rx.cond(
            DatasetsState.loaded & MAY_CREATE,
            Upload.create(volumes=DatasetsState.volumes, open=DatasetsState.uploading),
        ),
        rx.cond(
            DatasetsState.loaded,
            rx.cond(DatasetsState.rows.length() > 0, _table(), _nothing()),
            skeleton_rows(6),
        ),
        _form(),
        heading=t("datasets.title"),
        current=routes.DATASETS,
        actions=(
            rx.cond(
                MAY_CREATE,
                button(
                    t("datasets.upload"),
                    kind="pri",
                    symbol="up",
                    on_click=DatasetsState.toggle_upload,
                    aria_expanded=rx.cond(DatasetsState.uploading, "true", "false"),
                    data_testid="upload-toggle",
                ),
            ),
            rx.cond(
                ADMINISTRATOR,
                button(t("datasets.register"), symbol="plus", on_click=DatasetsState.begin),
            ),
        ),
    )


def _nothing() -> rx.Component:
    return empty(t("datasets.none"), t("datasets.none_text"))


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.colgroup(*(rx.el.col(class_name=f"d-{name}") for name in COLUMNS)),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"datasets.column_{name}"), scope="col", class_name=f"d-{name}")
                        for name in COLUMNS
                    )
                )
            ),
            rx.el.tbody(
                rx.foreach(DatasetsState.rows, lambda row: dataset_line(row=row, key=row.id))
            ),
            aria_label=t("datasets.title"),
        ),
        class_name="list dsl",
    )


@rx.memo
def dataset_line(row: rx.Var[DatasetRow]) -> rx.Component:
    """Return a dataset."""
    check = row.check
    return rx.el.tr(
        rx.el.td(
            ReactRouterLink.create(row.name, to=row.href, class_name="l1 cut nm", title=row.name)
        ),
        rx.el.td(
            rx.el.span(row.volume, class_name="l1 cut"),
            rx.el.span(row.path, class_name="l2 mono cut", title=row.folder),
        ),
        rx.el.td(
            rx.cond(
                check.state == "NONE",
                rx.el.span("—", class_name="t3"),
                rx.fragment(
                    rx.el.span(
                        t("datasets.content", json=check.json_files, images=check.images),
                        class_name="l1 cut",
                    ),
                    rx.el.span(fmt_size(check.bytes), class_name="l2"),
                ),
            ),
            class_name="num",
        ),
        rx.el.td(
            rx.cond(
                row.missing,
                rx.el.span(t("datasets.missing"), class_name="bad"),
                check_summary(check),
            )
        ),
        rx.el.td(row.owner, class_name="d-owner cut", title=row.owner),
        rx.el.td(fmt_time(row.created_at), class_name="num cut"),
    )


def _error(name: str) -> Any:
    problem = DatasetsState.problems[name]
    return reason(problem.code, problem.args)


def _form() -> rx.Component:
    return form_dialog(
        t("datasets.register"),
        _text("name", auto_focus=True),
        field(
            t("datasets.field_volume_id"),
            select_input(
                "volume_id",
                rx.el.option(t("create.choose"), value=""),
                rx.foreach(
                    DatasetsState.volumes, lambda pair: rx.el.option(pair[1], value=pair[0])
                ),
                name="volume_id",
                error=_error("volume_id"),
                value=DatasetsState.values["volume_id"],
                on_change=lambda value: DatasetsState.leave("volume_id", value),
            ),
            id="volume_id",
            error=_error("volume_id"),
            required=True,
        ),
        _text("path", hint=t("datasets.path_hint"), placeholder="night/2026-11"),
        open=DatasetsState.registering,
        verb=t("datasets.register_verb"),
        on_submit=DatasetsState.submit,
        on_close=DatasetsState.close,
    )


def _text(name: str, *, hint: Any = "", **props: Any) -> rx.Component:
    return field(
        t(f"datasets.field_{name}"),
        text_input(
            name,
            error=_error(name),
            name=name,
            default_value=DatasetsState.values[name],
            on_blur=lambda value: DatasetsState.leave(name, value),
            **props,
        ),
        id=name,
        error=_error(name),
        hint=hint,
        required=name == "name",
    )


PAGE = Page(routes.DATASETS, t("datasets.title"), datasets, on_load=DatasetsState.load)
