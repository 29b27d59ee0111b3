"""The web server's engine as a process of its own (``engine FOLDER``), for tests to kill."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from inference_ui.backend import bootstrap
from inference_ui.backend.settings import Settings


def main() -> None:
    product = bootstrap.build(Settings(data_dir=Path(sys.argv[1])))
    product.engine.start()
    print("running", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
