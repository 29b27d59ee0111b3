"""Nobody gets in: every handler of every state and every route is called as a stranger.

Both lists are read from the app itself, so what is added later is called here too.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import socketio.exceptions
from fastapi.routing import APIRoute, APIRouter
from starlette.routing import BaseRoute, Mount, Route

from inference_ui import routes
from inference_ui.backend.models.account import Role
from inference_ui.web.gate import Gate
from tests.support.inside import Inside, tab

FOR_STRANGERS = {
    ("/sign-in", "GET"),
    ("/sign-in", "POST"),
    ("/sign-in/link", "GET"),
    ("/sign-out", "POST"),
    ("/health", "GET"),
}
"""All routes that answer a stranger. Adding one is a decision: it is made here, too."""

FILES_FOR_STRANGERS = {"/tokens.css", "/favicon.svg"}


@dataclass(frozen=True, slots=True)
class Door:
    """A route that can be asked: a path with its parameters filled in."""

    path: str
    method: str


def handlers(inside: Inside) -> list[str]:
    """The full names of all event handlers: the product's, and those that Reflex brings."""
    return sorted(inside.app._registration_context.event_handlers)


def doors(inside: Inside) -> list[Door]:
    """All routes and all pages."""
    found = set(_walk(inside.asgi, ""))
    found |= {Door(path, "GET") for path in pages(inside)}
    return sorted(found, key=lambda door: (door.path, door.method))


def pages(inside: Inside) -> list[str]:
    """The paths of all pages."""
    return [
        "/" if page == "index" else _filled(f"/{page}") for page in inside.app._unevaluated_pages
    ]


def _walk(app: Any, prefix: str) -> Iterator[Door]:
    while not hasattr(app, "routes"):
        inner = getattr(app, "app", None) or getattr(app, "_app", None)
        if inner is None:
            return
        app = inner
    for route in app.routes:
        yield from _of_route(route, prefix)


def _of_route(route: BaseRoute, prefix: str) -> Iterator[Door]:
    path = prefix + _filled(getattr(route, "path", ""))
    if isinstance(route, Mount):
        yield Door(f"{path}/anything", "GET")
        yield Door(f"{path}/anything", "POST")
        yield from _walk(route.app, path)
    elif isinstance(included := getattr(route, "original_router", None), APIRouter):
        yield from _walk(included, prefix + route.include_context.prefix)
    elif isinstance(route, Route | APIRoute):
        for method in route.methods or ():
            yield Door(path, method)


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}|\[+\.*\w+\]+", "x", path)


def everything(inside: Inside) -> list[str]:
    """All rows of the database but the sessions, which tests open."""
    path = inside.product.settings.data_folder / "inference-ui.sqlite3"
    with sqlite3.connect(path) as database:
        lines = list(database.iterdump())
    return [line for line in lines if '"sign_in_' not in line]


def test_the_lists_hold_what_is_known_to_be_there(inside: Inside) -> None:
    """If the walk missed handlers or routes, the tests below would say nothing."""
    names = handlers(inside)
    assert any(name.endswith("tasks_state.load") for name in names)
    assert any(name.endswith("update_vars_internal") for name in names)
    found = {(door.path, door.method) for door in doors(inside)}
    assert found >= FOR_STRANGERS
    assert {
        ("/api/me", "GET"),
        ("/_event/anything", "POST"),
        ("/ping", "GET"),
        ("/", "GET"),
    } <= found
    assert isinstance(inside.asgi.routes[0].app, Gate)


def test_every_route_refuses_a_stranger(inside: Inside) -> None:
    before = everything(inside)
    refused = 0
    with inside.client() as stranger:
        for door in doors(inside):
            answer = stranger.request(door.method, door.path)
            if (door.path, "GET" if door.method == "HEAD" else door.method) in FOR_STRANGERS:
                assert answer.status_code in (200, 303, 401, 415, 422), (door, answer.status_code)
            else:
                assert answer.status_code == 401, (door, answer.status_code)
                refused += 1
    assert refused > 10
    assert everything(inside) == before


def test_every_page_leads_a_stranger_to_the_sign_in_page_and_back(inside: Inside) -> None:
    browser = {"Accept": "text/html"}
    with inside.client() as stranger:
        for path in pages(inside):
            answer = stranger.get(f"{path}?filter=a%26b", headers=browser)
            assert answer.status_code == 303, (path, answer.status_code)
            target = httpx.URL(answer.headers["location"])
            assert target.path == routes.SIGN_IN
            assert target.params["next"] == f"{path}?filter=a%26b"


def test_a_stranger_gets_two_files_and_no_other(inside: Inside) -> None:
    with inside.client() as stranger, inside.client(inside.session()[1]) as user:
        for path in FILES_FOR_STRANGERS:
            assert stranger.get(path).status_code == 200
        scripts = set(re.findall(r'"(/assets/[^"]+\.(?:js|css))"', user.get("/").text))
        assert scripts
        for path in (*scripts, "/icons.svg", "/index.html", "/app.css"):
            assert stranger.get(path).status_code == 401, path
            answer = user.get(path)
            assert answer.status_code == 200, path
            assert ("immutable" in answer.headers["cache-control"]) == (path in scripts), path
        assert "immutable" not in user.get("/assets/gone.js").headers["cache-control"]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_polling_is_no_way_around_the_socket(inside: Inside, transport: str) -> None:
    query = {"EIO": "4", "transport": transport, "token": "t"}
    with inside.client() as stranger:
        assert stranger.get("/_event/", params=query).status_code == 401
        assert stranger.post("/_event/", params=query, content="40").status_code == 401


async def test_every_handler_refuses_a_stranger(inside: Inside) -> None:
    before = everything(inside)
    for name in handlers(inside):
        with pytest.raises(socketio.exceptions.ConnectionError):
            async with tab(inside, event={"name": name, "payload": {}, "router_data": {}}):
                pass
    assert everything(inside) == before


async def test_every_handler_refuses_a_session_that_has_ended(inside: Inside) -> None:
    """The socket was opened before the sign-out, and stays open."""
    _, cookie = inside.session(Role.ADMINISTRATOR)
    names = handlers(inside)
    async with tab(inside, cookie) as opened:
        await opened.send(_handler(names, "tasks_state.load"))
        await opened.until(1)
        _sign_out(inside, cookie)
        before = everything(inside)
        for name in names:
            opened.updates.clear()
            await opened.send(name)
            await opened.until(1)
            assert all(not update.get("delta") for update in opened.updates), name
            assert [script for script in opened.scripts() if routes.SIGN_IN in script], name
        assert everything(inside) == before


async def test_the_same_events_are_answered_while_the_session_lasts(inside: Inside) -> None:
    _, cookie = inside.session(Role.VIEWER)
    async with tab(inside, cookie) as opened:
        await opened.send(_handler(handlers(inside), "tasks_state.load"))
        await opened.until(1)
        assert opened.values("tasks_state", "loaded") == [True]
        assert not opened.scripts()


async def test_a_tab_that_another_user_takes_over_forgets_everything(inside: Inside) -> None:
    first, first_cookie = inside.session()
    second, second_cookie = inside.session()
    hydrate = _handler(handlers(inside), "state.hydrate_and_load")
    async with tab(inside, first_cookie, token="shared") as opened:
        await opened.send(_handler(handlers(inside), "tasks_state.load"))
        await opened.until(1)
        assert opened.values("signed_in", "name") == [first]
    async with tab(inside, second_cookie, token="shared") as opened:
        await opened.send(hydrate)
        await opened.until(1)
        assert opened.values("signed_in", "name")[-1] == second
        assert opened.values("tasks_state", "loaded")[:1] == [False]
        assert first not in str(opened.updates)


async def test_a_tab_of_another_user_is_told_to_begin_anew(inside: Inside) -> None:
    """The event that comes first need not be the one with which a page begins."""
    first, first_cookie = inside.session()
    _, second_cookie = inside.session()
    load = _handler(handlers(inside), "tasks_state.load")
    async with tab(inside, first_cookie, token="taken over") as opened:
        await opened.send(load)
        await opened.until(1)
    async with tab(inside, second_cookie, token="taken over") as opened:
        await opened.send(load)
        await opened.until(1)
        assert opened.values("tasks_state", "loaded") == []
        assert [script for script in opened.scripts() if "location.assign" in script]
        assert first not in str(opened.updates)


async def test_an_event_with_nonsense_for_arguments_is_answered_and_harms_nobody(
    inside: Inside,
) -> None:
    _, cookie = inside.session()
    load = _handler(handlers(inside), "tasks_state.load")
    async with tab(inside, cookie) as opened:
        await opened.send(load, {"surprise": [1, {"two": None}]})
        await opened.until(1)
        while not opened.scripts():
            await opened.until(len(opened.updates) + 1)
        assert "UNEXPECTED" in opened.scripts()[0]
        await opened.send(load)
        await opened.until(len(opened.updates) + 1)
        assert opened.values("tasks_state", "loaded") == [True]


async def test_another_site_can_neither_open_a_socket_nor_sign_anybody_out(inside: Inside) -> None:
    _, cookie = inside.session()
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with tab(inside, cookie, origin="http://evil.example"):
            pass
    async with tab(inside, cookie, origin=inside.address):
        pass
    with inside.client(cookie) as user:
        answer = user.post(routes.SIGN_OUT, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
        assert user.get(routes.WHO).status_code == 200


async def test_news_reach_the_tabs_that_watch_and_no_session_that_has_ended(inside: Inside) -> None:
    _, staying = inside.session()
    _, leaving = inside.session()
    load = _handler(handlers(inside), "tasks_state.load")
    async with (
        tab(inside, staying) as one,
        tab(inside, leaving) as other,
        tab(inside, staying) as idle,
    ):
        for opened in (one, other):
            await opened.send(load)
            await opened.until(1)
        _sign_out(inside, leaving)
        seen = len(other.updates)
        inside.product.changes.publish(frozenset({"any-task"}))
        await one.until(2)
        assert one.values("____live", "revision") == [1]
        await other.gone.wait()
        assert len(other.updates) == seen
        assert not idle.updates


def _handler(names: list[str], ending: str) -> str:
    return next(name for name in names if name.endswith(ending))


def _sign_out(inside: Inside, cookie: str) -> None:
    with inside.client(cookie) as user:
        assert user.post(routes.SIGN_OUT).status_code == 303
