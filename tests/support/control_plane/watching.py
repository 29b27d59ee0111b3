"""Watches: what happened since a revision, as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Generator

from tests.support.control_plane.errors import ApiError, bad_request
from tests.support.control_plane.history import Change
from tests.support.control_plane.objects import Json
from tests.support.control_plane.requests import Reply, Request
from tests.support.control_plane.resources import selected
from tests.support.control_plane.selectors import Matches
from tests.support.control_plane.store import Store

_LOOK_S = 0.25
"""How often a silent watch looks whether anyone listens still."""
_LONGEST_S = 1800


def watch(store: Store, request: Request, bookmark_s: float) -> Reply:
    """Answer ``watch``: a stream of events, with a bookmark every ``bookmark_s`` if wished."""
    text = request.query.get("resourceVersion") or "0"
    if not text.isdecimal():
        raise bad_request(f"resourceVersion: Invalid value: {json.dumps(text)}")
    events = _events(store, request, int(text), selected(request), bookmark_s)
    return Reply(200, events)


def _events(
    store: Store, request: Request, revision: int, matches: Matches, bookmark_s: float
) -> Generator[bytes, None, None]:
    end = time.monotonic() + float(request.query.get("timeoutSeconds") or _LONGEST_S)
    bookmarks = request.flag("allowWatchBookmarks")
    next_mark = time.monotonic() + bookmark_s
    if revision == 0:
        objects, revision = store.snapshot(request.kind.plural, request.namespace)
        for obj in objects:
            if matches(obj):
                yield _line("ADDED", obj)
    while True:
        try:
            changes, revision = store.changes(request.kind.plural, revision)
        except ApiError as error:
            yield _line("ERROR", error.body())
            return
        for change in changes:
            yield _seen(change, matches)
        now = time.monotonic()
        if bookmarks and now >= min(next_mark, end):
            next_mark = now + bookmark_s
            yield _line("BOOKMARK", _mark(request, revision))
        if now >= end:
            return
        yield b""
        store.wait(revision, min(_LOOK_S, max(0.0, end - now)))


def _seen(change: Change, matches: Matches) -> bytes:
    """Return the event that a watch sees: objects may begin or cease to be selected."""
    after = change.type != "DELETED" and matches(change.object)
    before = change.before is not None and matches(change.before)
    if after:
        return _line("MODIFIED" if before else "ADDED", change.object)
    if not before or change.before is None:
        return b""
    if change.type == "DELETED":
        return _line("DELETED", change.object)
    meta = {**change.before["metadata"], "resourceVersion": str(change.revision)}
    return _line("DELETED", {**change.before, "metadata": meta})


def _mark(request: Request, revision: int) -> Json:
    return {
        "kind": request.kind.kind,
        "apiVersion": request.kind.api_version,
        "metadata": {"resourceVersion": str(revision), "creationTimestamp": None},
    }


def _line(kind: str, obj: Json) -> bytes:
    return json.dumps({"type": kind, "object": obj}, ensure_ascii=False).encode() + b"\n"
