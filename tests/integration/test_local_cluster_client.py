"""A batch client and its server, both on the local cluster: the program that is shipped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_ui.backend.ports import ClientWorkload, Phase, Probe, ServerWorkload
from inference_ui.backend.records import JOURNAL, BatchJob
from tests.support import model_server
from tests.support.drivers import SMALL, LocalDriver, machine
from tests.support.waiting import wait_for

ITEMS = 30


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LocalDriver]:
    """A local cluster of one machine; all is ended after the test."""
    driver = LocalDriver(tmp_path / "runs", machine())
    yield driver
    driver.close()


@pytest.fixture
def job(tmp_path: Path) -> BatchJob:
    """A job over some requests, with an empty output folder."""
    dataset, output = tmp_path / "dataset", tmp_path / "output"
    dataset.mkdir()
    output.mkdir()
    for number in range(ITEMS):
        (dataset / f"{number}.json").write_text(json.dumps({"strData": f"item {number}"}))
    return BatchJob(dataset=str(dataset), output=str(output), service_type="SELDON")


def server(delay_ms: int = 0) -> ServerWorkload:
    return ServerWorkload(
        name="server",
        application="task",
        command=("{python}", model_server.__file__, "--port", "{port}"),
        resources=SMALL,
        probe=Probe("/health/ping"),
        env={"DELAY_MS": str(delay_ms)},
    )


def client(job: BatchJob) -> ClientWorkload:
    return ClientWorkload("client", "task", job, SMALL, server="server")


def sources(job: BatchJob) -> list[str]:
    journal = Path(job.output, JOURNAL)
    return [json.loads(line)["source"] for line in journal.read_text().splitlines()]


def test_a_client_finds_the_server_and_is_done(driver: LocalDriver, job: BatchJob) -> None:
    driver.cluster.apply(client(job))
    driver.cluster.apply(server())
    seen = driver.reaches("client", Phase.DONE)
    assert (seen.exit_code, seen.replicas[0].restarts) == (0, 0)
    assert len(sources(job)) == len(set(sources(job))) == ITEMS
    driver.end("client")
    assert driver.reaches("server", Phase.READY).replicas[0].restarts == 0


def test_a_killed_client_is_started_again_and_goes_on(driver: LocalDriver, job: BatchJob) -> None:
    driver.cluster.apply(server(delay_ms=200))
    driver.cluster.apply(client(job))
    wait_for(
        lambda: Path(job.output, JOURNAL).exists() and len(sources(job)) > 0, "some items are done"
    )
    os.kill(driver.child("client"), signal.SIGKILL)
    seen = driver.reaches("client", Phase.DONE)
    assert (seen.exit_code, seen.replicas[0].restarts) == (0, 1)
    assert len(sources(job)) == len(set(sources(job))) == ITEMS


def test_a_job_that_cannot_be_done_is_not_tried_again(driver: LocalDriver, job: BatchJob) -> None:
    Path(job.dataset).rename(f"{job.dataset}-elsewhere")
    driver.cluster.apply(client(job))
    seen = driver.reaches("client", Phase.FAILED)
    assert (seen.exit_code, seen.replicas[0].restarts) == (2, 0)
    assert "EXITED code=2" in driver.cluster.logs("client")[0].text
