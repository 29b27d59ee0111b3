"""The line of the create form that says what creating will do, or what it still needs."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.i18n.live import fmt_duration, one_of, reason, t
from inference_ui.state.canary import CanaryState
from inference_ui.state.create import CreateState
from inference_ui.state.create_offer import COUNTED


def inputs_found() -> Any:
    """Return how many inputs the chosen dataset holds, in words; nothing where none is chosen."""
    count = CreateState.inputs
    return rx.cond(
        count == None,  # noqa: E711 - a Var
        "",
        rx.cond(
            count.to(int) >= COUNTED,
            t("create.inputs_or_more", count=count),
            t("create.inputs", count=count),
        ),
    )


def outlook() -> rx.Component:
    """Return the line."""
    waiting = CreateState.waiting
    return rx.cond(
        CreateState.missing.length() > 0,
        rx.fragment(rx.el.i(class_name="off"), rx.el.span(t("create.missing")), _missing()),
        rx.cond(
            CreateState.wrong > 0,
            rx.fragment(
                rx.el.i(class_name="bad"), rx.el.span(t("create.wrong", count=CreateState.wrong))
            ),
            rx.cond(
                waiting.code != "",
                rx.fragment(
                    rx.el.i(class_name="warn"),
                    rx.el.span(t("create.queues")),
                    _items(),
                    rx.el.span(reason(waiting.code, waiting.args), class_name="cut"),
                ),
                rx.fragment(
                    rx.el.i(), rx.el.span(t("create.starts")), _items(), _nodes(), _time(), _where()
                ),
            ),
        ),
    )


def _items() -> rx.Component:
    return rx.cond(CreateState.inputs == None, "", rx.el.span(inputs_found()))  # noqa: E711


def _nodes() -> rx.Component:
    through = CreateState.values["mode"] == "SERVICE"
    return rx.cond(
        through,
        rx.el.span(CreateState.service.name),
        rx.fragment(
            rx.el.span(t("create.on_nodes", count=CreateState.node_total)),
            rx.cond(
                (CreateState.chosen_nodes.length() == 0)
                & (CreateState.values["driver_version"] == ""),
                rx.el.span(t("create.fit_now", count=CreateState.spec.free)),
            ),
        ),
    )


def _time() -> rx.Component:
    """Return how long it takes as far as a try has told, else how to find out."""
    took = CanaryState.canary.estimate_s
    return rx.cond(
        took != None,  # noqa: E711 - a Var
        rx.el.span(t("create.estimate", took=fmt_duration(took, 1))),
        rx.el.span(t("create.try_tells"), class_name="t3"),
    )


def _where() -> rx.Component:
    to = t("create.writes_to", volume=CreateState.volume_name, name=CreateState.free_name)
    return rx.cond(CreateState.free_name != "", rx.el.span(to, class_name="t3 cut", title=to))


def _missing() -> rx.Component:
    names = rx.foreach(CreateState.missing, lambda name: rx.el.li(one_of("create_field", name)))
    return rx.el.ul(names, class_name="cut")
