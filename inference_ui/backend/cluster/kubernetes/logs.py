"""Logs of pods, through the API server. A container that was started again has two: its own and
that of the one before, which says why that ended."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.cluster.kubernetes.connection import Connection
from inference_ui.backend.cluster.kubernetes.refusals import Refusal
from inference_ui.backend.cluster.kubernetes.sightings import PodSeen

_PIECE = 64 << 10
_IN_MEMORY = 1 << 20
_PAUSE_S = 0.5
_NONE = (400, 404)
"""Statuses of a container that was never started, or of a pod that is gone."""


def tail(api: Connection, pod: PodSeen, lines: int) -> str | None:
    """Return the last lines of a pod, those of the container before among them where its own are
    fewer; None when it has none."""
    if lines <= 0:
        return None
    own = _last(api, pod, lines)
    if own is not None and pod.exits and len(own) < lines:
        own = [*(_last(api, pod, lines - len(own), previous=True) or ()), *own]
    return "\n".join(own) if own is not None else None


def whole(api: Connection, pod: PodSeen) -> Iterator[bytes]:
    """Return all that the node still has of a pod's output, in pieces.

    It is fetched at once, since it goes with the pod; what is large waits in a file.
    """
    # Closed by whoever reads it, at the latest when it is forgotten.
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    for previous in (True, False) if pod.exits else (False,):
        for piece in _there(api.stream_log(pod.name, _container(pod), previous=previous)):
            spool.write(piece)
    spool.seek(0)
    return _pieces(spool)


def follow(api: Connection, pod: PodSeen, look: Callable[[], PodSeen | None]) -> Iterator[str]:
    """Yield a pod's lines from now on, also of containers that are started in it later; ``look``
    tells what is seen of it now. Ends when the pod is gone. Blocks."""
    tail_lines: int | None = 0
    seen: PodSeen | None = pod
    while seen is not None and not seen.ended:
        container = _container(pod)
        pieces = api.stream_log(pod.name, container, tail_lines=tail_lines, follow=True)
        yield from _lines(_there(pieces))
        tail_lines = None
        seen = _when_another_runs(seen, look)


def _when_another_runs(pod: PodSeen, look: Callable[[], PodSeen | None]) -> PodSeen | None:
    """Wait until another container runs in the pod, or until there is none to wait for."""
    while True:
        seen = look()
        if seen is None or seen.ended or (seen.running and len(seen.exits) > len(pod.exits)):
            return seen
        time.sleep(_PAUSE_S)


def _lines(stream: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in stream:
        *whole_lines, rest = (rest + piece).split(b"\n")
        for line in whole_lines:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


def _pieces(spool: tempfile.SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with spool:
        while piece := spool.read(_PIECE):
            yield piece


def _last(api: Connection, pod: PodSeen, lines: int, *, previous: bool = False) -> list[str] | None:
    pieces = api.stream_log(pod.name, _container(pod), tail_lines=lines, previous=previous)
    try:
        return b"".join(pieces).decode(errors="replace").splitlines()
    except Refusal as error:
        if error.status in _NONE:
            return None
        raise


def _there(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces of a log; none where there is no such log, or no such pod any
    more."""
    try:
        yield from pieces
    except Refusal as error:
        if error.status not in _NONE:
            raise


def _container(pod: PodSeen) -> str:
    return names.CLIENT if pod.client else names.SERVER
