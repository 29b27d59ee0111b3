"""The gate: nothing reaches the app, Reflex's own routes included, without a session.

Pages lead to the sign-in page; sockets are closed; everything else is refused with 401. It also
refuses what another site's page asks for: a request that changes something, or a socket, whose
Origin is not this server. It decides nothing about what a user may do: services do.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference_ui import context, routes
from inference_ui.cookies import session_of

OPEN = frozenset(
    {
        routes.SIGN_IN,
        routes.SIGN_IN_LINK,
        routes.SIGN_OUT,
        routes.HEALTH,
        routes.TOKENS,
        routes.FAVICON,
    }
)
"""All that a stranger can reach."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
HASHED = "/assets/"
"""Where the build puts files that have a hash of their content in their name."""
FOREVER = "private, max-age=31536000, immutable"


class Gate:
    """An ASGI app around the whole product."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not _plain_form(scope, headers):
            await _refuse(scope, receive, send, 415, "FORM_NEEDED")
            return
        if not _own_origin(scope, headers):
            await _refuse(scope, receive, send, 403, "OTHER_ORIGIN")
            return
        token = session_of(headers.get("cookie", ""))
        user = await run_in_threadpool(context.product().accounts.actor, token)
        context.act_as(user)
        if user is not None or (scope["type"] == "http" and scope["path"] in OPEN):
            await self._app(scope, receive, _with_headers(scope, send))
        elif _wants_page(scope, headers):
            query = scope["query_string"].decode("latin-1")
            target = routes.sign_in(scope["path"] + (f"?{query}" if query else ""))
            await RedirectResponse(target, status_code=303)(scope, receive, send)
        else:
            await _refuse(scope, receive, send, 401, "SIGN_IN_NEEDED")


def _own_origin(scope: Scope, headers: Headers) -> bool:
    """Whether a browser's page of this server asks, or a program that is no browser."""
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in SAFE):
        return True
    allowed = {headers.get("host", "").lower()}
    if public := context.product().settings.public_url:
        allowed.add(urlsplit(public).netloc.lower())
    return urlsplit(origin).netloc.lower() in allowed


def _plain_form(scope: Scope, headers: Headers) -> bool:
    """Whether what a stranger posts is a plain form: other bodies may be files of any size, and
    would be written to disk before anybody looks at them."""
    if scope["type"] != "http" or scope["path"] != routes.SIGN_IN or scope["method"] in SAFE:
        return True
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def _wants_page(scope: Scope, headers: Headers) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and "text/html" in headers.get("accept", "")
        and not scope["path"].startswith((f"{routes.API}/", "/_"))
    )


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, code: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": code})
        return
    answer = JSONResponse({"error": {"code": code, "args": {}}}, status_code=status)
    await answer(scope, receive, _with_headers(scope, send))


def _with_headers(scope: Scope, send: Send) -> Send:
    """Add what every answer carries. A file whose name has a hash in it is never asked for again;
    anything else is, unless the route that answers says otherwise."""
    hashed = scope["type"] == "http" and scope["path"].startswith(HASHED)

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            forever = hashed and message["status"] == 200
            headers.setdefault("Cache-Control", FOREVER if forever else "no-cache")
        await send(message)

    return sender
