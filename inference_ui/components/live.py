"""Invisible parts of a page that keep it up to date without moving what one reads."""

from __future__ import annotations

import reflex as rx
from reflex.event import no_args_event_spec


class OnRevision(rx.Component):
    """Calls ``on_change`` at each new ``revision``, which is ``Live.revision``."""

    library = "$/utils/product/live"
    tag = "OnRevision"

    revision: rx.Var[int]
    on_change: rx.EventHandler[no_args_event_spec]


class KeepPlace(rx.Component):
    """Stands in a scrolling box beside a table: rows that come above leave the others in place."""

    library = "$/utils/product/keep_place"
    tag = "KeepPlace"
