"""The list of model packages."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.controls import link_button
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.i18n.live import fmt_number, fmt_time, one_of, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.packages import VersionRow
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.packages import PackagesState

COLUMNS = ("name", "version", "type", "starts", "variables", "owner", "created")
MAY_CREATE = SignedIn.role != "VIEWER"


def packages() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=PackagesState.reload),
        rx.cond(
            PackagesState.loaded,
            rx.cond(PackagesState.total == 0, _nothing_yet(), _loaded()),
            skeleton_rows(8),
        ),
        heading=t("packages.title"),
        current=routes.PACKAGES,
        actions=(
            rx.cond(
                MAY_CREATE & (PackagesState.total > 0),
                link_button(
                    t("packages.register"), href=routes.NEW_PACKAGE, kind="pri", symbol="plus"
                ),
            ),
        ),
    )


def _loaded() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                icon("search"),
                rx.el.input(
                    type="search",
                    placeholder=t("packages.search"),
                    aria_label=t("packages.search"),
                    default_value="",
                    on_change=PackagesState.look_for.debounce(200),
                    data_testid="search",
                ),
                class_name="inp sm find",
            ),
            rx.el.span(
                t("packages.count", count=PackagesState.rows.length()),
                class_name="t3 num",
                role="status",
            ),
            class_name="findline",
        ),
        rx.cond(PackagesState.rows.length() > 0, _table(), _no_match()),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.colgroup(*(rx.el.col(class_name=f"p-{name}") for name in COLUMNS)),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"packages.column_{name}"), scope="col", class_name=f"p-{name}")
                        for name in COLUMNS
                    )
                )
            ),
            rx.el.tbody(
                rx.foreach(PackagesState.rows, lambda row: package_line(row=row, key=row.id))
            ),
            aria_label=t("packages.title"),
        ),
        class_name="list pk",
    )


@rx.memo
def package_line(row: rx.Var[VersionRow]) -> rx.Component:
    """Return a version; the first of its name carries the name."""
    return rx.el.tr(
        rx.el.td(
            rx.cond(
                row.first,
                rx.fragment(
                    ReactRouterLink.create(
                        row.name, to=row.href, class_name="l1 cut nm", title=row.name
                    ),
                    rx.el.span(
                        rx.cond(
                            row.description != "",
                            row.description,
                            t("packages.versions", count=row.count),
                        ),
                        class_name="l2 cut",
                        title=row.description,
                    ),
                ),
            ),
            class_name="p-name",
        ),
        rx.el.td(
            ReactRouterLink.create(
                row.version, to=row.href, class_name="mono nm", title=row.version
            ),
            class_name="p-version cut",
        ),
        rx.el.td(one_of("service_type", row.service_type), class_name="p-type cut"),
        rx.el.td(_starts(row), class_name="p-starts"),
        rx.el.td(fmt_number(row.variables), class_name="p-variables num"),
        rx.el.td(row.owner, class_name="p-owner cut", title=row.owner),
        rx.el.td(
            rx.el.span(fmt_time(row.created_at), title=fmt_time(row.created_at, "full")),
            class_name="p-created num cut",
        ),
        data_testid="package-row",
        class_name=rx.cond(row.first, "", "more"),
    )


def _starts(row: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(row.machine, rx.el.span(t("packages.machine"), class_name="tag")),
        rx.cond(row.image, rx.el.span(t("packages.image"), class_name="tag")),
        class_name="tags",
    )


def _no_match() -> rx.Component:
    return empty(t("packages.no_match"), t("packages.no_match_text", words=PackagesState.search))


def _nothing_yet() -> rx.Component:
    register = link_button(t("packages.register"), href=routes.NEW_PACKAGE, kind="pri")
    return empty(
        t("packages.empty"),
        t("packages.empty_text"),
        rx.el.p(t("packages.empty_begin")),
        rx.cond(
            MAY_CREATE,
            rx.el.div(register, class_name="acts"),
            rx.el.p(reason("VIEWERS_ONLY_LOOK", {})),
        ),
    )


PAGE = Page(routes.PACKAGES, t("packages.title"), packages, on_load=PackagesState.load)
