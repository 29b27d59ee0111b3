"""The cookie that carries a session, and the two that carry a browser's choices."""

from __future__ import annotations

from starlette.responses import Response

from inference_ui import context
from inference_ui.backend.services.accounts import Session

LOCALE = "locale"
THEME = "theme"
YEAR_S = 365 * 86_400


def session_of(header: str) -> str | None:
    """Return the session's token from a ``Cookie`` header, or None.

    Other programs on the same host put their own cookies into the header, in any form: those are
    passed over, not parsed.
    """
    wanted = context.session_cookie()
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip() == wanted:
            return value.strip()
    return None


def set_session(response: Response, session: Session) -> None:
    """Let the browser carry ``session`` until it expires."""
    response.set_cookie(
        context.session_cookie(),
        session.token,
        expires=session.expires_at,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_secure(),
    )


def drop_session(response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(
        context.session_cookie(), path="/", httponly=True, samesite="lax", secure=_secure()
    )


def remember(response: Response, name: str, value: str) -> None:
    """Let the browser remember a choice; its scripts read it too."""
    response.set_cookie(name, value, max_age=YEAR_S, path="/", samesite="lax", secure=_secure())


def _secure() -> bool:
    return (context.product().settings.public_url or "").startswith("https://")
