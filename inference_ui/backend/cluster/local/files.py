"""The files of a run folder that both the cluster and the shim touch. Standard library only.

::

    <runs>/<workload>/            mode 0700: environments may hold what is not for everybody
        spec.json                 what was applied; never changes            (cluster)
        job.json                  of a batch client: its job                 (cluster)
        placement.json            the seats, once there is room; never changes (cluster)
        removal.json              since when it is being removed             (cluster)
        endpoints/<index>.url     base URL of a replica while it is ready    (shim)
        <index>/shim.json         who the shim is                            (cluster and shim)
        <index>/state.json        what the shim knows of its child           (shim)
        <index>/log, log.1        output of the child                        (shim)
        <index>/lock              held by the one living shim                (shim)
        <index>/work              working folder of the child

Every file is replaced in one step, so a reader sees the old content or the new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from inference_ui.backend.cluster.local.processes import Identity

SPEC = "spec.json"
JOB = "job.json"
PLACEMENT = "placement.json"
REMOVAL = "removal.json"
ENDPOINTS = "endpoints"
SHIM = "shim.json"
STATE = "state.json"
LOG = "log"
OLD_LOG = "log.1"
LOCK = "lock"
WORK = "work"

DEFAULT_GRACE_S = 20.0
"""How long a child may take to end when its shim is stopped by nobody who said so."""


class Readiness(NamedTuple):
    """``ports.Probe`` as the shim reads it."""

    path: str
    body: str | None
    below_status: int


class Launch(NamedTuple):
    """How the child is started and judged; part of ``spec.json``."""

    command: tuple[str, ...]
    env: Mapping[str, str]
    readiness: Readiness | None
    limit: int
    window_s: float
    done: tuple[int, ...]
    fatal: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        readiness = self.readiness._asdict() if self.readiness else None
        return self._asdict() | {"env": dict(self.env), "readiness": readiness}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Launch:
        readiness = Readiness(**data["readiness"]) if data["readiness"] else None
        tuples = {key: tuple(data[key]) for key in ("command", "done", "fatal")}
        return cls(**{**data, **tuples, "readiness": readiness})


class State(NamedTuple):
    """What a shim knows of its replica. ``phase`` is STARTING, READY, DONE or FAILED.

    ``restarts`` counts all, ``recent`` holds the times (Unix seconds) of those that still count
    against the limit. ``exit_code`` is of the last exit, 128 + n for signal n as shells and
    containers tell it. ``reason`` is a message as JSON. ``shim`` is who says all this: what a dead
    shim said last is only true of replicas that ended.
    """

    phase: str = "STARTING"
    shim: Identity | None = None
    child: Identity | None = None
    port: int | None = None
    endpoint: str | None = None
    restarts: int = 0
    recent: tuple[float, ...] = ()
    exit_code: int | None = None
    reason: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether the replica is done with, and nothing of it runs."""
        return self.phase in ("DONE", "FAILED")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        known = {key: Identity(*data[key]) for key in ("shim", "child") if data[key]}
        return cls(**{**data, **known, "recent": tuple(data["recent"])})


def message(code: str, **args: str | int | float | None) -> dict[str, Any]:
    """Return an ``errors.Message`` as JSON."""
    return {"code": code, "args": args}


def write_json(path: str, data: object, *, sync: bool = False) -> None:
    """Replace the file in one step; with ``sync`` it also survives a loss of power."""
    write_text(path, json.dumps(data), sync=sync)


def write_text(path: str, text: str, *, sync: bool = False) -> None:
    """Replace the file in one step. Only our own user can read it."""
    temporary = f"{path}.{os.getpid()}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
        if sync:
            file.flush()
            os.fsync(handle)
    os.replace(temporary, path)


def read_json(path: str) -> Any:
    """Return the file's content; None when it is missing, or was torn by a loss of power."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def read_state(folder: str) -> State | None:
    """Return the state of the replica in this folder; None when no shim ever wrote one."""
    data = read_json(f"{folder}/{STATE}")
    return State.from_json(data) if data else None


def read_shim(folder: str) -> Identity | None:
    """Return who the shim of this replica is, or was."""
    data = read_json(f"{folder}/{SHIM}")
    return Identity(data["pid"], data["start"]) if data else None


def write_shim(folder: str, shim: Identity) -> None:
    """Record who the shim of this replica is."""
    write_json(f"{folder}/{SHIM}", shim._asdict())
