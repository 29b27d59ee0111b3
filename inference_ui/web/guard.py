"""The guard: before every event, whoever its handler belongs to, the session is looked up again.

So a sign-out bites at once on sockets that are open, and no handler can be forgotten. When another
user comes with a tab's token, the tab's whole state is emptied first.
"""

from __future__ import annotations

import json

import reflex as rx
from reflex.event import Event
from reflex.middleware import Middleware
from reflex.state import BaseState, State, StateUpdate
from starlette.concurrency import run_in_threadpool

from inference_ui import context, routes
from inference_ui.cookies import session_of
from inference_ui.state.base import SignedIn

_HYDRATE = tuple(State.event_handlers[name].fn.__name__ for name in ("hydrate", "hydrate_and_load"))


class Guard(Middleware):
    """Refuses the events of those who are not signed in."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event through, else what the tab is told instead."""
        root = state._get_root_state()
        token = session_of(root.router.headers.cookie)
        user = await run_in_threadpool(context.product().accounts.actor, token)
        context.act_as(user)
        if user is None:
            return _lead_to(routes.sign_in(routes.own_path(root.router.url.path)))
        signed_in = await root.get_state(SignedIn)
        if not signed_in._is_of(user):
            root.reset()
            signed_in._take(user)
            if event.name.rpartition(".")[2] not in _HYDRATE:
                return _lead_to(routes.own_path(root.router.url.path))
        signed_in._take(user)
        return None


def _lead_to(path: str) -> StateUpdate:
    script = rx.call_script(f"window.location.assign({json.dumps(path)})")
    return StateUpdate(events=Event.from_event_type([script]))
