"""Signing in and out: plain pages, without Reflex, that work without scripts.

They are all that a stranger sees of the product. Whom to let in is decided by ``Accounts``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from inference_ui import context, cookies, routes
from inference_ui.backend.errors import Message, Unauthenticated
from inference_ui.i18n.catalogue import LOCALES
from inference_ui.i18n.text import best_locale
from inference_ui.web.sign_in_page import THEMES, Look, render

router = APIRouter(include_in_schema=False)

NAME_LIMIT, PASSWORD_LIMIT = 200, 1_000
"""Longer entries than these are cut: they are wrong anyway, and hashing them would cost."""


@router.get(routes.SIGN_IN)
def show(request: Request, next: str = routes.TASKS) -> Response:
    """Show the form. ``?locale=`` and ``?theme=`` change the look, and are remembered."""
    look = _look(request)
    page = HTMLResponse(render(look, next_path=routes.own_path(next)))
    for name, value in ((cookies.LOCALE, look.locale), (cookies.THEME, look.theme)):
        if request.query_params.get(name) == value:
            cookies.remember(page, name, value)
    return _private(page)


@router.post(routes.SIGN_IN)
def enter(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = routes.TASKS,
) -> Response:
    """Sign in by name and password; show the form again with what is wrong beside the field."""
    look, name, password = _look(request), name[:NAME_LIMIT], password[:PASSWORD_LIMIT]
    target = routes.own_path(next)
    missing = {
        field: Message("SIGN_IN_MISSING")
        for field, value in (("name", name.strip()), ("password", password))
        if not value
    }
    if missing:
        return _private(HTMLResponse(render(look, target, name, missing), status_code=422))
    address = request.client.host if request.client else ""
    try:
        session = context.product().accounts.sign_in(name, password, address)
    except Unauthenticated as error:
        status = 429 if error.code == "SIGN_IN_WAIT" else 401
        wrong = {"password": error.message}
        return _private(HTMLResponse(render(look, target, name, wrong), status_code=status))
    answer = RedirectResponse(target, status_code=303)
    cookies.set_session(answer, session)
    return _private(answer)


@router.get(routes.SIGN_IN_LINK)
def enter_by_link(request: Request, token: str = "") -> Response:
    """Sign in by a one-time link. A used one says so, unless the browser is signed in already."""
    accounts = context.product().accounts
    try:
        session = accounts.redeem(token)
    except Unauthenticated as error:
        if accounts.actor(cookies.session_of(request.headers.get("cookie", ""))):
            return _private(RedirectResponse(routes.TASKS, status_code=303))
        page = render(_look(request), routes.TASKS, problems={"": error.message})
        return _private(HTMLResponse(page, status_code=401))
    answer = RedirectResponse(routes.TASKS, status_code=303)
    cookies.set_session(answer, session)
    return _private(answer)


@router.post(routes.SIGN_OUT)
def leave(request: Request) -> Response:
    """End the session, in every tab that uses it."""
    token = cookies.session_of(request.headers.get("cookie", ""))
    if token is not None:
        context.product().accounts.sign_out(token)
    answer = RedirectResponse(routes.SIGN_IN, status_code=303)
    cookies.drop_session(answer)
    return _private(answer)


def _look(request: Request) -> Look:
    asked, kept = request.query_params, request.cookies
    locale = asked.get(cookies.LOCALE, "")
    if locale not in LOCALES:
        accepted = request.headers.get("accept-language")
        locale = best_locale(kept.get(cookies.LOCALE), accepted)
    themes = (asked.get(cookies.THEME, ""), kept.get(cookies.THEME, ""))
    return Look(locale, next((theme for theme in themes if theme in THEMES), ""))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
