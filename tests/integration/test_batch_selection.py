"""Runs over a part of a dataset: the first so many inputs, or what is new or changed since."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from aiohttp import web

from tests.support.batch import REQUEST, BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, InferenceServer, detect
from tests.support.raw_server import RawCall, RawServer, whole
from tests.support.tls import make_certificate


def refuse_the_fifth(call: Call) -> web.Response:
    """Fail one input, by its content."""
    return call.reply(b"no", 400) if b'"5"' in call.body else detect(call)


def later(tmp_path: Path, dataset: Path, url: str, earlier: BatchRun) -> BatchRun:
    """A run into another folder, over what is new since ``earlier``."""
    folder = tmp_path / "later"
    folder.mkdir(exist_ok=True)
    return BatchRun(folder, dataset, url, since=str(earlier.output))


def test_only_the_first_inputs_in_the_walks_order_are_tried(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 120)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, limit=55)
        assert run.run().code == 0
        assert len(server.calls) == 55
        run.check_complete(set(sorted(names_in(dataset))[:55]))
        assert run.summary.found == run.summary.succeeded == 55
        assert "nothing to do" in run.run().out
        assert len(server.calls) == 55


def test_a_limit_above_the_number_of_inputs_is_no_limit(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 3)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, limit=5)
        assert run.run().code == 0
    run.check_complete(names_in(dataset))


def test_what_is_new_changed_or_failed_since_an_earlier_run_is_done_and_nothing_else(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 60)
    with InferenceServer(refuse_the_fifth) as server:
        earlier = BatchRun(tmp_path, dataset, server.url)
        assert earlier.run().code == 0
        names = sorted(names_in(dataset))
        (dataset / names[7]).write_bytes(REQUEST % 99_999)
        touched = (dataset / names[9]).stat()
        os.utime(dataset / names[9], ns=(touched.st_atime_ns, touched.st_mtime_ns + 1))
        (dataset / "new").mkdir()
        (dataset / "new" / "nachts 夜间.json").write_bytes(REQUEST % 1000)
        run = later(tmp_path, dataset, server.url, earlier)
        assert run.run().code == 0
        run.check_complete({names[5], names[7], names[9], "new/nachts 夜间.json"})
        assert run.summary.found == 4
        assert "nothing to do" in run.run().out


def test_nothing_new_is_a_whole_run_over_nothing(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 10)
    with InferenceServer() as server:
        earlier = BatchRun(tmp_path, dataset, server.url)
        assert earlier.run().code == 0
        run = later(tmp_path, dataset, server.url, earlier)
        assert run.run().code == 0
        assert len(server.calls) == 10
    assert run.summary.found == 0
    assert run.summary.complete


def test_an_earlier_run_whose_folder_is_gone_leaves_nothing_out(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 10)
    with InferenceServer() as server:
        earlier = BatchRun(tmp_path, dataset, server.url)
        assert earlier.run().code == 0
        shutil.rmtree(earlier.output)
        run = later(tmp_path, dataset, server.url, earlier)
        assert run.run().code == 0
    run.check_complete(names_in(dataset))


def test_a_certificate_given_as_text_is_trusted_and_one_that_is_none_refused(
    tmp_path: Path,
) -> None:
    certificate, tls = make_certificate(tmp_path)
    dataset = make_dataset(tmp_path / "in", 5)

    def answer(call: RawCall) -> None:
        call.send(whole(json.dumps({"echo": call.body.decode()}).encode()))

    with RawServer(answer, tls=tls) as server:
        run = BatchRun(tmp_path, dataset, server.url, ca=certificate.read_text())
        assert run.run().code == 0
        run.check_complete(names_in(dataset))
        run.change(ca="-----BEGIN CERTIFICATE-----\nnonsense")
        ended = run.run()
    assert ended.code == 2
    assert "no certificates in the job's own" in ended.err
