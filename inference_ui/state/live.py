"""Live pages: tabs are told that something changed, never what. They load their rows again.

A page's ``on_load`` handler calls :func:`watch` with the topic that it shows: :data:`TASKS` for all
tasks or one task's id, and likewise of what else ``services.changes`` tells. Whenever something of
it is reported as changed, the revision of each tab that watches it grows, twice a second at most
(sooner where a task changed its status); the page's ``components.live.OnRevision`` calls a handler
then. A tab whose session has ended gets
nothing and is disconnected: pushes do not pass the guard.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable

import reflex as rx

from inference_ui import context
from inference_ui.backend.services.changes import LIST
from inference_ui.cookies import session_of

TASKS = "*"
"""The topic of every task."""

SERVICES = "service:*"
"""The topic of every online service; of one it is ``service:<id>``."""

DATASETS = "dataset:*"
"""The topic of every dataset, its checks and uploads; of one it is ``dataset:<id>``."""

PACKAGES = "package:*"
"""The topic of every model package and its trials; of one it is ``package:<id>``."""


CLUSTER = "cluster:*"
"""The topic of the nodes and of what sits on them."""

PAUSE_S, SHORT_PAUSE_S = 0.5, 0.1
"""Between two pushes to the same tab: of how far something is, and of where it changed status."""

TAB_PAUSE_S = 0.006
"""At least so long for each tab: about what it takes to answer one that reads again."""


class Live(rx.State):
    """Numbers that grow whenever what the tab shows has changed: of deletions, and of the rest."""

    revision: int = 0
    deletion_revision: int = 0


DELETION = "deletion"
"""How the topics of deletions begin."""


def deletions_of(user_id: str) -> str:
    """Return the topic of every deletion of tasks that a user asked for."""
    return f"{DELETION}:{user_id}:*"


_log = logging.getLogger(__name__)

_topics: dict[str, tuple[str, ...]] = {}
"""What each tab (by its client token) shows."""


async def watch(state: rx.State, *topics: str) -> None:
    """Let the tab of ``state`` be told of changes of these topics, and of nothing else."""
    _topics[state.router.session.client_token] = topics


class Pushes:
    """Carries the engine's news from its threads to the tabs."""

    def __init__(self, app: rx.App) -> None:
        self._app = app
        self._changed: set[str] = set()
        self._news = asyncio.Event()
        self._moved = asyncio.Event()
        self._owed: dict[str, set[str]] = {}
        self._raising: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def tell(self, task_ids: frozenset[str]) -> None:
        """Note that tasks changed. Returns at once, from any thread."""
        self._loop.call_soon_threadsafe(self._note, task_ids)

    def _note(self, task_ids: frozenset[str]) -> None:
        self._changed |= task_ids
        self._news.set()
        if LIST in task_ids:
            self._moved.set()

    async def run(self) -> None:
        """Push until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._moved.clear()
            changed, self._changed = self._changed, set()
            try:
                await self._push(changed)
            except Exception:
                _log.exception("tabs could not be told of changes")  # the next ones they shall be
            await self._pause()

    async def _pause(self) -> None:
        """Gather news for a while, the longer the more tabs will read again; that a task came, went
        or changed its status waits less."""
        short = max(SHORT_PAUSE_S, TAB_PAUSE_S * len(_topics))
        await asyncio.sleep(short)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), max(PAUSE_S - short, short))

    async def _push(self, changed: set[str]) -> None:
        names = self._app.event_namespace
        if names is None:
            return
        connected = dict(names.token_to_sid)
        for token in _topics.keys() - connected.keys():
            del _topics[token]
        touched = {
            token: [topic for topic in _topics.get(token, ()) if _touches(topic, changed)]
            for token in connected
        }
        wanted = [token for token, topics in touched.items() if topics]
        cookies = {token: self._cookies(connected[token]) for token in wanted}
        signed_in = await asyncio.to_thread(_with_session, cookies)
        for token in wanted:
            if token in signed_in:
                self._tell_tab(token, touched[token])
            else:
                await names.disconnect(connected[token])

    def _tell_tab(self, token: str, topics: list[str]) -> None:
        """See that the tab's revisions grow, without waiting: while it works on something, its
        State is locked, and no other tab is to wait for that."""
        if token in self._owed:
            self._owed[token].update(topics)
            return
        self._owed[token] = set(topics)
        task = asyncio.create_task(self._raise_revisions(token))
        self._raising.add(task)
        task.add_done_callback(self._raising.discard)

    def _cookies(self, sid: str) -> str:
        names = self._app.event_namespace
        environ = self._app.sio and names and self._app.sio.get_environ(sid, names.namespace)
        return environ.get("HTTP_COOKIE", "") if environ else ""

    async def _raise_revisions(self, token: str) -> None:
        try:
            async with self._app.modify_state(rx.BaseStateToken(ident=token, cls=Live)) as state:
                topics = self._owed.pop(token)
                deletions = {topic for topic in topics if topic.startswith(DELETION)}
                live = await state.get_state(Live)
                live.deletion_revision += bool(deletions)
                live.revision += bool(topics - deletions)
        except Exception:
            self._owed.pop(token, None)
            _log.exception("a tab could not be told of changes")  # the others still are


def _touches(topic: str, changed: Iterable[str]) -> bool:
    if not topic.endswith("*"):
        return topic in changed
    kind = topic[:-1]
    return any(one.startswith(kind) if kind else ":" not in one for one in changed)


def _with_session(cookies: dict[str, str]) -> set[str]:
    accounts = context.product().accounts
    return {token for token, header in cookies.items() if accounts.actor(session_of(header))}


@contextlib.asynccontextmanager
async def following(
    app: rx.App, subscribe: Callable[[Callable[[frozenset[str]], None]], Callable[[], None]]
) -> AsyncIterator[None]:
    """Push what ``subscribe`` reports to the tabs of ``app`` as long as this is entered."""
    pushes = Pushes(app)
    unsubscribe = subscribe(pushes.tell)
    task = asyncio.create_task(pushes.run())
    try:
        yield
    finally:
        unsubscribe()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
