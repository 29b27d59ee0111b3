"""``python -m inference_ui.backend.batch --job job.json [--endpoints FOLDER]``."""

from __future__ import annotations

import sys

from inference_ui.backend.batch.command import main

sys.exit(main())
