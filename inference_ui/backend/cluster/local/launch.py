"""From a workload to what its shims are told: command, environment, readiness. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.cluster.local.files import ENDPOINTS, JOB, Launch, Readiness
from inference_ui.backend.cluster.replicas import driver_names
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard
from inference_ui.backend.ports import ClientWorkload, Probe, Workload

_KEPT = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "TZ"})

_VISIBLE = {
    AcceleratorType.GPU: "CUDA_VISIBLE_DEVICES",
    AcceleratorType.MLU: "MLU_VISIBLE_DEVICES",
}


def base_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a workload gets of the web server's environment: never a secret of it."""
    return {
        key: value for key, value in environment.items() if key in _KEPT or key.startswith("LC_")
    }


def cards_environment(cards: Sequence[PhysicalCard], given: Sequence[CardSeat]) -> dict[str, str]:
    """Return the variables that show a replica the cards given to it and no others: none when it
    has none."""
    shown = {
        variable: ",".join(
            driver_names([card for card in cards if card.accelerator is kind], given)
        )
        for kind, variable in _VISIBLE.items()
    }
    # CUDA numbers cards by speed unless told to number them as nvidia-smi does.
    return {**shown, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def launch_of(workload: Workload, runs: Path) -> Launch:
    """Return how the workload's replicas are started. ``runs`` is the folder of all run folders.

    Raises :class:`ClusterError` when it could never be ready or never start.
    """
    policy = workload.restart
    readiness, env = None, dict[str, str]()
    if isinstance(workload, ClientWorkload):
        command = _client_command(workload, runs)
    else:
        command, env = workload.command, dict(workload.env)
        readiness = _readiness(workload.probe)
    if not command:
        raise ClusterError("COMMAND_EMPTY", name=workload.name)
    return Launch(
        command=command,
        env=env,
        readiness=readiness,
        limit=policy.limit,
        window_s=policy.window_s,
        done=tuple(sorted(policy.done)),
        fatal=tuple(sorted(policy.fatal)),
    )


def _client_command(workload: ClientWorkload, runs: Path) -> tuple[str, ...]:
    job = str(runs / workload.name / JOB)
    command = ("{python}", "-m", "inference_ui.backend.batch", "--job", job)
    if workload.server is None:
        return command
    return (*command, "--endpoints", str(runs / workload.server / ENDPOINTS))


def _readiness(probe: Probe) -> Readiness:
    if probe.body is not None:
        try:
            re.compile(probe.body)
        except re.error as error:
            raise ClusterError("PROBE_INVALID", pattern=probe.body) from error
    path = quote(probe.path, safe="/?&=:;,@!$'()*+~%-._")
    return Readiness(path if path.startswith("/") else f"/{path}", probe.body, probe.below_status)
