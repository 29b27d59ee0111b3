"""What the shim must not become."""

from __future__ import annotations

import subprocess
import sys

SHIM = "inference_ui.backend.cluster.local.shim"
LIST = f"import sys; before = set(sys.modules); import {SHIM}; print(*(set(sys.modules) - before))"


def test_the_shim_imports_the_standard_library_and_its_own_parts_only() -> None:
    """One runs beside every replica, so each library would be paid for again and again."""
    listed = subprocess.run(
        [sys.executable, "-c", LIST], capture_output=True, text=True, check=True
    ).stdout.split()
    foreign = {
        name
        for name in listed
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("inference_ui.backend.cluster")
    }
    assert foreign == {"inference_ui", "inference_ui.backend"}
    assert not {"asyncio", "http.client", "ssl", "dataclasses", "logging"} & set(listed)
