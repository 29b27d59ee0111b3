"""MLServer as a process: a real inference server that nobody here wrote, in an environment of its
own (``.ci/mlserver``)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import psutil

from inference_ui.backend.cluster.local.sockets import free_port

PROGRAM = Path(__file__).parents[2] / ".venv-mlserver/bin/mlserver"
MODEL = "echo"
RUNTIME = Path(__file__).with_name("mlserver_runtime.py")


class MLServer:
    """One server with one model, on free ports. May be started again after it was killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        model = folder / MODEL
        model.mkdir(parents=True)
        shutil.copy(RUNTIME, model)
        (model / "model-settings.json").write_text(
            json.dumps({"name": MODEL, "implementation": f"{RUNTIME.stem}.Echo"})
        )
        (folder / "settings.json").write_text(
            json.dumps(
                {
                    "debug": False,
                    "host": "127.0.0.1",
                    "http_port": self.port,
                    "grpc_port": free_port(),
                    "metrics_endpoint": None,
                    "metrics_dir": str(folder / "metrics"),
                    "environments_dir": str(folder / "environments"),
                    # Its workers do not start with uvloop 0.22; inside one process it does without.
                    "parallel_workers": 0,
                }
            )
        )

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start it; it is ready some seconds later."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "start", self.folder],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Kill it (-9), and its workers."""
        if self._process is None:
            return
        members = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        for member in members:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(members, timeout=10)
        self._process = None
