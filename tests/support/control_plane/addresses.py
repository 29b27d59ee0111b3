"""Addresses of pods: each has one of its own in 127.0.0.0/8, so that ports never clash."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

_POD_NETWORKS = range(64, 256)
"""The second byte; what is below is left to others. Tests in other processes take some, too."""


def free_address(ports: Iterable[int] = ()) -> str:
    """Return an address of loopback on which nobody listens on these ports."""
    while True:
        second = random.choice(_POD_NETWORKS)  # noqa: S311
        third, fourth = random.randrange(256), random.randrange(1, 255)  # noqa: S311
        address = f"127.{second}.{third}.{fourth}"
        if all(_is_free(address, port) for port in (0, *ports)):
            return address


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True
