"""The program that fills the columns of large tasks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from inference_ui.backend.indexing import IndexJob
from inference_ui.backend.records import SIDECAR
from inference_ui.backend.results.columns import UNKNOWN, Columns
from tests.support.results import RunTask, a_picture, detection

PROGRAM = "inference_ui.backend.indexing"
CAR = ("car", 0.97, (10.0, 20.0, 110.5, 120.25))


def test_a_result_that_takes_too_much_memory_is_not_known_and_the_others_are(
    tmp_path: Path,
) -> None:
    run = RunTask(tmp_path)
    run.succeeded("a.png", a_picture(), detection(CAR))
    long = b',"text":"%s"}' % ("日" * (5 << 20)).encode()
    run.succeeded("b.png", a_picture(), detection(CAR)[:-1] + long)
    run.succeeded("c.png", a_picture(), detection(CAR, CAR))
    (run.output / SIDECAR).unlink()
    saved = tmp_path / "saved.npz"
    job = IndexJob(str(run.output), run.plan.package.service_type, "", True, str(saved))
    program = f"import {PROGRAM} as it; it.MEMORY = 24 << 20; it.main()"
    subprocess.run(
        [sys.executable, "-c", program],
        input=msgspec.json.encode(job),
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=60,
    )
    columns = Columns.load(saved)
    assert columns is not None
    assert columns.objects.first(3).tolist() == [1, UNKNOWN, 2]
