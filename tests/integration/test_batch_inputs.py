"""Inputs that cannot be sent get a line that says why, and the run goes on."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import InferenceServer

BAD = {
    "empty.json": (b"", "input is empty"),
    "blank.json": (b" \n", "input is empty"),
    "text.json": (b"hello", "input is not JSON"),
    "cut.json": (b'{"a": [1, 2', "input is not JSON"),
    "two.json": (b"{} {}", "input is not JSON"),
    "nan.json": (b'{"a": NaN}', "input is not JSON"),
    "bom.json": (b"\xef\xbb\xbf{}", "input is not JSON"),
    "latin1.json": ('{"a": "é"}'.encode("latin-1"), "input is not UTF-8"),
    "utf16.json": ('{"a": 1}'.encode("utf-16"), "input is not UTF-8"),
    "deep.json": (b"[" * 200_000 + b"]" * 200_000, "input is nested too deeply"),
}


def test_bad_inputs_are_never_sent_and_each_has_its_reason(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 3)
    for name, (content, _) in BAD.items():
        (dataset / name).write_bytes(content)
    (dataset / "a thousand deep.json").write_bytes(b"[" * 1000 + b"]" * 1000)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    named = run.by_name
    for name, (content, reason) in BAD.items():
        assert (named[name]["status"], named[name]["errorMesssage"]) == ("FAILED", reason)
        assert content not in server.bodies
    assert named["a thousand deep.json"]["status"] == "SUCCEEDED"
    assert len(server.calls) == 4
    assert run.summary.failed == len(BAD)
    causes = {group.cause: group.count for group in run.summary.errors}
    assert causes == {
        "INPUT_EMPTY": 2,
        "INPUT_NOT_JSON": 5,
        "INPUT_NOT_UTF8": 2,
        "INPUT_TOO_DEEP": 1,
    }
    assert {side["cause"] for side in run.sidecar if side.get("tries") == 0} == causes.keys()


def test_what_is_no_file_is_not_opened_and_links_out_are_not_followed(tmp_path: Path) -> None:
    outside = make_dataset(tmp_path / "outside", 2)
    dataset = make_dataset(tmp_path / "in", 2)
    os.mkfifo(dataset / "fifo.json")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dataset / "socket.json"))
    (dataset / "out.json").symlink_to(outside / "part000/requests/00000.json")
    (dataset / "device.json").symlink_to("/dev/zero")
    (dataset / "out").symlink_to(outside)
    (dataset / "up").symlink_to(tmp_path)
    (dataset / "loop").symlink_to(dataset)
    (dataset / "part000" / "loop").symlink_to("..")
    (dataset / "itself.json").symlink_to("itself.json")
    (dataset / "dangling.json").symlink_to("nowhere.json")
    (dataset / "same.json").symlink_to("part000/requests/00001.json")
    (dataset / "notes.txt").symlink_to("/etc/hostname")
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    named = run.by_name
    assert named.keys() == {
        "fifo.json",
        "socket.json",
        "itself.json",
        "dangling.json",
        "same.json",
        "part000/requests/00000.json",
        "part000/requests/00001.json",
    }
    for name in ("fifo.json", "socket.json"):
        assert named[name]["errorMesssage"] == "input is not a regular file"
    for name in ("itself.json", "dangling.json"):
        assert named[name]["errorMesssage"].startswith("input cannot be read: ")
    assert json.loads(run.result("same.json"))["echo"] == (dataset / "same.json").read_text()
    assert len(server.calls) == 3
    assert run.summary.unfollowed_links == 4


def test_names_that_no_result_can_have_fail_with_the_reason(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    root = os.fsencode(dataset)
    for name in (b"\xff\xfe.json", b"\\xff\xfe.json", b"x" * 250 + b".json"):
        (Path(os.fsdecode(root + b"/" + name))).write_bytes(b"{}")
    (Path(os.fsdecode(root + b"/bad \xe9 folder"))).mkdir()
    (Path(os.fsdecode(root + b"/bad \xe9 folder/in.json"))).write_bytes(b"{}")
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
        lines = run.lines
        assert run.run().code == 0
    assert run.lines == lines
    assert len(server.calls) == 1
    reasons = {name: line.get("errorMesssage") for name, line in run.by_name.items()}
    assert reasons == {
        "./\\xff\\xfe.json": "the name of the input is not UTF-8",
        "./\\\\xff\\xfe.json": "the name of the input is not UTF-8",
        "./bad \\xe9 folder/in.json": "the name of the input is not UTF-8",
        "x" * 250 + ".json": "the name of the result would be too long",
        "part000/requests/00000.json": None,
    }
    assert run.summary.complete


def test_a_folder_that_cannot_be_listed_has_a_line_of_its_own(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    names = names_in(dataset)
    before = Path.cwd()
    os.chdir(dataset)
    try:
        for _ in range(20):  # deeper than any path may be long
            Path("d" * 240).mkdir()
            os.chdir("d" * 240)
    finally:
        os.chdir(before)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    (deep,) = run.by_name.keys() - names
    assert run.by_name[deep]["status"] == "FAILED"
    assert (run.summary.found, run.summary.failed) == (2, 1)


def test_two_inputs_of_which_one_needs_the_others_result_as_a_folder(tmp_path: Path) -> None:
    dataset = tmp_path / "in"
    (dataset / "a.json_result.json").mkdir(parents=True)
    (dataset / "a.json").write_bytes(b'{"n": 1}')
    (dataset / "a.json_result.json" / "b.json").write_bytes(b'{"n": 2}')
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    statuses = sorted(line["status"] for line in run.lines)
    assert statuses == ["FAILED", "SUCCEEDED"]
    (failed,) = (line for line in run.lines if line["status"] == "FAILED")
    assert failed["errorMesssage"].startswith("the result cannot be written: ")


@pytest.mark.slow
def test_an_input_of_200_megabytes_goes_through(tmp_path: Path) -> None:
    dataset = tmp_path / "in"
    dataset.mkdir()
    with (dataset / "large.json").open("wb") as file:
        file.write(b'{"strData":"')
        for _ in range(200):
            file.write(b"A" * (1 << 20))
        file.write(b'"}')
    with InferenceServer(lambda call: call.reply({"size": len(call.body)})) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    assert json.loads(run.result("large.json")) == {"size": (200 << 20) + 14}
