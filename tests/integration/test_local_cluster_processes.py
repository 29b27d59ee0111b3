"""How the local cluster starts processes: commands, environment, ports, output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from inference_ui.backend.cluster.local import files
from inference_ui.backend.cluster.local.output import LIMIT
from inference_ui.backend.errors import Message
from inference_ui.backend.ports import Phase, RestartPolicy, ServerWorkload
from tests.support.drivers import LocalDriver, machine, puppet, with_cards
from tests.support.waiting import wait_for

ONCE = RestartPolicy(done=frozenset({0}))


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LocalDriver]:
    """A local cluster of one machine with three cards; all is ended after the test."""
    driver = LocalDriver(tmp_path / "runs", machine(cards=3))
    yield driver
    driver.close()


def running(name: str, *command: str, **values: object) -> ServerWorkload:
    """Return a workload that runs this command to its end."""
    return replace(puppet(name), command=command, restart=ONCE, **values)  # type: ignore[arg-type]


def printed(driver: LocalDriver, workload: ServerWorkload) -> dict[str, str]:
    """Run a workload that prints its environment as JSON, and read it."""
    driver.cluster.apply(workload)
    driver.reaches(workload.name, Phase.DONE)
    text = driver.cluster.logs(workload.name)[0].text
    line = next(line for line in text.splitlines() if line.startswith("{"))
    found: dict[str, str] = json.loads(line)
    return found


PRINT = ("{python}", "-c", "import json, os; print(json.dumps(dict(os.environ)))")


def open_files(pid: int) -> set[Path]:
    """What a process holds open; it may close some while one looks."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            held.add(link.readlink())
    return held


class TestEnvironment:
    def test_nothing_of_the_web_server_gets_through(
        self, driver: LocalDriver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@host/db")
        monkeypatch.setenv("INFERENCE_UI_SECRET", "s3cret")
        monkeypatch.setenv("PYTHONPATH", "/nowhere")
        monkeypatch.setenv("TZ", "Asia/Shanghai")
        env = printed(driver, running("one", *PRINT, env={"MODEL": "digits"}))
        allowed = {"PATH", "HOME", "LANG", "TMPDIR", "TZ"}
        given = {
            "MODEL",
            "PORT",
            "PYTHONUNBUFFERED",
            "INFERENCE_UI_WORKLOAD",
            "CUDA_VISIBLE_DEVICES",
            "CUDA_DEVICE_ORDER",
            "MLU_VISIBLE_DEVICES",
        }
        assert {name for name in env if not name.startswith("LC_")} <= allowed | given
        assert given <= set(env)
        assert (env["TZ"], env["MODEL"]) == ("Asia/Shanghai", "digits")
        assert env["INFERENCE_UI_WORKLOAD"] == str(driver.replica("one"))
        assert "s3cret" not in json.dumps(env)

    def test_not_even_the_shim_holds_the_web_servers_secrets(
        self, driver: LocalDriver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("INFERENCE_UI_SECRET", "s3cret")
        driver.cluster.apply(puppet("one"))
        driver.child("one")
        for pid in (driver.shim("one"), driver.child("one")):
            assert b"s3cret" not in Path(f"/proc/{pid}/environ").read_bytes()

    def test_given_cards_are_shown_and_cannot_be_claimed(self, driver: LocalDriver) -> None:
        claims = {"MLU_VISIBLE_DEVICES": "0,1,2", "CUDA_VISIBLE_DEVICES": "0", "PORT": "1"}
        first = running("first", *PRINT, resources=with_cards(1), env=claims)
        holder = puppet("holder", resources=with_cards(1))
        driver.cluster.apply(holder)
        env = printed(driver, first)
        assert env["MLU_VISIBLE_DEVICES"] == "1"
        assert env["CUDA_VISIBLE_DEVICES"] == ""
        assert env["PORT"] != "1"
        assert printed(driver, running("second", *PRINT, env=claims))["MLU_VISIBLE_DEVICES"] == ""

    def test_no_open_file_of_the_web_server_gets_through(self, driver: LocalDriver) -> None:
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        try:
            driver.cluster.apply(puppet("one"))
            driver.child("one")
            for pid in (driver.shim("one"), driver.child("one")):
                assert Path(f"/proc/self/fd/{writing}").readlink() not in open_files(pid)
        finally:
            os.close(reading)
            os.close(writing)

    def test_run_folders_are_for_our_eyes_only(self, driver: LocalDriver) -> None:
        driver.cluster.apply(puppet("one", env={"TOKEN": "s3cret"}))
        driver.child("one")
        for path in (driver.runs, driver.runs / "one", driver.runs / "one" / files.SPEC):
            assert path.stat().st_mode & 0o077 == 0


class TestCommands:
    def test_port_and_interpreter_are_filled_in(self, driver: LocalDriver) -> None:
        script = "import os, sys; print(sys.argv[1], os.environ['PORT'], os.environ['URL'])"
        workload = running(
            "one", "{python}", "-c", script, "{port}", env={"URL": "http://x:{port}"}
        )
        driver.cluster.apply(workload)
        driver.reaches("one", Phase.DONE)
        line = driver.cluster.logs("one")[0].text.splitlines()[1]
        argument, variable, url = line.split()
        assert argument == variable
        assert url == f"http://x:{argument}"

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            ("no-such-program-anywhere", "COMMAND_NOT_FOUND"),
            ("/no/such/program", "COMMAND_NOT_FOUND"),
            ("{file}", "COMMAND_NOT_EXECUTABLE"),
            ("{folder}", "COMMAND_NOT_EXECUTABLE"),
            ("{empty}", "COMMAND_NOT_EXECUTABLE"),
        ],
    )
    def test_a_command_that_cannot_run_fails_at_once_and_says_why(
        self, driver: LocalDriver, tmp_path: Path, command: str, code: str
    ) -> None:
        (tmp_path / "file").write_text("no program")
        (tmp_path / "empty").touch(mode=0o755)
        for name in ("file", "folder", "empty"):
            command = command.replace(f"{{{name}}}", str(tmp_path / name))
        (tmp_path / "folder").mkdir()
        driver.cluster.apply(running("one", command))
        seen = driver.reaches("one", Phase.FAILED)
        assert seen.reason == Message(code, {"command": command})
        assert "Traceback" not in driver.cluster.logs("one")[0].text
        assert driver.cluster.nodes() == (machine(cards=3),)

    def test_a_server_that_is_not_ready_says_what_it_answers(self, driver: LocalDriver) -> None:
        driver.cluster.apply(puppet("one"))
        wait_for(
            lambda: (
                driver.cluster.observe("one").reason
                == Message("PROBE_STATUS", {"path": "/ready", "status": 503})
            ),
            "the status is told",
        )

    def test_a_server_that_does_not_listen_is_told_from_one_that_does(
        self, driver: LocalDriver
    ) -> None:
        driver.cluster.apply(puppet("one", "deaf"))
        port = wait_for(lambda: driver.state("one").port, "it has a port")
        wait_for(
            lambda: (
                driver.cluster.observe("one").reason == Message("NOT_LISTENING", {"port": port})
            ),
            "nobody listens",
        )


class TestOutput:
    def test_endless_output_is_bounded_and_its_end_can_be_read(self, driver: LocalDriver) -> None:
        driver.cluster.apply(puppet("one", "flood"))
        folder = driver.replica("one")
        wait_for((folder / files.OLD_LOG).exists, "the log was rotated")
        first = (folder / files.OLD_LOG).stat().st_ino
        wait_for(lambda: (folder / files.OLD_LOG).stat().st_ino != first, "rotated again")
        for name in (files.LOG, files.OLD_LOG):
            assert (folder / name).stat().st_size <= LIMIT
        assert driver.cluster.logs("one", 3)[0].text.splitlines()[-1].startswith("xxx")
        driver.let_exit("one", 0)

    def test_errors_binary_and_torn_lines_are_all_in_the_log(self, driver: LocalDriver) -> None:
        script = (
            "import os, sys; print('out'); print('err', file=sys.stderr, flush=True);"
            "os.write(1, b'\\xff\\x00\\n'); os.write(2, b'torn')"
        )
        driver.cluster.apply(running("one", "{python}", "-u", "-c", script))
        driver.reaches("one", Phase.DONE)
        lines = driver.cluster.logs("one")[0].text.splitlines()
        assert lines[1:5] == ["out", "err", "\ufffd\ufffd", "torn"]
        assert lines[5].endswith("EXITED code=0")

    def test_the_last_words_of_a_crash_are_kept(self, driver: LocalDriver) -> None:
        crash = ("{python}", "-c", "raise SystemExit('no model at /models/best.om')")
        driver.cluster.apply(
            replace(running("one", *crash), restart=RestartPolicy(fatal=frozenset({1})))
        )
        driver.reaches("one", Phase.FAILED)
        assert "no model at /models/best.om" in driver.cluster.logs("one")[0].text
