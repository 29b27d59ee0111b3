"""Parts of the task list that live in the browser: the search, which columns, what is picked."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec


class SearchBox(rx.Component):
    """The search: it changes the address. ``choices`` are values to choose from by field, asked for
    by ``on_open``."""

    library = "$/utils/product/search_box"
    tag = "SearchBox"

    choices: rx.Var[dict[str, list[str]]]
    on_open: rx.EventHandler[no_args_event_spec]


class ColumnChoice(rx.Component):
    """Which columns are shown."""

    library = "$/utils/product/columns"
    tag = "ColumnChoice"


class PickButton(rx.Component):
    """Begins picking tasks, and ends it."""

    library = "$/utils/product/picks"
    tag = "PickButton"


class PickOne(rx.Component):
    """Picks the task whose id is ``task``."""

    library = "$/utils/product/picks"
    tag = "PickOne"

    task: rx.Var[str]
    name: rx.Var[str]


class PickPage(rx.Component):
    """Picks all tasks whose ids are in ``page``."""

    library = "$/utils/product/picks"
    tag = "PickPage"

    page: rx.Var[list[str]]


class PickBar(rx.Component):
    """Says how many are picked. ``on_pick(on)`` tells whether one picks when that differs from
    ``held``; when ``done`` grows, nothing is picked any more.
    ``on_delete`` gets ids and whether they are those that are *not* meant of all ``total`` that
    match."""

    library = "$/utils/product/picks"
    tag = "PickBar"

    page: rx.Var[list[str]]
    total: rx.Var[int]
    done: rx.Var[int]
    held: rx.Var[bool]
    off: rx.Var[bool]
    on_pick: rx.EventHandler[passthrough_event_spec(bool)]
    on_delete: rx.EventHandler[passthrough_event_spec(list[Any], bool)]
