"""REST routes over the same services as the pages. One module an area, each with a ``router``.

A route takes ``context.actor()``, calls one service, and returns data; errors of the backend are
turned into answers in one place (``web.http``). Paths begin after ``/api``.
"""

from fastapi import APIRouter

from inference_ui.api import datasets, exports, logs, packages, results, services, uploads

ROUTERS: tuple[APIRouter, ...] = (
    results.router,
    exports.router,
    logs.router,
    packages.router,
    services.router,
    datasets.router,
    uploads.router,
)
"""The routers of every area."""
