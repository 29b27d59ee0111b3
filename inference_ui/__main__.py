"""The command ``inference-ui``. Only looks which one is meant: ``infer`` needs nothing of the web
UI and is there at once, the others are in ``cli``."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["infer"]:
        from inference_ui.backend.batch import infer

        return infer.main(given[1:], prog="inference-ui infer")
    from inference_ui import cli

    return cli.main(given)


if __name__ == "__main__":
    sys.exit(main())
