"""``inference-ui infer``: the batch client for anyone with a folder and a URL."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.support.batch import make_dataset
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.raw_server import RawServer, whole
from tests.support.terminal import OnTerminal
from tests.support.tls import make_certificate
from tests.support.waiting import wait_for

INFER = (sys.executable, "-m", "inference_ui", "infer")


def command(tmp_path: Path, url: str, *options: str) -> list[str]:
    """The command that a person would type."""
    return [
        *(*INFER, str(tmp_path / "in"), "--url", url, "--type", "seldon"),
        *("--output", str(tmp_path / "out"), "--name", "night", *options),
    ]


def infer(tmp_path: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        command(tmp_path, url, *options), capture_output=True, text=True, check=False, timeout=60
    )


def refuses_sevens(call: Call) -> web.StreamResponse:
    """Refuse an input in ten."""
    return (
        call.reply({"status": {"status": 1, "info": "a seven"}})
        if b"7" in call.body
        else detect(call)
    )


@contextmanager
def on_terminal(given: list[str]) -> Iterator[OnTerminal]:
    """Run a command on a terminal."""
    terminal = OnTerminal(given)
    try:
        yield terminal
    finally:
        terminal.close()


def lines_of(tmp_path: Path) -> list[dict[str, str]]:
    """The journal's lines."""
    return [
        json.loads(line)
        for line in (tmp_path / "out/night/result.ndjson").read_bytes().splitlines()
    ]


def test_a_folder_and_a_url_are_enough(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 120)
    with InferenceServer() as server:
        ended = infer(tmp_path, server.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "120 of 120 succeeded, 0 failed" in ended.stdout.splitlines()[-1]
    named = {line["source"]: line for line in lines_of(tmp_path)}
    assert named.keys() == {str(path) for path in dataset.rglob("*.json")}, "the real paths"
    first = named[str(dataset / "part000/requests/00000.json")]
    assert (tmp_path / "out/night" / first["resultLocation"]).is_file()


def test_running_it_again_does_nothing_and_says_so(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 20)
    with InferenceServer() as server:
        first = json.loads(infer(tmp_path, server.url, "--json").stdout)
    ended = infer(tmp_path, server.url, "--json")
    assert ended.returncode == 0
    assert "nothing to do: 20 of 20 succeeded" in ended.stderr
    second = json.loads(ended.stdout)
    assert {**second, "versions": {}} == {**first, "versions": {}}, (
        "it tells of the run that did it"
    )


def test_the_summary_is_printed_as_json_and_nothing_else_is(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 40)
    with InferenceServer(refuses_sevens) as server:
        ended = infer(tmp_path, server.url, "--json")
    assert ended.returncode == 0, "every item was answered, failures included"
    summary: dict[str, Any] = json.loads(ended.stdout)
    assert (summary["found"], summary["succeeded"], summary["failed"]) == (40, 36, 4)
    assert summary["lines"] == 40
    (group,) = summary["errors"]
    assert (group["cause"], group["count"], group["message"]) == ("FAILURE_STATUS", 4, "a seven")
    assert group["example"].startswith(str(tmp_path / "in"))
    assert {"python", "uvloop", "inference-ui"} <= summary["versions"].keys()
    assert summary["p50_ms"] <= summary["p95_ms"] <= summary["p99_ms"]
    assert summary == json.loads((tmp_path / "out/night/.inference/summary.json").read_bytes())


def test_one_kind_of_failures_is_tried_again_by_its_key(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 40)
    (tmp_path / "in" / "empty.json").write_bytes(b"")
    with InferenceServer(refuses_sevens) as server:
        summary = json.loads(infer(tmp_path, server.url, "--json").stdout)
        keys = {group["cause"]: group["key"] for group in summary["errors"]}
        sent = len(server.calls)
        again = infer(
            tmp_path, server.url, "--json", "--retry-failed",
            "--retry-cause", keys["FAILURE_STATUS"], "--retry-cause", "TIMEOUT",
        )  # fmt: skip
        assert "4 failed inputs are tried again" in again.stderr
        assert len(server.calls) == sent + 4
    assert json.loads(again.stdout)["failed"] == 5


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 0),
        (("--fail-on-item-error",), 1),
        (("--max-failed", "3"), 1),
        (("--max-failed", "50%"), 0),
    ],
)
def test_the_exit_code_tells_of_failed_items_when_it_is_asked_to(
    tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    make_dataset(tmp_path / "in", 40)
    with InferenceServer(refuses_sevens) as server:
        assert infer(tmp_path, server.url, *options).returncode == code


def test_failed_inputs_are_retried_when_asked(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 40)
    with InferenceServer(refuses_sevens) as server:
        infer(tmp_path, server.url)
        server.script = detect
        asked = len(server.calls)
        ended = infer(tmp_path, server.url, "--retry-failed", "--fail-on-item-error")
        assert ended.returncode == 0
        assert len(server.calls) == asked + 4
    assert len(lines_of(tmp_path)) == 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--type", "carrier-pigeon"), "not one of seldon, tensorflow-serving"),
        (("--url", "ftp://127.0.0.1"), "not the base URL of a server"),
        (("--max-failed", "many"), "many"),
        (("--name", "../elsewhere"), "not a name for a folder"),
        (("--header", "no colon"), "not a header"),
        (("--processes", "0"), "processes must be above 0"),
        (("--min-in-flight", "9", "--max-in-flight", "3"), "must not be above"),
        (("--ca-file", "/no/such/file"), "/no/such/file"),
        (("--output", "/proc/nowhere"), "cannot be written to"),
    ],
)
def test_what_cannot_run_says_why_in_one_line_and_exits_with_2(
    tmp_path: Path, change: tuple[str, ...], message: str
) -> None:
    make_dataset(tmp_path / "in", 1)
    ended = infer(tmp_path, "http://127.0.0.1:9", *change)
    assert ended.returncode == 2
    assert message in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_terminal_shows_how_far_it_is_and_ctrl_c_stops_it_cleanly(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 3000)
    held = Gate()

    async def script(call: Call) -> web.Response:
        if call.number >= 200:
            await held.passed()
        return detect(call)

    with InferenceServer(script) as server:
        with on_terminal(command(tmp_path, server.url, "--max-in-flight", "8")) as terminal:
            wait_for(lambda: "200 of 3,000 · " in terminal.text, "the bar")
            # how many it dares depends on how busy the machine is
            wait_for(lambda: re.search(r"[1-8] in flight", terminal.text), "the requests in flight")
            assert "━" in terminal.text
            terminal.press("\x03")
            wait_for(lambda: "SIGINT: nothing new is sent" in terminal.text, "the answer to Ctrl-C")
            held.open()
            assert terminal.wait() == 75
        done = len(server.calls)
        assert 200 < done <= 208
        assert "interrupted after" in terminal.text
        assert len(lines_of(tmp_path)) == done, "what was in flight is kept"
        with on_terminal(command(tmp_path, server.url)) as terminal:
            assert terminal.wait() == 0
    assert f"{done} inputs have a line already" in terminal.text
    assert len(lines_of(tmp_path)) == 3000


def test_a_server_that_is_awaited_is_named_on_the_terminal(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 5)
    with InferenceServer(ready=lambda: 503) as server:
        with on_terminal(command(tmp_path, server.url)) as terminal:
            wait_for(lambda: "waiting for a server: " in terminal.text, "what it waits for")
            terminal.press("\x03")
            assert terminal.wait() == 75
        assert "HTTP 503" in terminal.text
        assert not server.calls


def test_a_certificate_is_trusted_when_it_is_given(tmp_path: Path) -> None:
    make_dataset(tmp_path / "in", 30)
    certificate, tls = make_certificate(tmp_path)
    with RawServer(lambda call: call.send(whole(b"{}")), tls=tls) as server:
        ended = infer(tmp_path, server.url, "--ca-file", str(certificate))
    assert ended.returncode == 0, ended.stderr
    assert len(lines_of(tmp_path)) == 30


def test_pictures_are_sent_with_a_prompt(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/cat.png").write_bytes(b"\x89PNG picture")
    answer = {"choices": [{"message": {"content": "a cat"}}]}
    with InferenceServer(lambda call: call.reply(answer)) as server:
        ended = infer(
            *(tmp_path, server.url, "--type", "openai", "--model", "vlm", "--images"),
            *("--prompt", "What is this?", "--header", "Authorization: Bearer secret"),
        )
        assert ended.returncode == 0
        (call,) = server.calls
    sent = json.loads(call.body)
    assert sent["model"] == "vlm"
    assert sent["messages"][0]["content"][0]["text"] == "What is this?"
    assert call.headers["Authorization"] == "Bearer secret"
    assert "secret" not in ended.stdout
