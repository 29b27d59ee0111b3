"""The servers: which of them answer, and which gets the next request.

An endpoint is in use while its readiness answers. One that fails a request is asked again; when it
does not answer it is out until it does. So when none answers, nothing is sent and nothing is lost.

Some servers have no readiness path at all: they answer that there is no such path. Such an endpoint
is on trial: it gets one request at a time until one shows that it works.

One that says that it is ready and fails one request after the other, while others work, is
suspended: it gets none for a while, then one at a time until one succeeds.

One that is reserved gets nothing but the input that must be sent alone.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from inference_ui.backend.batch.limiter import Limiter
from inference_ui.backend.batch.transport import Answer, NoAnswer, Transport
from inference_ui.backend.protocols import Readiness, ServiceProtocol

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
_TRIAL_PAUSE_S = 1.0
_STRIKES = 3
_SUSPENSION_S = 0.5
_MOST_DOUBLINGS = 6

NO_SUCH_PATH = frozenset((404, 405, 501))
"""What a server answers for a path or method that it does not know."""


class EndpointState(Enum):
    """IN: gets requests. TRIAL: gets one at a time. OUT: gets none until it is ready again."""

    IN = "IN"
    TRIAL = "TRIAL"
    OUT = "OUT"


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server, by its base URL."""

    url: str
    predict_url: str
    readiness_url: str
    limiter: Limiter
    state: EndpointState = EndpointState.OUT
    in_flight: int = 0
    reserved: bool = False
    listed: bool = True
    has_readiness: bool = True
    strikes: int = 0
    suspensions: int = 0
    is_suspended: bool = False
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
        bounds: tuple[int, int],
        probe_timeout_s: float,
        changed: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._bounds = bounds
        self._probe_timeout_s = probe_timeout_s
        self._changed = changed
        self._say = say
        self._endpoints: dict[str, Endpoint] = {}
        self._leaving: dict[str, Endpoint] = {}
        self._reserved: str | None = None

    def set_bounds(self, lowest: int, highest: int) -> None:
        """Keep the requests in flight at each endpoint between these from now on."""
        self._bounds = lowest, highest
        for endpoint in self._endpoints.values():
            endpoint.limiter.set_bounds(lowest, highest)

    def set_floor(self, floor: int) -> None:
        """Have at least so many requests in flight altogether, however late answers are."""
        each = -(-floor // max(len(self._endpoints), 1))
        for endpoint in self._endpoints.values():
            endpoint.limiter.floor = each

    def set_urls(self, urls: Iterable[str]) -> None:
        """Use exactly these base URLs from now on."""
        wanted = {url.rstrip("/") for url in urls}
        for url in self._endpoints.keys() - wanted:
            endpoint = self._endpoints.pop(url)
            endpoint.listed = False
            if endpoint.in_flight:  # it may be listed again before they end
                self._leaving[url] = endpoint
            self._say(f"server {url} is no longer listed")
        for url in sorted(wanted - self._endpoints.keys()):
            left = self._leaving.pop(url, None)
            if left is not None:
                left.listed = True
                self._endpoints[url] = left
                self._watch(left)
                continue
            self._endpoints[url] = endpoint = Endpoint(
                url=url,
                predict_url=url + self._protocol.predict_path,
                readiness_url=url + self._protocol.readiness.path,
                limiter=Limiter(*self._bounds),
                reserved=url == self._reserved,
            )
            self._watch(endpoint)

    @property
    def any_in(self) -> bool:
        """Whether any server answers."""
        return any(endpoint.state is EndpointState.IN for endpoint in self._endpoints.values())

    @property
    def capacity(self) -> int:
        """How many requests may be in flight altogether."""
        return sum(
            endpoint.limiter.limit
            for endpoint in self._endpoints.values()
            if endpoint.state is EndpointState.IN
        )

    @property
    def fits_bounds(self) -> bool:
        """Whether no endpoint has more requests in flight than it may have."""
        highest = self._bounds[1]
        known = (*self._endpoints.values(), *self._leaving.values())
        return all(endpoint.in_flight <= highest for endpoint in known)

    @property
    def answering(self) -> tuple[str, ...]:
        """The URLs of the endpoints that get requests."""
        return tuple(
            endpoint.url
            for endpoint in self._endpoints.values()
            if endpoint.state is not EndpointState.OUT
        )

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
            if endpoint.reserved or endpoint.state is EndpointState.OUT:
                continue
            is_trusted = endpoint.state is EndpointState.IN and not endpoint.suspensions
            limit = endpoint.limiter.limit if is_trusted else 1
            if endpoint.in_flight < limit and (best is None or endpoint.in_flight < best.in_flight):
                best = endpoint
        if best is not None:
            best.in_flight += 1
        return best

    def found_nothing(self) -> None:
        """Tell that there is nothing to send at this moment."""
        for endpoint in self._endpoints.values():
            if endpoint.in_flight < endpoint.limiter.limit:
                endpoint.limiter.underused()

    def reserve(self, url: str) -> None:
        """Send nothing more to an endpoint, until ``release``."""
        self._reserved = url
        if url in self._endpoints:
            self._endpoints[url].reserved = True

    def release(self) -> None:
        """Use the reserved endpoint again."""
        self._reserved = None
        for endpoint in self._endpoints.values():
            endpoint.reserved = False

    @property
    def has_reserved_idle(self) -> bool:
        """Whether nothing is in flight at the reserved endpoint; also when it is not listed."""
        url = self._reserved or ""
        endpoint = self._endpoints.get(url) or self._leaving.get(url)
        return endpoint is None or endpoint.in_flight == 0

    @property
    def is_reserved_lost(self) -> bool:
        """Whether another endpoint should be reserved: this one is not listed any more, or does not
        answer while others do."""
        endpoint = self._endpoints.get(self._reserved or "")
        return endpoint is None or (endpoint.state is EndpointState.OUT and self.any_in)

    def take_reserved(self) -> Endpoint | None:
        """Return the reserved endpoint when it answers and nothing is in flight at it, with one
        request counted; None when it must be waited for."""
        endpoint = self._endpoints.get(self._reserved or "")
        if endpoint is None or endpoint.in_flight or endpoint.state is EndpointState.OUT:
            return None
        endpoint.in_flight = 1
        return endpoint

    def give_back(self, endpoint: Endpoint) -> None:
        """End a request that was taken for."""
        endpoint.in_flight -= 1
        if not endpoint.listed and not endpoint.in_flight:
            self._leaving.pop(endpoint.url, None)

    def dropped(self) -> None:
        """Tell that all requests were broken off."""
        for endpoint in self._endpoints.values():
            endpoint.in_flight = 0
        self._leaving.clear()

    def acquit(self, endpoint: Endpoint) -> None:
        """Tell that an endpoint answered a request as it should."""
        endpoint.strikes = endpoint.suspensions = 0

    def strike(self, endpoint: Endpoint, reason: str) -> None:
        """Tell that an endpoint failed a request though it says that it is ready."""
        endpoint.strikes += 1
        others_work = any(
            other.state is EndpointState.IN and not other.strikes
            for other in self._endpoints.values()
        )
        if endpoint.strikes >= _STRIKES and others_work and not endpoint.is_suspended:
            endpoint.suspensions += 1
            endpoint.is_suspended = True
            pause = _SUSPENSION_S * 2.0 ** min(endpoint.suspensions, _MOST_DOUBLINGS)
            self._leave(endpoint, reason, pause)

    def works(self, endpoint: Endpoint) -> None:
        """Tell that an endpoint on trial answered as a server does."""
        endpoint.has_readiness = False
        self._enter(endpoint)

    def fails(self, endpoint: Endpoint, reason: str) -> None:
        """Tell that an endpoint on trial answered as if there was nothing to call yet."""
        self._leave(endpoint, reason, _TRIAL_PAUSE_S)

    async def is_ready(self, endpoint: Endpoint) -> bool:
        """Ask now whether an endpoint that failed is ready; it is out when it is not. Those who
        ask at the same time share the answer. One that is suspended said that it was."""
        if endpoint.is_suspended:
            return True
        since = time.monotonic()
        while endpoint.state is not EndpointState.OUT and endpoint.checked_at < since:
            if endpoint.checking is None:
                endpoint.checking = asyncio.create_task(self._check(endpoint))
                endpoint.checking.add_done_callback(_pass_on)
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
            endpoint.watching.add_done_callback(_pass_on)

    def _enter(self, endpoint: Endpoint) -> None:
        if endpoint.state is not EndpointState.IN:
            endpoint.state = EndpointState.IN
            endpoint.is_suspended = False
            self._say(f"server {endpoint.url} answers")
            self._changed()

    def _leave(self, endpoint: Endpoint, reason: str, pause: float = _FIRST_PAUSE_S) -> None:
        endpoint.reason = reason
        if endpoint.state is not EndpointState.OUT:
            endpoint.state = EndpointState.OUT
            says = "fails" if endpoint.is_suspended else "does not answer"
            self._say(f"server {endpoint.url} {says}: {reason}")
            self._changed()
        self._watch(endpoint, pause)


def _pass_on(task: asyncio.Task[None]) -> None:
    """Let the loop know of what went wrong in a task that nobody awaits."""
    if not task.cancelled():
        task.result()


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
