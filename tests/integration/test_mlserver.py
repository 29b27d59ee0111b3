"""The batch client against MLServer, over Open Inference V2: a server that nobody here wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from inference_ui.backend.protocols import protocol_of
from inference_ui.backend.records import InputKind, WalkState
from tests.support.batch import BatchRun, names_in
from tests.support.mlserver import MODEL, PROGRAM, MLServer
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(
    not PROGRAM.exists(), reason="MLServer is not installed: .ci/mlserver does it"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MLServer]:
    """A server that was not started yet."""
    server = MLServer(tmp_path / "server")
    yield server
    server.kill()


def make_requests(dataset: Path, texts: list[str]) -> None:
    """Write one request for each text."""
    dataset.mkdir()
    for index, text in enumerate(texts):
        tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
        (dataset / f"{index:04d}.json").write_text(json.dumps({"inputs": [tensor]}))


def run_for(tmp_path: Path, server: MLServer, **job: object) -> BatchRun:
    """Return a run over ``in`` that was not started yet."""
    return BatchRun(
        tmp_path,
        tmp_path / "in",
        server.url,
        service_type="OPEN_INFERENCE_V2",
        model_name=MODEL,
        **job,
    )


def outputs_of(run: BatchRun, name: str) -> dict[str, list[object]]:
    """Return what an answer holds, by the names of its outputs."""
    answer = json.loads(run.result(name))
    assert answer["model_name"] == MODEL
    return {output["name"]: output["data"] for output in answer["outputs"]}


def is_waiting(run: BatchRun) -> bool:
    """Whether the client says that it waits for a server."""
    return run.progress is not None and run.progress.state is WalkState.WAITING_FOR_SERVER


def test_every_input_has_its_own_answer_or_the_servers_own_words(
    tmp_path: Path, server: MLServer
) -> None:
    texts = [f"text {index} é猫" for index in range(200)]
    texts[17] = "refuse 17"
    texts[99] = "break 99"
    make_requests(tmp_path / "in", texts)
    (tmp_path / "in" / "wrong.json").write_text('{"inputs": "none"}')
    run = run_for(tmp_path, server)
    run.start()
    wait_for(lambda: is_waiting(run), "the client waiting")
    server.start()
    assert run.wait(timeout_s=120).code == 0, server.log
    named = run.by_name
    assert named.keys() == names_in(tmp_path / "in")
    failed = {name: line for name, line in named.items() if line["status"] == "FAILED"}
    assert failed.keys() == {"0017.json", "0099.json", "wrong.json"}
    assert "will not do refuse 17" in failed["0017.json"]["errorMesssage"]
    assert failed["0099.json"]["errorMesssage"] == "Internal Server Error"  # all that it says
    assert "inputs" in failed["wrong.json"]["errorMesssage"]
    causes = {group.cause: group.count for group in run.summary.errors}
    assert causes == {"HTTP_400": 1, "HTTP_422": 1, "HTTP_500": 1}
    unwrap = protocol_of("OPEN_INFERENCE_V2", model_name=MODEL).unwrap
    for name in named.keys() - failed.keys():
        assert outputs_of(run, name)["echo"] == [texts[int(name.removesuffix(".json"))]]
        found = unwrap(json.loads(run.result(name)))
        assert found is not None
        assert found.classes == ("cat", "dog")
        assert found.boxes == ((1, 2, 30, 40), (5, 6, 70, 80))
        assert found.confidences == (0.75, 0.5)
        assert found.warnings == ()
    detected = [side for side in run.sidecar if side.get("n")]
    assert len(detected) == 198
    assert all((side["c"], side["low"]) == (["cat", "dog"], 0.5) for side in detected)


def test_pictures_reach_the_model_as_they_are(tmp_path: Path, server: MLServer) -> None:
    dataset = tmp_path / "in"
    dataset.mkdir()
    for index in range(12):
        Image.new("RGB", (8, 8), (index, 0, 0)).save(dataset / f"{index}.png")
    run = run_for(tmp_path, server, input_kind=InputKind.IMAGES)
    server.start()
    run.start()
    assert run.wait(timeout_s=120).code == 0, server.log
    assert len(run.by_name) == run.summary.succeeded == 12
    for path in dataset.iterdir():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert outputs_of(run, path.name)["echo"] == [digest]


def test_a_server_killed_in_the_middle_and_started_again_loses_nothing(
    tmp_path: Path, server: MLServer
) -> None:
    texts = [f"text {index}" for index in range(300)]
    make_requests(tmp_path / "in", texts)
    run = run_for(tmp_path, server, retries=0, max_in_flight=4)
    server.start()
    run.start()
    wait_for(lambda: run.line_count >= 50, "lines", timeout_s=90)
    server.kill()
    wait_for(lambda: is_waiting(run), "the client waiting")
    assert run.line_count < 300
    server.start()
    assert run.wait(timeout_s=120).code == 0, server.log
    assert len(run.by_name) == run.summary.succeeded == 300
    for name in run.by_name:
        assert outputs_of(run, name)["echo"] == [texts[int(name.removesuffix(".json"))]]
