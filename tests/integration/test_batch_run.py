"""A run that nothing disturbs: what is sent, what is written, and what is said about it."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import msgspec

from inference_ui.backend.records import RESULTS, InputKind, Outcome, WalkState
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import DETECTION, Call, InferenceServer

ODD_NAMES = (
    "plain.json",
    "猫 和 狗.json",
    'quote"s and \\ back.json',
    "new\nline.json",
    "tab\t'apostrophe'.json",
    "UPPER.JSON",
    "#?&%20;.json",
)


def test_every_input_is_sent_and_every_answer_stored_byte_for_byte(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 120)
    answers: dict[bytes, bytes] = {}

    def script(call: Call) -> object:
        answers[call.body] = (
            b'\n {"n" : %d, "e":1.50e0, "text":"\\u00e9 \xe7\x8c\xab" } ' % call.number
        )
        return call.reply(answers[call.body])

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        ended = run.run()
    assert (ended.code, ended.err) == (0, "")
    names = names_in(dataset)
    assert sorted(server.bodies) == sorted((dataset / name).read_bytes() for name in names)
    assert run.by_name.keys() == names
    for name in names:
        assert run.result(name) == answers[(dataset / name).read_bytes()]
    assert {call.path for call in server.calls} == {"/api/v1.0/predictions"}
    summary = run.summary
    assert (summary.outcome, summary.found, summary.succeeded) == (Outcome.COMPLETE, 120, 120)
    assert summary.complete
    assert summary.p50_ms is not None


def test_the_journal_lines_are_exactly_those_of_the_format(tmp_path: Path) -> None:
    dataset = tmp_path / "in"
    (dataset / "private").mkdir(parents=True)
    (dataset / "private" / "fig1.json").write_bytes(b'{"strData":"1"}')
    (dataset / "private" / "fig2.json").write_bytes(b'{"strData":"2"}')
    failure = {"status": {"status": 1, "info": 'unexpected "protocol" é猫', "code": 400}}

    def script(call: Call) -> object:
        return call.reply({}) if b"1" in call.body else call.reply(failure, status=400)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=1)
        assert run.run().code == 0
    assert (run.output / "result.ndjson").read_text() == (
        '{"source":"/workspace/dataset/private/fig1.json","status":"SUCCEEDED",'
        '"resultLocation":"result/private/fig1.json_result.json"}\n'
        '{"source":"/workspace/dataset/private/fig2.json","status":"FAILED",'
        '"errorMesssage":"unexpected \\"protocol\\" é猫"}\n'
    )


def test_names_of_every_kind_are_inputs_and_the_order_is_that_of_their_bytes(
    tmp_path: Path,
) -> None:
    dataset = tmp_path / "in"
    for folder in ("", "子", "b folder", "a"):
        (dataset / folder).mkdir(parents=True, exist_ok=True)
        for name in ODD_NAMES:
            (dataset / folder / name).write_text(json.dumps({"strData": f"{folder}/{name}"}))
    (dataset / "no input.txt").write_text("{}")
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=1)
        assert run.run().code == 0
    expected = [
        f"{folder}/{name}".lstrip("/")
        for folder in ("", "a", "b folder", "子")
        for name in sorted(ODD_NAMES, key=str.encode)
    ]
    assert [line["source"].removeprefix("/workspace/dataset/") for line in run.lines] == expected
    run.check_complete(set(expected))


def test_the_sidecar_tells_what_was_detected_and_what_was_read(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, attempt=3)
        run.run()
    (side,) = run.sidecar
    (name,) = names_in(dataset)
    status = (dataset / name).stat()
    assert side.pop("ms") > 0
    assert side == {
        "source": f"/workspace/dataset/{name}",
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "attempt": 3,
        "n": 2,
        "c": ["cat", "dog"],
        "low": 0.75,
        "b": [18, 1, 15, 1],
    }


def test_pictures_are_wrapped_as_the_service_type_wants_them(tmp_path: Path) -> None:
    dataset = tmp_path / "in"
    dataset.mkdir()
    (dataset / "one.png").write_bytes(b"\x89PNG one")
    (dataset / "two.JPEG").write_bytes(b"\xff\xd8 two")
    (dataset / "empty.png").write_bytes(b"")
    (dataset / "ignored.json").write_bytes(b"{}")
    with InferenceServer(lambda call: call.reply(DETECTION)) as server:
        run = BatchRun(tmp_path, dataset, server.url, input_kind=InputKind.IMAGES)
        assert run.run().code == 0
    sent = sorted(base64.b64decode(json.loads(body)["strData"]) for body in server.bodies)
    assert sent == [b"\x89PNG one", b"\xff\xd8 two"]
    assert run.by_name["two.JPEG"]["resultLocation"] == "result/two.JPEG_result.json"
    assert run.by_name["empty.png"]["errorMesssage"] == "input is empty"


def test_headers_of_the_job_are_sent_and_its_paths_called(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with InferenceServer() as server:
        run = BatchRun(
            tmp_path,
            dataset,
            f"{server.url}/prefix/",
            service_type="CUSTOM",
            predict_path="/run",
            headers={"Authorization": "Bearer secret"},
        )
        assert run.run().code == 0
    (call,) = server.calls
    assert call.path == "/prefix/run"
    assert call.headers["Authorization"] == "Bearer secret"
    assert call.headers["Content-Type"] == "application/json"
    assert "Accept-Encoding" not in call.headers


def test_running_it_again_when_all_is_done_calls_nobody_and_changes_nothing(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 20)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        before = run.lines, run.sidecar
        ended = run.run()
    assert ended.code == 0
    assert "20 inputs have a line already" in ended.out
    assert len(server.calls) == 20
    assert (run.lines, run.sidecar) == before
    assert run.summary.complete


def test_an_empty_dataset_is_complete(tmp_path: Path) -> None:
    (tmp_path / "in" / "nothing here").mkdir(parents=True)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, tmp_path / "in", server.url)
        assert run.run().code == 0
    assert run.lines == []
    assert (run.summary.found, run.summary.complete) == (0, True)


def test_no_more_requests_are_in_flight_than_the_job_allows_and_all_servers_get_some(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 200)

    async def slow(call: Call) -> object:
        await asyncio.sleep(0.02)
        return call.reply(DETECTION)

    with InferenceServer(slow) as one, InferenceServer(slow) as two:
        run = BatchRun(tmp_path, dataset, one.url, max_in_flight=5)
        run.change(endpoints=(one.url, two.url))
        assert run.run().code == 0
    for server in (one, two):
        assert server.most_in_flight == 5
        assert len(server.calls) > 50
    assert len(one.calls) + len(two.calls) == 200


def test_the_progress_file_ends_with_everything_and_a_bounded_history(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 30)

    def script(call: Call) -> object:
        return call.reply({"status": {"status": 1, "info": "no"}}, 400 if call.number % 3 else 200)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
    progress = run.progress
    assert progress is not None
    assert (progress.state, progress.found, progress.walked) == (WalkState.ENDED, 30, True)
    assert (progress.succeeded, progress.failed, progress.in_flight) == (0, 30, 0)
    assert {(group.cause, group.count) for group in progress.errors} == {
        ("HTTP_400", 20),
        ("FAILURE_STATUS", 10),
    }
    assert all(group.message == "no" and group.example for group in progress.errors)
    assert progress.errors == run.summary.errors
    assert progress.history[-1].failed == 30
    assert (
        msgspec.json.decode((run.output / ".inference/progress.json").read_bytes())["attempt"] == 1
    )


def test_an_output_inside_the_dataset_is_no_input(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 5)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.output = dataset / "out"
        run.change(output=str(run.output))
        assert run.run().code == 0
        assert run.run().code == 0
        assert len(server.calls) == 5
        run.output = dataset
        run.change(output=str(dataset))
        assert run.run().code == 0
        assert run.run().code == 0
    # The other output is a folder like any other now: its results and records are JSON files.
    assert len(server.calls) > 10
    assert not any(
        f"/{RESULTS}/part" in name for name in run.by_name if not name.startswith("out/")
    )
