"""An export ends with the web server, however that ends."""

from __future__ import annotations

import signal
from pathlib import Path
from secrets import token_hex

import httpx
import psutil
import pytest

from inference_ui.backend.records import JOURNAL
from tests.support.exports import PROGRAM
from tests.support.results import RunTask, a_picture, detection
from tests.support.server import signed_in
from tests.support.site import NO_SAMPLE, site

CAR = ("car", 0.97, (10.0, 10.0, 30.0, 25.0))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_neither_a_program_nor_a_file_that_looks_whole_is_left(
    tmp_path: Path, how: signal.Signals
) -> None:
    run = RunTask(tmp_path / "task")
    run.succeeded("a.png", a_picture(), detection(*[CAR] * 200))
    journal = run.output / JOURNAL
    journal.write_bytes(journal.read_bytes() * 50_000)
    with site(tmp_path / "site", NO_SAMPLE) as served, signed_in(served.served) as client:
        task = run.stored(served.inside.product.store, served.inside.administrator)
        server = psutil.Process(served.served.process.pid)
        asked = {"format": "csv", "token": token_hex(16)}
        with client.stream("GET", f"/api/tasks/{task.id}/export", params=asked) as answer:
            pieces = answer.iter_raw()
            next(pieces)
            programs = [child for child in server.children() if PROGRAM in child.cmdline()]
            server.send_signal(how)
            with pytest.raises(httpx.RemoteProtocolError):
                for _ in pieces:
                    pass
        assert len(programs) == 1
        _, left = psutil.wait_procs(programs, timeout=30)
        assert left == []
        served.served.process.wait(timeout=30)
        assert "Traceback" not in served.served.text()
