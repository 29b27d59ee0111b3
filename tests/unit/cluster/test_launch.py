"""What a workload's processes are told, and what they are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.cluster.local.files import Launch, Readiness
from inference_ui.backend.cluster.local.launch import (
    base_environment,
    cards_environment,
    launch_of,
)
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard, Resources
from inference_ui.backend.ports import ClientWorkload, Probe, RestartPolicy, ServerWorkload
from inference_ui.backend.records import BatchJob

RUNS = Path("/data/runs")
TINY = Resources(cpu_millis=1, memory_bytes=1)


def server(probe: Probe, command: tuple[str, ...] = ("serve", "{port}")) -> ServerWorkload:
    return ServerWorkload(
        "s",
        "app",
        command,
        TINY,
        probe,
        env={"MODEL": "m"},
        restart=RestartPolicy(2, 60.0, frozenset({1, 0}), frozenset({9})),
    )


def client(server_name: str | None) -> ClientWorkload:
    job = BatchJob(dataset="/d", output="/o", service_type="SELDON")
    return ClientWorkload("c", "app", job, TINY, server_name)


def test_only_harmless_variables_of_the_web_server_are_passed_on() -> None:
    environment = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LANG": "de_DE.UTF-8",
        "LC_TIME": "C",
        "TMPDIR": "/t",
        "TZ": "UTC",
        "SECRET_KEY": "s",
        "DATABASE_URL": "postgresql://user:password@host/db",
        "PYTHONPATH": "/elsewhere",
        "LD_PRELOAD": "/evil.so",
        "PATHS": "x",
    }
    assert set(base_environment(environment)) == {
        "PATH",
        "HOME",
        "LANG",
        "LC_TIME",
        "TMPDIR",
        "TZ",
    }


def test_a_replica_sees_its_cards_and_no_others() -> None:
    cards = [
        PhysicalCard(slot=3, index="2", model="A100", accelerator=AcceleratorType.GPU),
        PhysicalCard(slot=4, index="3", model="A100", accelerator=AcceleratorType.GPU),
    ]
    seen = cards_environment(cards, [CardSeat(3), CardSeat(4)])
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["MLU_VISIBLE_DEVICES"]) == ("2,3", "")
    none = cards_environment(cards, [])
    assert (none["CUDA_VISIBLE_DEVICES"], none["MLU_VISIBLE_DEVICES"]) == ("", "")


def test_a_server_is_launched_as_its_package_says() -> None:
    launch = launch_of(server(Probe("/v1/models/猫", "ready", 500)), RUNS)
    assert launch == Launch(
        command=("serve", "{port}"),
        env={"MODEL": "m"},
        readiness=Readiness("/v1/models/%E7%8C%AB", "ready", 500),
        limit=2,
        window_s=60.0,
        done=(0, 1),
        fatal=(9,),
    )


def test_a_client_is_given_its_job_and_the_folder_of_its_servers_endpoints() -> None:
    command = ("{python}", "-m", "inference_ui.backend.batch", "--job", "/data/runs/c/job.json")
    launch = launch_of(client("s"), RUNS)
    assert launch.command == (*command, "--endpoints", "/data/runs/s/endpoints")
    assert launch.readiness is None
    assert (launch.done, launch.fatal) == ((0,), (2,))
    assert launch_of(client(None), RUNS).command == command


def test_a_launch_survives_being_written_down() -> None:
    for workload in (server(Probe("ready")), client("s")):
        launch = launch_of(workload, RUNS)
        read = Launch.from_json(json.loads(json.dumps(launch.to_json())))
        assert read == launch


def test_what_could_never_run_is_refused() -> None:
    with pytest.raises(ClusterError, match="PROBE_INVALID"):
        launch_of(server(Probe("/", "(")), RUNS)
    with pytest.raises(ClusterError, match="COMMAND_EMPTY"):
        launch_of(server(Probe("/"), ()), RUNS)


def test_a_probes_path_cannot_smuggle_in_a_header() -> None:
    launch = launch_of(server(Probe("/a b\r\nX: y")), RUNS)
    assert launch.readiness is not None
    assert launch.readiness.path == "/a%20b%0D%0AX:%20y"
