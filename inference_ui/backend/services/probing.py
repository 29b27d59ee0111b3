"""Asking services that run elsewhere whether they are ready, now and then, without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from inference_ui.backend.errors import Message
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.ports import Observation, Phase
from inference_ui.backend.services.asking import Door, is_ready

EVERY_S = 10.0
"""From one question to the next, while a service answers."""
SOONER_S = 2.0
"""The same, while it does not."""
AT_ONCE = 8

Ask = Callable[[OnlineService], Message | None]


def ask(service: OnlineService) -> Message | None:
    """Ask a service for its readiness; None when it is ready. Blocks for some seconds at most."""
    if service.elsewhere is None:
        raise TypeError("the cluster knows of a service that is deployed")
    there = service.elsewhere
    return is_ready(Door(there.url, there.all_headers, there.ca), service.package)


@dataclass
class _Probe:
    seen: Observation
    due: float = 0.0
    asking: Future[Message | None] | None = None


class Probes:
    """What is known of services elsewhere. :meth:`look` returns at once, for one thread."""

    def __init__(self, ask: Ask = ask, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._probes: dict[str, _Probe] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, "probe")

    def look(self, service: OnlineService) -> Observation:
        """Return what was seen last: READY, STARTING with the reason, WAITING before the first
        answer; and ask again if it is time."""
        probe = self._probes.setdefault(service.id, _Probe(Observation(Phase.WAITING)))
        if probe.asking is not None and probe.asking.done():
            problem = _outcome(probe.asking)
            phase = Phase.READY if problem is None else Phase.STARTING
            probe.seen = Observation(phase, reason=problem)
            probe.asking = None
            probe.due = self._monotonic() + (SOONER_S if problem else EVERY_S)
        if probe.asking is None and self._monotonic() >= probe.due:
            probe.asking = self._threads.submit(self._ask, service)
        return probe.seen

    def forget_all_but(self, ids: set[str]) -> None:
        """Forget services that are gone, or that nobody wishes to run."""
        for id in self._probes.keys() - ids:
            del self._probes[id]

    def close(self) -> None:
        """Ask no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _outcome(asking: Future[Message | None]) -> Message | None:
    error = asking.exception()
    if error is None:
        return asking.result()
    return Message("NO_CONNECTION", {"error": str(error)})
