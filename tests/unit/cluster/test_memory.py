"""What the cluster in memory offers to those who hold it, beyond the contract."""

from __future__ import annotations

import pytest

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.ports import ClientWorkload, Phase, RestartPolicy
from inference_ui.backend.records import BatchJob
from tests.support.drivers import machine, puppet

JOB = BatchJob(dataset="/d", output="/o", service_type="SELDON")
CLIENT = ClientWorkload("c", "app", JOB, Resources(cpu_millis=100, memory_bytes=1), "s")


def test_a_client_runs_at_once_and_its_exit_codes_mean_what_they_mean() -> None:
    cluster = MemoryCluster()
    cluster.apply(CLIENT)
    assert cluster.observe("c").phase is Phase.READY
    cluster.exit("c", 137)
    assert cluster.observe("c").phase is Phase.READY
    assert cluster.observe("c").replicas[0].restarts == 1
    cluster.exit("c", 0)
    assert cluster.observe("c").phase is Phase.DONE


def test_restarts_are_forgotten_when_the_clock_goes_on() -> None:
    now = 1000.0
    cluster = MemoryCluster(now=lambda: now)
    cluster.apply(puppet("s", restart=RestartPolicy(limit=1, window_s=60)))
    cluster.exit("s", 1)
    now += 61
    cluster.exit("s", 1)
    assert cluster.observe("s").phase is Phase.STARTING
    cluster.exit("s", 1)
    assert cluster.observe("s").phase is Phase.FAILED
    with pytest.raises(ValueError, match="has ended"):
        cluster.become_ready("s")


def test_a_workload_can_be_made_to_linger() -> None:
    cluster = MemoryCluster()
    cluster.linger = True
    cluster.apply(puppet("s"))
    cluster.remove("s")
    assert cluster.observe("s").phase is Phase.STARTING
    cluster.finish_removal("s")
    assert cluster.observe("s").phase is Phase.GONE


def test_a_cluster_that_cannot_be_reached_says_so() -> None:
    cluster = MemoryCluster()
    cluster.unreachable = True
    for ask in (cluster.names, cluster.nodes, cluster.queue):
        with pytest.raises(ClusterError):
            ask()


def test_more_nodes_let_more_be_seated() -> None:
    cluster = MemoryCluster([machine()])
    cluster.apply(puppet("s", replicas=5))
    assert cluster.observe("s").phase is Phase.WAITING
    cluster.offer([machine(), machine(name="there")])
    cluster.apply(puppet("s", replicas=5))
    assert cluster.observe("s").phase is Phase.STARTING
    assert cluster.workload("s") == puppet("s", replicas=5)
