"""Finding servers by the EndpointSlices of a Service: list, then watch, for as long as the run
lasts.

The API server may be away for as long as it likes: the servers that are known stay in use, since
the batch client asks each for its readiness anyhow. Nothing is asked again and again while a watch
stands.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import httpx

from inference_ui.backend.batch.endpoints import Use, until
from inference_ui.backend.batch.pod import Pod
from inference_ui.backend.batch.slices import NotUnderstood, Slices, WatchEnded, status_of

_SHORTEST_S, _LONGEST_S = 0.5, 10.0
"""Pauses before asking again; each is twice the last one, and shortened by chance to a half."""
_STANDS_S = 10.0
"""A watch that stood for so long was no failure."""
_MOST_RETRY_AFTER_S = 60.0
_ANSWER_S = 30.0
_WATCH_S = (240, 300)
"""The API server ends a watch after so many seconds, by chance, so that not all come at once."""
_LIST, _WATCH = "list", "watch"


class _Fault(Exception):
    """Why the API server could not be asked: words, and the shortest pause in seconds."""

    def __init__(self, words: str, pause_s: float = 0.0) -> None:
        super().__init__(words)
        self.pause_s = pause_s


class SliceWatch:
    """The ready endpoints of ``service``, a Discovery (see ``endpoints``). ``say`` gets a line of
    the log when the API server begins to fail, for each reason once, and when it is back."""

    def __init__(self, service: str, pod: Pod, say: Callable[[str], None]) -> None:
        self._path = f"/apis/discovery.k8s.io/v1/namespaces/{pod.namespace}/endpointslices"
        self._selector = f"kubernetes.io/service-name={service}"
        self._pod = pod
        self._say = say
        self._slices = Slices()
        self._known: frozenset[str] | None = None
        self._told: set[str] = set()
        self._pause_s = _SHORTEST_S

    async def watch(self, use: Use, ended: asyncio.Event) -> None:
        """Call ``use`` with the base URLs, now if they are known, and whenever they change."""
        if self._known is not None:
            use(self._known)
        await until(ended, self._follow(use))

    async def _follow(self, use: Use) -> None:
        while True:
            pause_s = 0.0
            try:
                await self._round(use)
            except _Fault as fault:
                pause_s = fault.pause_s
                self._tell(str(fault))
            await asyncio.sleep(max(pause_s, self._pause_s * random.uniform(0.5, 1)))  # noqa: S311
            self._pause_s = min(2 * self._pause_s, _LONGEST_S)

    async def _round(self, use: Use) -> None:
        """List if need be, and watch until the watch ends."""
        try:
            client = self._pod.client()
        except (OSError, UnicodeDecodeError) as error:
            raise _Fault(f"the service account cannot be read: {error}") from error
        async with client:
            try:
                if self._slices.version is None:
                    self._slices.take_list(await self._listed(client))
                    self._changed(use)
                async with aclosing(self._events(client)) as events:
                    async for line in events:
                        self._slices.take_event(line)
                        self._changed(use)
                        self._pause_s = _SHORTEST_S
            except WatchEnded as ending:
                self._slices.version = None
                if ending.status.code != httpx.codes.GONE:
                    raise _Fault(f"the watch was ended: {ending}") from ending
            except NotUnderstood as error:
                self._slices.version = None
                raise _Fault(f"the answer is not understood: {error}") from error

    def _changed(self, use: Use) -> None:
        urls = self._slices.urls
        if urls != self._known:
            self._known = urls
            use(urls)

    async def _listed(self, client: httpx.AsyncClient) -> bytes:
        response = await self._ask(client, _LIST, {})
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await response.aread()
        except (httpx.HTTPError, TimeoutError) as error:
            raise _Fault(_words(error)) from error
        finally:
            await response.aclose()

    async def _events(self, client: httpx.AsyncClient) -> AsyncGenerator[bytes, None]:
        """Yield a watch's lines until it ends or is cut, which is no failure as yet."""
        seconds = random.randint(*_WATCH_S)  # noqa: S311
        given = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        response = await self._ask(
            client, _WATCH, given | {"resourceVersion": self._slices.version or ""}
        )
        if self._told:
            self._told.clear()
            self._say("the Kubernetes API answers again")
        began_at, rest = time.monotonic(), b""
        try:
            async for part in response.aiter_bytes():
                *lines, rest = (rest + part).split(b"\n")
                for line in filter(None, lines):
                    yield line
        except httpx.HTTPError:
            return
        finally:
            if time.monotonic() - began_at > _STANDS_S:
                self._pause_s = _SHORTEST_S
            await response.aclose()

    async def _ask(
        self, client: httpx.AsyncClient, verb: str, given: dict[str, str]
    ) -> httpx.Response:
        """Return an answer that is a good one so far, whose body was not read."""
        parameters = {"labelSelector": self._selector, **given}
        timeout = httpx.Timeout(_ANSWER_S, read=_WATCH_S[1] + _ANSWER_S)
        request = client.build_request("GET", self._path, params=parameters, timeout=timeout)
        try:
            async with asyncio.timeout(_ANSWER_S):
                response = await client.send(request, stream=True)
                if not response.is_success:
                    await response.aread()
        except (httpx.HTTPError, TimeoutError) as error:
            raise _Fault(_words(error)) from error
        if not response.is_success:
            raise self._refused(response, verb)
        return response

    def _refused(self, response: httpx.Response, verb: str) -> Exception:
        status = status_of(response.content)
        words = f"HTTP {response.status_code}" + (f", {status.message}" if status.message else "")
        match response.status_code:
            case httpx.codes.GONE:
                return WatchEnded(status_of(b'{"code": 410}'))
            case httpx.codes.FORBIDDEN:
                # Nobody mends this in a moment.
                return _Fault(
                    f"the permission to {verb} endpointslices.discovery.k8s.io in the namespace"
                    f" {self._pod.namespace} is missing ({words})",
                    _LONGEST_S,
                )
            case _:
                return _Fault(words, _retry_after(response))

    def _tell(self, words: str) -> None:
        if words in self._told:
            return
        self._told.add(words)
        kept = f"the {len(self._known)} known servers stay in use" if self._known else "none known"
        self._say(f"servers cannot be looked for at {self._pod.url}: {words}; {kept}")


def _words(error: Exception) -> str:
    return str(error) or f"no answer within {_ANSWER_S:.0f} s"


def _retry_after(response: httpx.Response) -> float:
    seconds = response.headers.get("Retry-After", "")
    return min(float(seconds), _MOST_RETRY_AFTER_S) if seconds.isdecimal() else 0.0
