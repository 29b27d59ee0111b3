"""Who is who among processes, and whose port it is; by /proc and by psutil alike."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from inference_ui.backend.cluster.local import processes
from inference_ui.backend.cluster.local.processes import (
    MARKER,
    Identity,
    ProcFs,
    Psutil,
    System,
    alive,
    descendants,
    identify,
    marked,
    send,
)
from inference_ui.backend.cluster.local.sockets import free_port, listens
from tests.support.waiting import wait_for

NESTED = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"


@contextlib.contextmanager
def running(code: str = "input()", **env: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, env={**os.environ, **env}
    )
    try:
        yield process
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(10)


@pytest.fixture(params=[ProcFs(), Psutil()], ids=["procfs", "psutil"])
def system(request: pytest.FixtureRequest) -> System:
    """Both ways to ask the operating system."""
    return request.param  # type: ignore[no-any-return]


def test_a_process_is_the_same_as_long_as_it_lives(system: System) -> None:
    with running() as process:
        entry = system.look(process.pid)
        assert entry is not None
        assert entry.parent == os.getpid()
        assert system.look(process.pid) == entry
    assert system.look(process.pid) is None


def test_a_zombie_does_not_live(system: System) -> None:
    process = subprocess.Popen(["true"])
    wait_for(lambda: system.look(process.pid) is None, "it has ended")
    assert process.wait() == 0


def test_children_of_children_are_descendants(system: System) -> None:
    with running(NESTED):
        family = wait_for(
            lambda: found if len(found := descendants(os.getpid(), system)) >= 2 else None,
            "both are there",
        )
        assert all(alive(member) for member in family) or system is not processes.SYSTEM


def test_processes_are_found_by_the_folder_they_were_started_for(system: System) -> None:
    folder = f"/runs/{os.getpid()}"
    with (
        running(**{MARKER: f"{folder}/w/0"}) as mine,
        running(**{MARKER: f"{folder}/w/01"}),
        running(**{MARKER: f"{folder}/other/0"}),
    ):

        def pids(below: str) -> set[int]:
            return {process.pid for process in marked(below, system)}

        wait_for(lambda: pids(f"{folder}/w/0") == {mine.pid}, "the one is found")
        wait_for(lambda: len(pids(f"{folder}/w")) == 2, "both of the workload are found")


def test_a_stranger_with_the_same_pid_gets_no_signal() -> None:
    with running() as process:
        stranger = Identity(process.pid, "another start")
        assert not alive(stranger)
        send(stranger, signal.SIGKILL)
        known = identify(process.pid)
        assert known is not None
        send(known, signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
    send(known, signal.SIGKILL)


def test_a_listener_is_ours_only_if_we_hold_its_socket() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert listens(port, [os.getpid()]) is None  # bound, but nobody listens
        listener.listen()
        with running() as other:
            assert listens(port, [os.getpid()]) is True
            assert listens(port, [other.pid]) is False


def test_a_listener_on_all_addresses_counts_too() -> None:
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::", 0))
        listener.listen()
        assert listens(listener.getsockname()[1], [os.getpid()]) is True


def test_a_chosen_port_is_free() -> None:
    for port in {free_port() for _ in range(20)}:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
