"""The frame with the signed-in user in it: what every page begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from inference_ui.components.frame import frame
from inference_ui.state.base import SignedIn


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the app adds it: its path, its title, what draws it, what happens as it opens."""

    route: str
    title: Any
    view: Any
    on_load: Any = None


def shell(*content: Any, heading: Any, current: str, actions: tuple[Any, ...] = ()) -> rx.Component:
    """Return a page in the frame. ``heading``: a text, or a component that holds the ``h1``."""
    return frame(
        *content,
        heading=heading if isinstance(heading, rx.Component) else rx.el.h1(heading),
        current=current,
        user_name=SignedIn.name,
        actions=actions,
    )
