"""The servers: which of them answer, and which gets the next request.

An endpoint is in use while its readiness answers. One that fails a request is asked again; when it
does not answer it is out until it does. So when none answers, nothing is sent and nothing is lost.

Some servers have no readiness path at all: they answer that there is no such path. Such an endpoint
is on trial: it gets one request at a time until one shows that it works.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from inference_ui.backend.batch.transport import Answer, NoAnswer, Transport
from inference_ui.backend.protocols import Readiness, ServiceProtocol

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
_TRIAL_PAUSE_S = 1.0

NO_SUCH_PATH = frozenset((404, 405, 501))
"""What a server answers for a path or method that it does not know."""


class EndpointState(Enum):
    """IN: gets requests. TRIAL: gets one at a time. OUT: gets none until it is ready again."""

    IN = "IN"
    TRIAL = "TRIAL"
    OUT = "OUT"


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server, by its base URL. ``limit`` is how many requests it may have in flight;
    ``reserved`` keeps others away from it while one is sent alone."""

    url: str
    predict_url: str
    readiness_url: str
    limit: int
    state: EndpointState = EndpointState.OUT
    in_flight: int = 0
    reserved: bool = False
    listed: bool = True
    has_readiness: bool = True
    checked_at: float = float("-inf")
    reason: str = "not asked yet"
    checking: asyncio.Task[None] | None = field(default=None, repr=False)
    watching: asyncio.Task[None] | None = field(default=None, repr=False)


class Balancer:
    """Knows all endpoints. ``changed`` is called when a request may be sent that could not be
    before; ``say`` gets a line for the log."""

    def __init__(
        self,
        protocol: ServiceProtocol,
        transport: Transport,
        *,
        max_in_flight: int,
        probe_timeout_s: float,
        changed: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._max_in_flight = max_in_flight
        self._probe_timeout_s = probe_timeout_s
        self._changed = changed
        self._say = say
        self._endpoints: dict[str, Endpoint] = {}

    def set_urls(self, urls: Iterable[str]) -> None:
        """Use exactly these base URLs from now on."""
        wanted = {url.rstrip("/") for url in urls}
        for url in self._endpoints.keys() - wanted:
            endpoint = self._endpoints.pop(url)
            endpoint.listed = False
            self._say(f"server {url} is no longer listed")
        for url in sorted(wanted - self._endpoints.keys()):
            self._endpoints[url] = endpoint = Endpoint(
                url=url,
                predict_url=url + self._protocol.predict_path,
                readiness_url=url + self._protocol.readiness.path,
                limit=self._max_in_flight,
            )
            self._watch(endpoint)

    @property
    def any_in(self) -> bool:
        """Whether any server answers."""
        return any(endpoint.state is EndpointState.IN for endpoint in self._endpoints.values())

    @property
    def capacity(self) -> int:
        """How many requests may be in flight altogether."""
        return sum(endpoint.limit for endpoint in self._endpoints.values())

    @property
    def waiting_for(self) -> str:
        """What is waited for when none answers, for the log."""
        if not self._endpoints:
            return "no server is listed"
        return "; ".join(
            f"{endpoint.readiness_url}: {endpoint.reason}" for endpoint in self._endpoints.values()
        )

    def take(self) -> Endpoint | None:
        """Return the endpoint with the fewest requests in flight that may have one more, with
        that one counted; None when there is none. ``give_back`` ends it."""
        best: Endpoint | None = None
        for endpoint in self._endpoints.values():
            limit = endpoint.limit if endpoint.state is EndpointState.IN else 1
            free = (
                endpoint.state is not EndpointState.OUT
                and not endpoint.reserved
                and endpoint.in_flight < limit
            )
            if free and (best is None or endpoint.in_flight < best.in_flight):
                best = endpoint
        if best is not None:
            best.in_flight += 1
        return best

    def take_alone(self) -> Endpoint | None:
        """Return an endpoint that has nothing else in flight and gets nothing else until it is
        given back. None when there is none yet: then the emptiest is kept free for the next call.
        """
        able = [e for e in self._endpoints.values() if e.state is not EndpointState.OUT]
        reserved = [endpoint for endpoint in able if endpoint.reserved]
        chosen = min(reserved or able, key=lambda endpoint: endpoint.in_flight, default=None)
        if chosen is None:
            return None
        chosen.reserved = True
        if chosen.in_flight:
            return None
        chosen.in_flight = 1
        return chosen

    def give_back(self, endpoint: Endpoint) -> None:
        """End a request that was taken for."""
        endpoint.in_flight -= 1
        if not endpoint.in_flight:
            endpoint.reserved = False

    def works(self, endpoint: Endpoint) -> None:
        """Tell that an endpoint on trial answered as a server does."""
        endpoint.has_readiness = False
        self._enter(endpoint)

    def fails(self, endpoint: Endpoint, reason: str) -> None:
        """Tell that an endpoint on trial answered as if there was nothing to call yet."""
        self._leave(endpoint, reason, _TRIAL_PAUSE_S)

    async def is_ready(self, endpoint: Endpoint) -> bool:
        """Ask now whether an endpoint that failed is ready; it is out when it is not. Those who
        ask at the same time share the answer."""
        since = time.monotonic()
        while endpoint.state is not EndpointState.OUT and endpoint.checked_at < since:
            if endpoint.checking is None:
                endpoint.checking = asyncio.create_task(self._check(endpoint))
            await asyncio.shield(endpoint.checking)
        return endpoint.state is not EndpointState.OUT

    async def close(self) -> None:
        """Stop asking."""
        tasks = [
            task
            for endpoint in self._endpoints.values()
            for task in (endpoint.checking, endpoint.watching)
            if task is not None
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _check(self, endpoint: Endpoint) -> None:
        """Ask once, and let the endpoint in or out."""
        try:
            asked_at = time.monotonic()
            answer = await self._transport.get(endpoint.readiness_url, self._probe_timeout_s)
            endpoint.checked_at = asked_at
            fault = readiness_fault(self._protocol.readiness, answer)
            if fault is None:
                self._enter(endpoint)
            elif not (isinstance(answer, Answer) and answer.status in NO_SUCH_PATH):
                self._leave(endpoint, fault)
            elif not endpoint.has_readiness:
                self._enter(endpoint)
            elif endpoint.state is not EndpointState.TRIAL:
                endpoint.reason = fault
                endpoint.state = EndpointState.TRIAL
                self._changed()
        finally:
            endpoint.checking = None

    async def _ask_until_in(self, endpoint: Endpoint, pause: float) -> None:
        while endpoint.listed:
            await asyncio.sleep(pause)
            await self._check(endpoint)
            if endpoint.state is not EndpointState.OUT:
                break
            pause = min(max(2 * pause, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        endpoint.watching = None

    def _watch(self, endpoint: Endpoint, pause: float = 0.0) -> None:
        if endpoint.watching is None and endpoint.listed:
            endpoint.watching = asyncio.create_task(self._ask_until_in(endpoint, pause))

    def _enter(self, endpoint: Endpoint) -> None:
        if endpoint.state is not EndpointState.IN:
            endpoint.state = EndpointState.IN
            self._say(f"server {endpoint.url} answers")
            self._changed()

    def _leave(self, endpoint: Endpoint, reason: str, pause: float = _FIRST_PAUSE_S) -> None:
        endpoint.reason = reason
        if endpoint.state is not EndpointState.OUT:
            endpoint.state = EndpointState.OUT
            endpoint.reserved = False
            self._say(f"server {endpoint.url} does not answer: {reason}")
            self._changed()
        self._watch(endpoint, pause)


def readiness_fault(readiness: Readiness, answer: Answer | NoAnswer) -> str | None:
    """Return why a server is not ready by its answer to the readiness request, None if it is."""
    if isinstance(answer, NoAnswer):
        return answer.reason
    if not 200 <= answer.status < readiness.below_status:
        return f"HTTP {answer.status}"
    text = answer.body.decode("utf-8", "replace")
    if readiness.body is not None and not re.search(readiness.body, text):
        return "it says that it is not ready"
    return None
