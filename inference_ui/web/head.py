"""What a page shows before React runs: the right colours, and a frame without words."""

from __future__ import annotations

from pathlib import Path

import reflex as rx

from inference_ui import routes

ASSETS = Path(__file__).parents[2] / "assets"
SCRIPT = (Path(__file__).parents[1] / "client" / "head.js").read_text("utf-8")
"""Must run in the head, in line: a script that is fetched would run after the first paint."""


def stylesheets() -> list[str]:
    """Return the styles of the app: tokens first, then the frame, then those of single pages."""
    pages = sorted(f"pages/{path.name}" for path in (ASSETS / "pages").glob("*.css"))
    return ["tokens.css", "app.css", *pages]


def components() -> list[rx.Component]:
    """Return what stands in the head of every page."""
    return [
        rx.el.script(SCRIPT),
        rx.el.link(rel="icon", type="image/svg+xml", href=routes.FAVICON),
    ]


def first_paint() -> rx.Component:
    """Return the frame while the page's script is fetched: its lines, no words in any language."""
    return rx.el.div(
        rx.el.div(class_name="nav"),
        rx.el.div(class_name="main"),
        class_name="app",
        aria_busy="true",
    )
