"""Items of which it is known what they hold, as a batch client writes them down."""

from __future__ import annotations

from inference_ui.backend.protocols.found import found_of
from tests.support.results import RunTask, a_picture, detection, seldon

PICTURE = seldon(a_picture())
BOX = (1.0, 1.0, 20.0, 20.0)
Objects = tuple[tuple[str, float], ...]
PICTURES: tuple[Objects, ...] = (
    (("car", 0.97), ("car", 0.91), ("person", 0.66)),
    (("car", 0.42), ("bus", 0.15)),
    (),
    (("person", 0.7),),
    (),
    tuple(("person", 0.5 + at / 100) for at in range(23)),
)


def add(run: RunTask, name: str, objects: Objects, ms: float = 30.0) -> None:
    """Add a picture with these objects."""
    found = found_of([one for one, _ in objects], [confidence for _, confidence in objects])
    run.succeeded(
        name,
        PICTURE,
        detection(*((one, confidence, BOX) for one, confidence in objects)),
        ms=ms,
        n=found.objects,
        c=found.classes,
        k=found.counts,
        low=found.lowest,
        b=found.bins,
    )


def fill(run: RunTask) -> None:
    """Add all that PICTURES holds, the later the slower, and two items that failed."""
    for at, objects in enumerate(PICTURES):
        add(run, f"cam/{at}.json", objects, 10.0 * (at + 1))
    run.failed("bad.json", b"{}", "503 model queue is full", ms=1.0)
    run.failed("worse.json", b"{}", "unexpected protocol", ms=2.0)
