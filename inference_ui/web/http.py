"""The HTTP side beside Reflex: sign-in, health, the REST routes, and how their errors look.

An error's answer is ``{"error": {"code", "args", "text"[, "fields"]}}``: the backend's code for
programs, its sentence in the language that the caller asked for.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from inference_ui import __version__, api, context, cookies, routes
from inference_ui.backend.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    InvalidFields,
    NotFound,
    ProductError,
    Refused,
    Unauthenticated,
)
from inference_ui.i18n.text import best_locale, reason
from inference_ui.web import sign_in

STATUS = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidFields, 422),
    (Refused, 400),
    (ClusterError, 503),
    (ProductError, 500),
)


def http_app() -> FastAPI:
    """Return the app with all routes. Its documentation pages, which load scripts, are off."""
    http = FastAPI(
        title="inference-ui",
        version=__version__,
        openapi_url=f"{routes.API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    http.add_exception_handler(ProductError, _answer)
    http.add_api_route(routes.HEALTH, _health, include_in_schema=False)
    http.add_api_route(routes.WHO, _who)
    http.include_router(sign_in.router)
    for router in api.ROUTERS:
        http.include_router(router, prefix=routes.API)
    return http


def _health() -> dict[str, str]:
    return {"status": "ok", "version": __version__}


def _who() -> dict[str, str]:
    """Who is signed in."""
    user = context.actor()
    return {"id": user.id, "name": user.name, "role": user.role}


async def _answer(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProductError)  # noqa: S101 - it is registered for these alone
    locale = best_locale(
        request.cookies.get(cookies.LOCALE), request.headers.get("accept-language")
    )
    body: dict[str, Any] = error.message.to_json() | {"text": reason(locale, error.message)}
    if isinstance(error, InvalidFields):
        body["fields"] = {
            name: message.to_json() | {"text": reason(locale, message)}
            for name, message in error.fields.items()
        }
    status = next(number for kind, number in STATUS if isinstance(error, kind))
    return JSONResponse({"error": body}, status_code=status)
