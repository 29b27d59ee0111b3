"""What counts by itself in the browser: durations that grow, and looking again now and then."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec

from inference_ui.i18n.catalogue import arguments, messages

LIBRARY = "$/utils/product/clock"


class Clock(rx.Component):
    """Learns by how much the browser's clock differs: ``now`` is the server's, when it was read."""

    library = LIBRARY
    tag = "Clock"

    now: rx.Var[float]


class Every(rx.Component):
    """Calls ``on_tick`` every ``seconds`` while ``active`` and while the tab is seen."""

    library = LIBRARY
    tag = "Every"

    seconds: rx.Var[int]
    active: rx.Var[bool]
    on_tick: rx.EventHandler[no_args_event_spec]


class _Elapsed(rx.Component):
    library = LIBRARY
    tag = "Elapsed"

    sentence: rx.Var[str]
    since: rx.Var[float]


def elapsed(key: str, since: Any) -> rx.Component:
    """Return the sentence ``key``, whose ``{seconds}`` count from ``since`` (Unix) on.

    Raises ``KeyError`` and ``TypeError`` as ``t`` does. The page needs a :class:`Clock`.
    """
    if arguments(messages("zh")[key]) != {"seconds"}:
        raise TypeError(f"{key} must take seconds, and nothing else")
    return _Elapsed.create(sentence=key, since=since)
