"""A kind of object, watched: listed once, then told of every change, over any cut.

Nothing here keeps an object. What is kept of one is the sink's choice: a list arrives in pages and
each object is handed on as soon as it is read, so that a large cluster is never in memory whole.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from inference_ui.backend.cluster.kubernetes import objects
from inference_ui.backend.cluster.kubernetes.connection import (
    READ_S,
    Connection,
    Value,
    pieces,
)
from inference_ui.backend.cluster.kubernetes.kinds import Kind
from inference_ui.backend.cluster.kubernetes.refusals import Refusal, of_status
from inference_ui.backend.cluster.kubernetes.sinks import Breath, Sink
from inference_ui.backend.errors import ClusterError

_log = logging.getLogger(__name__)

PAGE = 100
"""Objects a page of a list. A page is searched for its objects in one go, during which no other
thread runs: a megabyte takes about a millisecond."""
WATCH_S = 300
"""As long the server keeps a watch open before it is asked for the next one."""
_SILENCE_S = WATCH_S + READ_S
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0


class _ListMeta(msgspec.Struct):
    version: str = msgspec.field(default="", name="resourceVersion")
    token: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _Event(msgspec.Struct):
    type: str
    object: dict[str, Any]


class Watch:
    """Keeps a sink in step with the objects of a kind, in a thread of its own.

    ``namespace`` None: those of all namespaces. ``labels`` and ``fields`` select. ``changed`` is
    called in the thread after the sink has changed, and when ``synced`` or ``problem`` have.
    """

    def __init__(
        self,
        connection: Connection,
        kind: Kind,
        sink: Sink,
        changed: Callable[[], None],
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        page: int = PAGE,
    ) -> None:
        self.problem: ClusterError | None = None
        """Why nothing comes now; None while all is well."""
        self._trouble_since = 0.0
        self._connection = connection
        self._path = kind.path(namespace)
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        self._query: dict[str, Value] = {key: text for key, text in selectors.items() if text}
        self._page = page
        self._sink = sink
        self._changed = changed
        self._synced = threading.Event()
        self._stopping = threading.Event()
        self._pause_s = FIRST_PAUSE_S
        self._version = ""
        self._breath = Breath()
        self._thread = threading.Thread(target=self._run, name=f"watch-{kind.plural}", daemon=True)

    @property
    def synced(self) -> bool:
        """Whether the first list is in. It stays so: what is kept may be old, but is whole."""
        return self._synced.is_set()

    def wait_synced(self, timeout_s: float) -> bool:
        """Block until the first list is in or the time is over; tell whether it is in."""
        return self._synced.wait(timeout_s)

    def blind_for(self, seconds: float) -> ClusterError | None:
        """Return why nothing has come for longer than this; None where all is well, or may soon be
        again."""
        problem = self.problem
        return problem if time.monotonic() - self._trouble_since > seconds else None

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """End the thread, whatever it waits for; tell whether it has ended within the time."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_s
        while self._thread.is_alive() and time.monotonic() < deadline:
            if self._thread.ident is not None:
                self._connection.interrupt(self._thread.ident)
            self._thread.join(0.05)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._version:
                    self._list()
                self._follow()
            except ClusterError as error:
                if not self._stopping.is_set():
                    self._failed(error)
            except Exception as error:
                # a thread that ended here would leave its picture to grow old unnoticed
                _log.exception("watching %s", self._path)
                self._version = ""
                self._failed(ClusterError("CLUSTER_UNREACHABLE", error=repr(error)))

    def _list(self) -> None:
        """List all objects anew, and note the version from which to watch on."""
        self._sink.begin()
        token, changed = "", False
        while not self._stopping.is_set():
            page = self._get_page(token)
            for item in page.items or ():
                changed |= self._sink.add(msgspec.json.decode(item))
                self._breath.take()
            self._well()
            token = page.metadata.token
            if not token:
                changed |= self._sink.finish()
                self._version = page.metadata.version
                break
            if changed and self.synced:
                self._changed()
                changed = False
        first = not self.synced and bool(self._version)
        if first:
            self._synced.set()
        if changed or first:
            self._changed()

    def _get_page(self, token: str) -> _Page:
        query = {**self._query, "limit": self._page, **({"continue": token} if token else {})}
        answer = self._connection.open(self._path, query, read_s=READ_S)
        body = b"".join(pieces(answer))
        try:
            return msgspec.json.decode(body, type=_Page)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error

    def _follow(self) -> None:
        """Watch from the version on, until the server ends it."""
        begun = time.monotonic()
        query = {
            **self._query,
            "watch": True,
            "resourceVersion": self._version,
            "allowWatchBookmarks": True,
            "timeoutSeconds": WATCH_S,
        }
        answer = self._connection.open(self._path, query, read_s=_SILENCE_S)
        self._well(calm=False)
        try:
            for line in _lines(pieces(answer)):
                self._take(line)
                self._well()
                self._breath.take()
                if self._stopping.is_set():
                    return
        finally:
            answer.close()
            if time.monotonic() - begun > LONGEST_PAUSE_S:
                self._pause_s = FIRST_PAUSE_S
        if time.monotonic() - begun < FIRST_PAUSE_S:
            self._rest(None)

    def _take(self, line: bytes) -> None:
        try:
            event = msgspec.json.decode(line, type=_Event)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error
        if event.type == "ERROR":
            code = objects.whole(event.object.get("code")) or 500
            raise of_status(code, event.object)
        if event.type == "DELETED":
            changed = self._sink.drop(event.object)
        else:
            changed = event.type in ("ADDED", "MODIFIED") and self._sink.put(event.object)
        # only now: an event that was not taken is asked for again
        metadata = objects.part(event.object, "metadata")
        self._version = objects.text(metadata, "resourceVersion") or self._version
        if changed:
            self._changed()

    def _well(self, *, calm: bool = True) -> None:
        """Note that the server answers; ``calm``: with something, so that the next cut is a new
        trouble."""
        if calm:
            self._pause_s = FIRST_PAUSE_S
        if self.problem is not None:
            self.problem = None
            self._changed()

    def _failed(self, error: ClusterError) -> None:
        again_s = None
        if isinstance(error, Refusal):
            again_s = error.again_s
            if error.is_expired:
                self._version = ""
        if self._tells(error):
            before = self.problem
            if before is None:
                self._trouble_since = time.monotonic()
            self.problem = error
            if before is None or before.message != error.message:
                self._changed()
        self._rest(again_s)

    def _tells(self, error: ClusterError) -> bool:
        """Tell whether an error is worth a word: a cut alone, or a version that is too old, is
        mended by the next request."""
        if isinstance(error, Refusal):
            return not error.is_expired
        return self._pause_s > FIRST_PAUSE_S

    def _rest(self, again_s: float | None) -> None:
        """Wait before the next try, each time about twice as long."""
        wait = self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - apart, not secret
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        self._stopping.wait(min(LONGEST_PAUSE_S, max(wait, again_s or 0.0)))


def _lines(read: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in read:
        if b"\n" not in piece:
            rest += piece
            continue
        *whole, rest = (rest + piece).split(b"\n")
        yield from filter(None, whole)


def _unreadable(error: msgspec.DecodeError) -> Refusal:
    return Refusal("CLUSTER_REFUSED", 200, "", None, status=200, message=str(error))
