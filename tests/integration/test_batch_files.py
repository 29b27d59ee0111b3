"""What a dataset may hold besides good files: devices, loops, things without permission, and things
that are others when they are read than when they were found."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.rights import give_up_root_rights
from tests.support.waiting import wait_for


def reasons_of(run: BatchRun) -> dict[str, str | None]:
    """Return why each input failed, None for those that did not."""
    return {name: line.get("errorMesssage") for name, line in run.by_name.items()}


def test_devices_are_never_opened(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 2)
    try:
        os.mknod(dataset / "zero.json", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        os.mknod(dataset / "terminal.json", stat.S_IFCHR | 0o666, os.makedev(5, 0))
        os.mknod(dataset / "disk.json", stat.S_IFBLK | 0o666, os.makedev(7, 200))
    except PermissionError as error:
        pytest.skip(f"no device can be made here: {error}")
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    reasons = reasons_of(run)
    for name in ("zero.json", "terminal.json", "disk.json"):
        assert reasons.pop(name) == "input is not a regular file"
    assert set(reasons.values()) == {None}
    assert len(server.calls) == 2


def test_links_in_loops_hold_nobody(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 2)
    (dataset / "a.json").symlink_to("b.json")
    (dataset / "b.json").symlink_to("a.json")
    (dataset / "one").mkdir()
    (dataset / "two").mkdir()
    (dataset / "one" / "back").symlink_to("../two")
    (dataset / "two" / "back").symlink_to("../one")
    (dataset / "deep.json").symlink_to("one/back/back/back/back/c.json")
    (dataset / "one" / "c.json").write_bytes(b'{"c": 1}')
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    reasons = reasons_of(run)
    assert reasons.keys() == names_in(dataset)
    for name in ("a.json", "b.json"):
        assert (reasons.pop(name) or "").startswith("input cannot be read: Too many levels of")
    assert set(reasons.values()) == {None}
    assert json.loads(run.result("deep.json"))["echo"] == '{"c": 1}'
    assert run.summary.unfollowed_links == 0


def test_files_and_folders_without_permission_are_failed_items(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    (dataset / "secret.json").write_bytes(b"{}")
    (dataset / "secret.json").chmod(0)
    for name, mode in (("closed", 0), ("listed only", 0o400), ("entered only", 0o100)):
        (dataset / name).mkdir()
        (dataset / name / "in.json").write_bytes(b"{}")
        (dataset / name).chmod(mode)
    try:
        with InferenceServer() as server:
            run = BatchRun(tmp_path, dataset, server.url)
            assert run.run(preexec_fn=give_up_root_rights).code == 0
    finally:
        for folder in ("closed", "listed only", "entered only"):
            (dataset / folder).chmod(0o700)
    assert reasons_of(run) == {
        "secret.json": "input cannot be read: Permission denied",
        "closed": "folder cannot be listed: Permission denied",
        "entered only": "folder cannot be listed: Permission denied",
        "listed only/in.json": "input cannot be read: Permission denied",
        "part000/requests/00000.json": None,
    }
    assert len(server.calls) == 1
    # Once it may read them, only what is new is an input; what failed waits for a retry.
    (dataset / "secret.json").chmod(0o600)
    with InferenceServer() as server:
        run.change(endpoints=(server.url,), retry_failed=True, attempt=2)
        assert run.run(preexec_fn=give_up_root_rights).code == 0
    reasons = reasons_of(run)
    for name in ("secret.json", "listed only/in.json", "closed/in.json", "entered only/in.json"):
        assert reasons[name] is None


def test_an_output_without_permission_is_refused(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    (tmp_path / "closed").mkdir(mode=0o500)
    run = BatchRun(tmp_path, dataset, "http://127.0.0.1:9")
    run.change(output=str(tmp_path / "closed" / "output"))
    ended = run.run(preexec_fn=give_up_root_rights)
    assert ended.code == 2
    assert ended.err.startswith("error: the output ")
    assert ended.err.endswith("cannot be written to: Permission denied\n")


def gone(path: Path) -> None:
    """Take an input away."""
    path.unlink()


def gone_with_its_folder(path: Path) -> None:
    """Take the folder of an input away."""
    shutil.rmtree(path.parent)


def a_pipe(path: Path) -> None:
    """Put a FIFO where an input was, which nobody writes to."""
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    """Put a folder where an input was."""
    path.unlink()
    path.mkdir()


def a_link_out(path: Path) -> None:
    """Put a link to a file outside of the dataset where an input was."""
    path.unlink()
    path.symlink_to("/etc/hostname")


def a_folder_that_leads_out(path: Path) -> None:
    """Put a link to a folder outside of the dataset where an input's folder was."""
    outside = path.parents[3] / "outside"
    path.parent.rename(outside)
    path.parent.symlink_to(outside)


def nothing_inside(path: Path) -> None:
    """Empty an input."""
    path.write_bytes(b"")


BECOMES: dict[Callable[[Path], None], str] = {
    gone: "input cannot be read: No such file or directory",
    gone_with_its_folder: "input cannot be read: No such file or directory",
    a_pipe: "input is not a regular file",
    a_folder: "folder could not be listed",
    a_link_out: "input is a link that leaves the dataset",
    a_folder_that_leads_out: "input is a link that leaves the dataset",
    nothing_inside: "input is empty",
}
"""What can become of an input, and what is said of it then."""


def test_what_is_another_thing_when_it_is_read_than_when_it_was_found_fails(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 3000, per_folder=500)
    last = {becomes: dataset / "zzz" / becomes.__name__ / "last.json" for becomes in BECOMES}
    for path in last.values():
        path.parent.mkdir(parents=True)
        path.write_bytes(b'{"secret": 1}')
    released = Gate()

    async def script(call: Call) -> web.Response:
        await released.passed()
        return detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.start()
        wait_for(lambda: run.progress and run.progress.walked, "the walk's end")
        for becomes, path in last.items():
            becomes(path)
        released.open()
        assert run.wait().code == 0
    reasons = reasons_of(run)
    names = {becomes: path.relative_to(dataset).as_posix() for becomes, path in last.items()}
    assert {becomes: reasons[name] for becomes, name in names.items()} == BECOMES
    assert b'{"secret": 1}' not in server.bodies
    assert (run.summary.succeeded, run.summary.failed) == (3000, len(BECOMES))


def test_an_input_that_is_larger_than_memory_allows_is_not_even_read(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with (dataset / "huge.json").open("wb") as file:
        file.truncate(64 << 30)  # takes no room on the disk
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    assert reasons_of(run)["huge.json"] == "input is larger than 1024 MiB"
    assert run.summary.succeeded == 1
