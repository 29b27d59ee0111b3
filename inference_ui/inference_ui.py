"""The Reflex app: pages, doors, and the engine's life. Nothing else stands here.

Reflex imports this module by its name, to build the front end (no product is running then) and to
serve it.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import reflex as rx

from inference_ui.context import product
from inference_ui.pages import PAGES
from inference_ui.state import live
from inference_ui.web import head
from inference_ui.web.failures import failed
from inference_ui.web.gate import Gate
from inference_ui.web.guard import Guard
from inference_ui.web.http import http_app


@contextlib.asynccontextmanager
async def engine() -> AsyncIterator[None]:
    """Run the engine as long as the server runs, and carry its news to the tabs."""
    running = product()
    running.engine.start()
    running.checks.watch()
    running.trials.begin()
    running.uploads.start()
    try:
        async with live.following(app, running.changes.subscribe):
            yield
    finally:
        await rx.run_in_thread(running.trials.close)
        await rx.run_in_thread(running.uploads.close)
        await rx.run_in_thread(running.engine.stop)


app = rx.App(
    stylesheets=head.stylesheets(),
    reset_style=False,
    html_lang="zh-CN",
    head_components=head.components(),
    hydrate_fallback=head.first_paint,
    app_wraps={(55, "ErrorBoundary"): lambda _stateful: rx.app.default_error_boundary()},
    backend_exception_handler=failed,
    toaster=None,
    api_transformer=[http_app(), Gate],
)
for page in PAGES:
    title = page.title + " · inference-ui"
    app.add_page(page.view, route=page.route, title=title, on_load=page.on_load)
app.add_middleware(Guard(), index=0)
app.register_lifespan_task(engine)
