"""An invisible part of a page that loads it again when the server says that something changed."""

from __future__ import annotations

import reflex as rx
from reflex.event import no_args_event_spec


class OnRevision(rx.Component):
    """Calls ``on_change`` at each new ``revision``, which is ``Live.revision``."""

    library = "$/utils/product/live"
    tag = "OnRevision"

    revision: rx.Var[int]
    on_change: rx.EventHandler[no_args_event_spec]
