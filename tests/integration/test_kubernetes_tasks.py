"""Whole tasks on the double of a Kubernetes cluster, with real processes as pods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_ui.backend.models.task import EndReason
from tests.integration.test_whole_task import assert_every_input_has_one_succeeded_line
from tests.support.installation import numbered_inputs
from tests.support.kubernetes_installation import World, kubernetes_world
from tests.support.waiting import wait_for


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with kubernetes_world(tmp_path) as made:
        yield made


def test_a_task_goes_from_queued_to_succeeded_and_leaves_nothing_in_the_cluster(
    world: World,
) -> None:
    inputs = numbered_inputs(30)
    world.inside.dataset(inputs)
    world.inside.package(SOME_SETTING="secret")
    task = world.inside.create("first")
    ended = world.inside.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (30, 30, 0)
    assert ended.end_reason == EndReason.COMPLETED
    assert_every_input_has_one_succeeded_line(ended, inputs)
    view = world.inside.product.tasks.view(world.inside.administrator, task.id)
    codes = [event.code for event in view.events]
    assert codes == ["SUBMITTED", "STARTING", "RUNNING", "FINISHING", "SUCCEEDED"]
    logs = world.inside.product.logs.of(world.inside.administrator, task.id).logs
    texts = {log.role: log.text for log in logs}
    assert "loading the model" in texts["server"]
    assert texts["client"].strip()
    assert world.left() == []
