"""The frame around every page: navigation, who is signed in, language and colours, connection.

A page passes what stands in its head and below; nothing here knows any page's state but the
signed-in user's.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.elements.base import BaseHTML
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.icons import Sprite, icon
from inference_ui.i18n.live import (
    fmt_time_of_day,
    is_locale,
    reason,
    remember_theme,
    switch_locale,
    t,
)

NAVIGATION = (
    (
        "nav.deploy",
        (
            ("nav.tasks", "tasks", routes.TASKS),
            ("nav.services", "services", routes.SERVICES),
            ("nav.packages", "packages", routes.PACKAGES),
        ),
    ),
    (
        "nav.data",
        (
            ("nav.datasets", "datasets", routes.DATASETS),
            ("nav.volumes", "volumes", routes.VOLUMES),
        ),
    ),
    (
        "nav.resources",
        (
            ("nav.cluster", "cluster", routes.CLUSTER),
            ("nav.specs", "specs", routes.SPECS),
        ),
    ),
)
"""Sections of the menu: their key, and (key, symbol, path) of each entry that there is."""


class PlainForm(BaseHTML):
    """A form that the browser sends by itself; Reflex's own keeps it from doing so."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def frame(
    *content: Any,
    heading: Any,
    current: str,
    user_name: rx.Var[str],
    actions: tuple[Any, ...] = (),
) -> rx.Component:
    """Return a whole page.

    ``heading`` holds the page's one ``h1``; ``actions`` stand at the right of it; ``current`` is
    the path of the menu entry that the page belongs to.
    """
    return rx.el.div(
        Sprite.create(),
        _navigation(current, user_name),
        rx.el.main(
            _connection_banner(),
            _failure_banner(),
            rx.el.header(heading, rx.el.span(class_name="grow"), *actions, class_name="head"),
            *content,
            class_name="main",
        ),
        class_name="app",
    )


def _navigation(current: str, user_name: rx.Var[str]) -> rx.Component:
    entries: list[rx.Component] = []
    for section, items in NAVIGATION:
        entries.append(rx.el.h2(t(section)))
        entries.extend(_entry(t(key), symbol, path, path == current) for key, symbol, path in items)
    return rx.el.nav(
        rx.el.div(
            rx.el.img(src=routes.FAVICON, alt="", width="20", height="20"),
            "inference-ui",
            class_name="brand",
        ),
        *entries,
        rx.el.div(_live(), _me(user_name), class_name="foot"),
        class_name="nav",
        aria_label=t("nav.label"),
    )


def _entry(label: Any, symbol: str, path: str, current: bool) -> rx.Component:
    props = {"aria_current": "page"} if current else {}
    return ReactRouterLink.create(icon(symbol), label, to=path, title=label, **props)


def _live() -> rx.Component:
    return rx.el.div(
        rx.el.i(class_name=rx.cond(has_connection_errors, "lost", "")),
        rx.cond(has_connection_errors, t("nav.lost"), t("nav.live")),
        class_name="live",
    )


def _me(user_name: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.span(user_name[0:1].upper(), class_name="ava", aria_hidden="true"),
        rx.el.span(user_name, class_name="grow cut", title=user_name),
        rx.el.button(
            rx.cond(is_locale("zh"), "EN", "中"),
            type="button",
            class_name="btn gho sm sq",
            aria_label=t("nav.switch_language"),
            on_click=switch_locale(),
        ),
        rx.el.button(
            icon("moon", class_name="to-dark"),
            icon("sun", class_name="to-light"),
            type="button",
            class_name="btn gho sm sq",
            aria_label=t("nav.switch_theme"),
            on_click=[remember_theme(), rx.toggle_color_mode],
        ),
        PlainForm.create(
            rx.el.button(
                icon("sign-out"),
                type="submit",
                class_name="btn gho sm sq",
                aria_label=t("nav.sign_out"),
                title=t("nav.sign_out"),
            ),
            method="post",
            action=routes.SIGN_OUT,
            class_name="out",
        ),
        class_name="me",
    )


_LOST_SINCE = rx.Var(
    "lostSince",
    _var_type=float,
    _var_data=VarData(
        imports={"$/utils/product/connection": ["useLostSince"]},
        hooks={"const lostSince = useLostSince()": None},
    ),
)


def _connection_banner() -> rx.Component:
    """Say that what is shown may be old. The content stays, to be read and copied."""
    return rx.el.div(
        rx.cond(
            _LOST_SINCE,
            rx.el.div(
                icon("offline"),
                rx.el.span(t("nav.lost_since", time=fmt_time_of_day(_LOST_SINCE))),
                rx.el.a(t("nav.reload"), href=""),
                class_name="ban",
            ),
        ),
        role="status",
    )


_FAILURE = rx.Var(
    "failure",
    _var_data=VarData(
        imports={"$/utils/product/failure": ["useFailure"]},
        hooks={"const failure = useFailure()": None},
    ),
).to(dict)
_FORGET: rx.Var[Any] = rx.Var(
    "forgetFailure",
    _var_data=VarData(imports={"$/utils/product/failure": ["forgetFailure"]}),
)


def _failure_banner() -> rx.Component:
    """Say what the server could not do, when no field is the place for it."""
    return rx.el.div(
        rx.cond(
            _FAILURE,
            rx.el.div(
                icon("warning"),
                rx.el.span(reason(_FAILURE["code"], _FAILURE["args"])),
                rx.el.button(
                    icon("cross"),
                    type="button",
                    class_name="btn gho sm sq",
                    aria_label=t("common.close"),
                    on_click=rx.call_function(_FORGET),
                ),
                class_name="ban bad",
            ),
        ),
        role="alert",
    )
