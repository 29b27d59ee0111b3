"""``python -m inference_ui.backend.batch --job job.json [--endpoints FOLDER | --endpoint-slices
SERVICE]`` for a task, or the arguments of ``inference-ui infer`` for anyone."""

from __future__ import annotations

import sys

PROG = "python -m inference_ui.backend.batch"

if any(argument.split("=")[0] == "--job" for argument in sys.argv[1:]):
    from inference_ui.backend.batch.command import main

    sys.exit(main())
else:
    from inference_ui.backend.batch import infer

    sys.exit(infer.main(prog=PROG))
