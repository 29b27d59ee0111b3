"""The check of a dataset as a process: what it finds, and what becomes of it when things die."""

from __future__ import annotations

import io
import os
import signal

import psutil
import pytest
from PIL import Image

from inference_ui.backend.errors import Conflict, Forbidden, NotFound
from inference_ui.backend.models.account import Actor, Role
from tests.support.installation import Installation, numbered_inputs
from tests.support.waiting import wait_for


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    yield made
    made.close()


def folder_of(installation, name="pages"):
    return installation.folder / "volumes" / "datasets" / name


def dataset_id(installation, name="pages"):
    rows = installation.product.catalog.datasets(installation.administrator)
    return next(row.id for row, _ in rows if row.name == name)


def report_of(installation, name="pages"):
    rows = installation.product.catalog.datasets(installation.administrator)
    return next(row.report for row, _ in rows if row.name == name)


def checked(installation, name="pages"):
    product, actor = installation.product, installation.administrator
    before = report_of(installation, name)
    product.checks.start(actor, dataset_id(installation, name))

    def done():
        report = report_of(installation, name)
        return report if report != before else None

    return wait_for(done, "the check's report")


def big(installation, count=40_000):
    """A dataset that takes a while: one content under many names."""
    root = folder_of(installation)
    root.mkdir(parents=True)
    (root / "0.json").write_text("{}")
    for number in range(1, count):
        os.link(root / "0.json", root / f"{number}.json")
    installation.register("pages")


def process_of(installation, name="pages"):
    def find():
        progress = installation.product.checks.progress(dataset_id(installation, name))
        return psutil.Process(progress.pid) if progress and progress.pid else None

    return wait_for(find, "the check's process")


def test_all_kinds_of_files_are_counted_and_the_bad_ones_told_with_their_reason(installation):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    installation.dataset(
        {
            **numbered_inputs(20),
            "deep/empty.json": b"",
            "deep/torn.JSON": b'{"strData": ',
            "deep/latin.json": b'{"strData": "\xe9"}',
            "deep/nan.json": b"[NaN]",
            "deep/large.json": b'{"strData": "' + b"x" * 600_000 + b'"}',
            "good.jpg": picture.getvalue(),
            "bad.png": b"no picture",
            "empty.gif": b"",
            "read.me": b"hello",
        }
    )
    root = folder_of(installation)
    (root / "out.json").symlink_to("/etc/hostname")
    (root / "gone.json").symlink_to(root / "nothing.json")
    (root / "inside.json").symlink_to(root / "part-0" / "page-0000.json")
    (root / "loop").symlink_to(root)
    report = checked(installation)
    assert (report.json_files, report.json_valid) == (20 + 5 + 3, 20 + 1 + 1)
    assert (report.images, report.images_valid) == (3, 1)
    assert report.files == 28 + 3 + 2  # the link to a folder is a file that is none of these
    assert {bad.path: bad.code for bad in report.first_bad} == {
        "bad.png": "CHECK_PICTURE",
        "empty.gif": "CHECK_EMPTY",
        "gone.json": "CHECK_LINK_DANGLES",
        "out.json": "CHECK_LINK_OUT",
        "deep/empty.json": "CHECK_EMPTY",
        "deep/latin.json": "CHECK_NOT_UTF8",
        "deep/nan.json": "CHECK_NOT_JSON",
        "deep/torn.JSON": "CHECK_NOT_JSON",
    }
    assert report.bad == 8
    assert report.bytes > 600_000


def test_a_check_tells_how_far_it_is_and_two_are_one(installation):
    big(installation)
    checks, actor = installation.product.checks, installation.administrator
    id = dataset_id(installation)
    checks.start(actor, id)
    process = process_of(installation)
    checks.start(actor, id)
    assert process_of(installation).pid == process.pid
    wait_for(lambda: report_of(installation), "the report")
    assert report_of(installation).json_valid == 40_000


def test_a_check_is_cancelled_and_nothing_of_it_is_kept(installation):
    big(installation)
    checks, actor = installation.product.checks, installation.administrator
    id = dataset_id(installation)
    checks.start(actor, id)
    os.kill(process_of(installation).pid, signal.SIGSTOP)
    checks.cancel(actor, id)
    os.kill(process_of(installation).pid, signal.SIGCONT)
    wait_for(lambda: checks.progress(id).state == "CANCELLED", "the end of the check")
    assert report_of(installation) is None


def test_a_check_that_is_killed_says_so_and_the_next_one_works(installation):
    big(installation)
    checks = installation.product.checks
    id = dataset_id(installation)
    checks.start(installation.administrator, id)
    process = process_of(installation)
    process.suspend()
    process.kill()
    wait_for(lambda: checks.progress(id).state == "FAILED", "the failure")
    assert report_of(installation) is None
    assert checked(installation).json_valid == 40_000


def test_a_check_outlives_the_web_server_and_its_report_is_kept_by_the_next(installation):
    big(installation)
    id = dataset_id(installation)
    installation.product.checks.start(installation.administrator, id)
    process = process_of(installation)
    process.suspend()
    installation.reopen()
    assert installation.product.checks.progress(id).state == "RUNNING"
    process.resume()
    installation.product.checks.watch()
    wait_for(lambda: report_of(installation), "the report")
    assert report_of(installation).json_valid == 40_000


def test_so_many_are_checked_at_once_and_only_by_who_may(installation):
    for name in ("one", "two", "three"):
        installation.dataset(numbered_inputs(2), name)
    checks, actor = installation.product.checks, installation.administrator
    with pytest.raises(Forbidden):
        checks.start(Actor("v", "v", Role.VIEWER), dataset_id(installation, "one"))
    with pytest.raises(NotFound):
        checks.start(actor, "none")
    held = []
    for name in ("one", "two"):
        for number in range(20_000):
            (folder_of(installation, name) / f"{number}.json").touch()
        checks.start(actor, dataset_id(installation, name))
        held.append(process_of(installation, name))
        held[-1].suspend()
    with pytest.raises(Conflict) as busy:
        checks.start(actor, dataset_id(installation, "three"))
    assert busy.value.code == "CHECKS_AT_ONCE"
    for process in held:
        process.resume()
    for name in ("one", "two"):
        report = wait_for(lambda name=name: report_of(installation, name), "the report")
        assert (report.files, report.bad) == (20_002, 20_000)
