"""The page of one dataset: what it is, its check, and a look into its files."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.check import check_panel
from inference_ui.components.controls import icon_button, link_button
from inference_ui.components.feedback import confirm, empty, note, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.i18n.live import fmt_size, fmt_time, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.state.dataset import DatasetState
from inference_ui.state.live import Live

_ADDRESS = rx.Var(
    "address.dataset_id",
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useParams"]}, hooks={"const address = useParams()": None}
    ),
).to(str)
READY = DatasetState.shown == _ADDRESS
ROW, FOLDER, PREVIEW = DatasetState.row, DatasetState.folder, DatasetState.preview
KNOWN = READY & ~DatasetState.missing


def dataset() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=DatasetState.reload),
        rx.cond(
            READY,
            rx.cond(
                DatasetState.missing,
                _missing(),
                rx.el.div(_facts(), _parts(), _question(), class_name="dst"),
            ),
            skeleton_rows(),
        ),
        heading=_heading(),
        current=routes.DATASETS,
        actions=(rx.cond(KNOWN, _actions()),),
    )


def _heading() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            ReactRouterLink.create(t("datasets.title"), to=routes.DATASETS),
            rx.cond(KNOWN, icon("right")),
            class_name="crumb",
        ),
        rx.el.h1(
            rx.cond(KNOWN, ROW.name, t("datasets.one")),
            class_name=rx.cond(KNOWN, "cut", "sr"),
            title=rx.cond(KNOWN, ROW.name, ""),
        ),
        class_name="tk-head",
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.cond(
            ROW.may_check,
            link_button(
                t("datasets.new_task"),
                href=routes.new_task(dataset=_ADDRESS),
                kind="pri",
                symbol="plus",
            ),
        ),
        rx.cond(
            ROW.mine,
            icon_button("delete", t("datasets.remove"), kind="", on_click=DatasetState.ask),
        ),
    )


def _facts() -> rx.Component:
    return rx.el.div(
        _fact(t("datasets.volume"), ROW.volume),
        _fact(t("datasets.folder"), ROW.folder),
        rx.el.span(
            t("datasets.created", owner=ROW.owner, time=fmt_time(ROW.created_at)), class_name="nw"
        ),
        class_name="sub2 num",
    )


def _fact(name: Any, value: Any) -> rx.Component:
    return rx.el.span(name, " ", rx.el.b(value), class_name="cut", title=value)


def _parts() -> rx.Component:
    return rx.el.div(
        rx.cond(
            ROW.missing,
            note(t("datasets.missing"), rx.el.p(t("datasets.missing_text", folder=ROW.folder))),
        ),
        check_panel(
            ROW.check,
            may=ROW.may_check,
            on_check=DatasetState.check,
            on_cancel=DatasetState.cancel_check,
            disabled=ROW.missing,
        ),
        rx.el.section(
            rx.el.header(_crumbs(), rx.el.span(class_name="grow"), _pager()),
            rx.el.div(_entries(), _preview(), class_name="look"),
            class_name="panel files",
            aria_label=t("datasets.files"),
        ),
        class_name="body",
    )


def _crumbs() -> rx.Component:
    def step(crumb: Any) -> rx.Component:
        return rx.fragment(
            icon("right", class_name="s"),
            rx.el.button(
                crumb.name,
                type="button",
                class_name="lnk plain",
                on_click=DatasetState.open_folder(crumb.path, 0),
            ),
        )

    return rx.el.nav(
        rx.el.button(
            ROW.name,
            type="button",
            class_name="lnk plain",
            on_click=DatasetState.open_folder("", 0),
        ),
        rx.foreach(FOLDER.crumbs, step),
        class_name="crumb",
        aria_label=t("datasets.way"),
    )


def _pager() -> rx.Component:
    return rx.el.div(
        rx.cond(
            FOLDER.total > 0,
            t("datasets.range", first=FOLDER.first, last=FOLDER.last, total=FOLDER.total),
            t("datasets.empty_folder"),
        ),
        icon_button(
            "left",
            t("datasets.before"),
            small=True,
            disabled=FOLDER.before < 0,
            on_click=DatasetState.open_folder(FOLDER.path, FOLDER.before),
        ),
        icon_button(
            "right",
            t("datasets.after"),
            small=True,
            disabled=FOLDER.after < 0,
            on_click=DatasetState.open_folder(FOLDER.path, FOLDER.after),
        ),
        class_name="row t3 s12 num",
    )


def _entries() -> rx.Component:
    problem = DatasetState.folder_problem
    return rx.el.div(
        rx.cond(problem.code != "", note(reason(problem.code, problem.args))),
        rx.el.ul(rx.foreach(FOLDER.members, _entry)),
        class_name="entries",
        key=f"{FOLDER.path} {FOLDER.first}",
    )


def _entry(one: Any) -> rx.Component:
    is_folder = one.kind == "FOLDER"
    mark = rx.cond(
        one.thumbnail != "",
        rx.el.img(src=one.thumbnail, alt="", loading="lazy", class_name="thumb"),
        icon(rx.match(one.kind, ("FOLDER", "folder"), ("IMAGE", "picture"), "file")),
    )
    return rx.el.li(
        rx.el.button(
            mark,
            rx.el.span(one.name, class_name="cut grow", title=one.name),
            rx.cond(
                is_folder,
                icon("right", class_name="s"),
                rx.el.span(fmt_size(one.size), class_name="t3 s12 num"),
            ),
            type="button",
            class_name=rx.cond(one.path == PREVIEW.path, "on", ""),
            aria_current=rx.cond(one.path == PREVIEW.path, "true", "false"),
            on_click=rx.cond(
                is_folder, DatasetState.open_folder(one.path, 0), DatasetState.look_at(one.path)
            ),
        ),
        key=one.path,
    )


def _preview() -> rx.Component:
    return rx.el.div(
        rx.cond(
            PREVIEW.path == "",
            rx.el.p(t("datasets.look"), class_name="none"),
            rx.fragment(
                rx.el.p(
                    rx.el.b(PREVIEW.name, class_name="cut", title=PREVIEW.path),
                    rx.el.span(fmt_size(PREVIEW.size), class_name="t3 num"),
                    class_name="row",
                ),
                rx.cond(
                    PREVIEW.picture != "",
                    rx.el.img(src=PREVIEW.picture, alt=PREVIEW.name, class_name="pic"),
                    rx.el.p(reason(PREVIEW.why.code, PREVIEW.why.args), class_name="t3 s12"),
                ),
                rx.cond(
                    PREVIEW.text != "",
                    rx.el.pre(PREVIEW.text, tab_index=0, aria_label=PREVIEW.name),
                ),
                rx.cond(PREVIEW.shortened, rx.el.p(t("datasets.shortened"), class_name="t3 s12")),
            ),
        ),
        class_name="preview",
        role="status",
        data_testid="preview",
    )


def _question() -> rx.Component:
    problem = DatasetState.remove_problem
    files = rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=DatasetState.with_files,
            on_change=DatasetState.toggle_files,
            class_name="box",
        ),
        t("datasets.remove_files"),
        class_name="row also",
    )
    return confirm(
        t("datasets.ask_title", name=ROW.name),
        t("datasets.ask_text"),
        rx.cond(DatasetState.uploaded, files),
        rx.cond(problem.code != "", note(reason(problem.code, problem.args))),
        open=DatasetState.asking,
        verb=t("datasets.ask_verb"),
        symbol="delete",
        on_confirm=DatasetState.remove,
        on_close=DatasetState.dismiss,
    )


def _missing() -> rx.Component:
    return empty(
        t("datasets.gone"),
        t("datasets.gone_text"),
        rx.el.div(link_button(t("datasets.back"), href=routes.DATASETS), class_name="acts"),
    )


PAGE = Page(
    routes.DATASET,
    rx.cond(ROW.name != "", ROW.name, t("datasets.one")).to(str),
    dataset,
    on_load=DatasetState.load,
)
