"""How quick the control plane is: what takes minutes in a cluster takes moments in a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds, but for ``probing``: the part of a probe's own periods that passes between probes.

    ``restart_s`` and ``job_s`` are the first delays before a container or a Job's pod is tried
    again; each next one is twice as long, up to ``most_s``. ``retry_s`` passes between two tries at
    what was not there (image, Secret). ``unreachable_s`` after its loss a node's pods are deleted.
    """

    restart_s: float = 0.1
    job_s: float = 0.1
    most_s: float = 2.0
    retry_s: float = 0.2
    probing: float = 0.02
    probe_least_s: float = 0.05
    unreachable_s: float = 0.5

    def backoff(self, first_s: float, tries: int) -> float:
        """Return how long to wait after so many tries, at least one."""
        return min(self.most_s, first_s * 2.0 ** min(tries - 1, 16))

    def probe_s(self, probe_seconds: float) -> float:
        """Return how long what a probe calls ``probe_seconds`` takes here."""
        return max(self.probe_least_s, probe_seconds * self.probing)
