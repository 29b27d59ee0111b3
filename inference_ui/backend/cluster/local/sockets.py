"""Ports of 127.0.0.1: choosing a free one, and asking who listens there. Standard library only."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection

HOST = "127.0.0.1"
_LOWEST = 20_000

_REACHED_BY_HOST = frozenset(
    {
        "0100007F",  # 127.0.0.1
        "00000000",  # 0.0.0.0
        "0" * 32,  # ::
        "0000000000000000FFFF00000100007F",  # ::ffff:127.0.0.1
    }
)
_LISTEN = "0A"


def free_port() -> int:
    """Return a port that nobody uses now.

    It lies below the range from which the kernel serves outgoing connections: a server may take
    minutes before it listens, and none of those must take its port meanwhile.
    """
    for _ in range(64):
        span = _ephemeral_start() - _LOWEST
        if span < 1000:  # this machine's range begins lower: let the kernel choose
            break
        port = _LOWEST + int.from_bytes(os.urandom(4), "big") % span
        if _bound(port):
            return port
    chosen = _bound(0)
    if not chosen:
        raise OSError(f"no free port on {HOST}")
    return chosen


def _ephemeral_start() -> int:
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            return int(file.read().split()[0])
    except FileNotFoundError:  # not Linux; IANA's range, which macOS and Windows keep
        return 49_152


def _bound(port: int) -> int | None:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def listens(port: int, pids: Collection[int]) -> bool | None:
    """Tell whether one of these processes listens on the port; None when that cannot be told.

    False needs proof: another process that we can look into holds the listening socket. A
    listener of another user, or in another namespace, cannot be looked into.
    """
    try:
        inodes = _listening(port)
    except FileNotFoundError:
        return None
    if any(_holds(pid, inodes) for pid in pids):
        return True
    others = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return False if any(_holds(pid, inodes) for pid in others) else None


def _listening(port: int) -> frozenset[str]:
    """Return ``socket:[inode]`` of the listeners that a call to 127.0.0.1 can reach.

    Columns of /proc/net/tcp: sl, local_address, rem_address, st, tx:rx, tr:when, retrnsmt, uid,
    timeout, inode.
    """
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if table.endswith("6") and not os.path.exists(table):
            continue
        with open(table) as file:
            rows = [line.split() for line in file.readlines()[1:]]
        for row in rows:
            address, _, number = row[1].partition(":")
            if row[3] == _LISTEN and int(number, 16) == port and address in _REACHED_BY_HOST:
                found.add(f"socket:[{row[9]}]")
    return frozenset(found)


def _holds(pid: int, inodes: Collection[str]) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        handles = os.listdir(folder)
    except OSError:  # gone meanwhile, or not ours to look into
        return False
    for handle in handles:
        try:
            if os.readlink(f"{folder}/{handle}") in inodes:
                return True
        except OSError:  # closed meanwhile
            continue
    return False
