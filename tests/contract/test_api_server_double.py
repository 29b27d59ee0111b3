"""The double of the API server, held to the checks that a real one passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import Store

PARITY = Path(__file__).parents[3] / "shared" / "kubernetes_parity.py"
CHECKS = 60
NEEDS_CONTROLLERS = {
    "owner references: GC of child on owner delete",
    "delete namespace cascades",
}
"""What garbage collection does, which is no part of an API server: tests that need it run the
control plane with its controllers."""


@pytest.mark.skipif(not PARITY.is_file(), reason="the parity checks lie beside no such checkout")
def test_the_api_server_passes_every_check_that_needs_no_controller() -> None:
    with ApiServer(Store()) as server:
        run = subprocess.run(
            [sys.executable, PARITY, server.url],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    lines = [line for line in run.stdout.splitlines() if "[" in line]
    failed = {line[:58].strip() for line in lines if line[59:].startswith(("FAIL", "DIFF"))}
    assert len(lines) == CHECKS, run.stdout + run.stderr
    assert failed == NEEDS_CONTROLLERS, run.stdout
