"""Where a server may run: node names or a driver version. Choosing one locks the other, says why,
and offers the way back."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec

from inference_ui.components.controls import field, select_input
from inference_ui.components.icons import icon
from inference_ui.i18n.live import t


class NodePicker(rx.Component):
    """Chooses of ``rows`` (a Var of ``NodeRow``s); ``chosen`` are names."""

    library = "$/utils/product/node_picker"
    tag = "NodePicker"

    rows: rx.Var[list[Any]]
    chosen: rx.Var[list[str]]
    invalid: rx.Var[bool]
    on_toggle: rx.EventHandler[passthrough_event_spec(str)]
    on_clear: rx.EventHandler[no_args_event_spec]


def placement_fields(
    *,
    nodes: Any,
    chosen: Any,
    drivers: Any,
    driver: Any,
    has_cards: Any,
    errors: tuple[Any, Any],
    on_toggle: Any,
    on_clear_nodes: Any,
    on_driver: Any,
) -> tuple[rx.Component, rx.Component]:
    """Return both fields. ``nodes`` is a Var of ``NodeRow``s, ``chosen`` one of names, ``driver``
    the chosen version; ``has_cards``: the chosen spec has any; ``errors`` are those of each."""
    by_driver, by_nodes = driver != "", chosen.length() > 0
    return (
        _nodes(nodes, chosen, by_driver, errors[0], on_toggle, on_clear_nodes, on_driver),
        _driver(drivers, driver, by_nodes, has_cards, errors[1], on_clear_nodes, on_driver),
    )


def _nodes(
    nodes: Any,
    chosen: Any,
    locked: Any,
    error: Any,
    on_toggle: Any,
    on_clear: Any,
    on_driver: Any,
) -> rx.Component:
    way_back = rx.fragment(
        t("server.nodes_locked"),
        rx.el.button(
            t("server.clear_driver"), type="button", class_name="lnk", on_click=on_driver("")
        ),
    )
    return field(
        t("server.nodes"),
        rx.cond(
            locked,
            rx.el.div(
                rx.el.span(t("server.any_node")),
                rx.el.span(class_name="grow"),
                icon("lock", class_name="s"),
                class_name="inp off",
                aria_disabled="true",
                id="nodes",
            ),
            NodePicker.create(
                id="nodes",
                rows=nodes,
                chosen=chosen,
                invalid=error != "",
                on_toggle=on_toggle,
                on_clear=on_clear,
            ),
        ),
        id="nodes",
        error=error,
        hint=rx.cond(locked, way_back, t("server.nodes_hint")),
    )


def _driver(
    drivers: Any,
    driver: Any,
    by_nodes: Any,
    has_cards: Any,
    error: Any,
    on_clear_nodes: Any,
    on_driver: Any,
) -> rx.Component:
    locked = by_nodes | ~has_cards
    why = rx.cond(
        by_nodes,
        rx.fragment(
            t("server.driver_locked"),
            rx.el.button(
                t("server.clear_nodes"), type="button", class_name="lnk", on_click=on_clear_nodes
            ),
        ),
        rx.cond(
            has_cards,
            rx.cond(drivers.length() == 0, t("server.no_drivers"), ""),
            t("server.driver_for_cards"),
        ),
    )
    return field(
        t("server.driver"),
        select_input(
            "driver_version",
            rx.el.option(t("server.any_driver"), value=""),
            rx.foreach(drivers, lambda version: rx.el.option(version, value=version)),
            error=error,
            name="driver_version",
            value=driver,
            disabled=locked,
            on_change=on_driver,
        ),
        id="driver_version",
        error=error,
        hint=why,
    )
