"""What every entrance shares: the running product, and the user for whom something is done.

The command that serves puts the product here before the first request; building the front end
needs none. The acting user is set by the doors alone: the gate for a request, the guard for an
event. A handler or route asks :func:`actor` and passes the answer on to a service, which decides.
Nothing here may decide whether somebody may do something.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from inference_ui.backend.errors import Unauthenticated
from inference_ui.backend.models.account import Actor

if TYPE_CHECKING:
    from inference_ui.backend.bootstrap import Product

_running: list[Product] = []
_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def use(running: Product) -> None:
    """Make ``running`` the product of this process."""
    _running[:] = [running]


def product() -> Product:
    """Return the product of this process.

    Raises ``RuntimeError`` when nothing is served here: a page, when it is compiled, must not ask.
    """
    if not _running:
        raise RuntimeError("no product is running in this process")
    return _running[0]


def act_as(user: Actor | None) -> None:
    """Set for whom the rest of this request or event is done."""
    _actor.set(user)


def actor() -> Actor:
    """Return the acting user; raises :class:`Unauthenticated` when there is none."""
    user = _actor.get()
    if user is None:
        raise Unauthenticated("SIGN_IN_NEEDED")
    return user


def session_cookie() -> str:
    """Return the name of the cookie that carries a session.

    It has the port in it: browsers share cookies between the ports of one host, and two servers
    on one machine must not sign each other's users out.
    """
    return f"inference_ui_{product().settings.port}"
