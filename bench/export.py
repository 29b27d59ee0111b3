"""Exporting 100,000 results through the whole product: how long, and what it takes of memory.

A task that has run is made on the fly: pictures (links to one file, so that the disk is read as it
would be and not filled), results of eight objects, journal and sidecar. The file is fetched over
HTTP and thrown away as it comes. Memory is that of the web server and the program that exports
together, above what the server had before; the server has exported something small by then.
"""

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import httpx

from bench.harness import BenchError, Options, say
from bench.memory import proportional_bytes
from bench.report import Row, save
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.records import JOURNAL, SIDECAR, SOURCE_ROOT, result_location
from tests.support.results import RunTask, a_picture
from tests.support.server import signed_in
from tests.support.site import NO_SAMPLE, Site, site

ITEMS = 100_000
OBJECTS = 8
TARGET_S = 20.0
TARGET_MB = 60.0
SAMPLED_S = 0.2

CLASSES = ("car", "person", "bus", "traffic light", "bicycle", "dog")
A_FOLDER = 1_000
LINKS = 60_000  # file systems allow about so many to one file


def run(options: Options) -> str:
    """Measure each format, COCO twice, and return the table."""
    count = options.items or ITEMS
    with site(options.folder("export", "product"), NO_SAMPLE) as served:
        small = made(served, options.folder("export", "small"), 100, options.seed)
        task = made(served, options.folder("export", "task"), count, options.seed)
        say(f"  {count:,} results are there")
        with signed_in(served.served) as client:
            for wanted in ("csv", "coco"):
                _measure(served, client, small, 100, wanted)
            rows = [
                *_rows(_measure(served, client, task, count, "csv"), "CSV", TARGET_S),
                *_rows(_measure(served, client, task, count, "coco"), "COCO, the first time"),
                *_rows(
                    _measure(served, client, task, count, "coco"),
                    "COCO, picture sizes known",
                    TARGET_S,
                ),
                *_rows(_measure(served, client, task, count, "yolo"), "YOLO"),
                *_rows(_measure(served, client, task, count, "source"), "source files"),
            ]
    context = f"{count:,} results of {OBJECTS} objects; pictures are the inputs."
    return save("export", "Exporting results", rows, context)


@dataclass(frozen=True)
class Measured:
    """An export: its time, its size, and memory above what there was before, in bytes."""

    seconds: float
    size: int
    memory: int


def _measure(
    served: Site, client: httpx.Client, task: InferenceTask, count: int, wanted: str
) -> Measured:
    pid = served.served.process.pid
    before = proportional_bytes(pid)
    path, token = f"/api/tasks/{task.id}/export", token_hex(16)
    size = 0
    with _sampled(pid) as samples:
        begun = time.monotonic()
        with client.stream("GET", path, params={"format": wanted, "token": token}) as answer:
            for piece in answer.iter_raw():
                size += len(piece)
        seconds = time.monotonic() - begun
    told = client.get(f"{path}/{token}").json()
    if (told["state"], told["done"], told["left_out"]) != ("DONE", count, {}):
        raise BenchError(f"{wanted}: {told}")
    say(f"  {wanted}: {seconds:.1f} s, {size / 1e6:,.0f} MB")
    return Measured(seconds, size, max(samples, default=before) - before)


@contextmanager
def _sampled(pid: int) -> Iterator[list[int]]:
    samples: list[int] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLED_S):
            samples.append(proportional_bytes(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _rows(measured: Measured, what: str, target_s: float | None = None) -> list[Row]:
    limit_mb = TARGET_MB if target_s is not None else None
    return [
        Row(
            what,
            "s",
            [measured.seconds],
            target=target_s,
            at_most=True,
            note=f"{measured.size / 1e6:,.0f} MB",
        ),
        Row("… more memory", "MB", [measured.memory / 1e6], target=limit_mb, at_most=True),
    ]


def made(served: Site, folder: Path, count: int, seed: int) -> InferenceTask:
    """Make a task that has so many results."""
    folder.mkdir()
    task = RunTask(folder)
    drawn = random.Random(seed)  # noqa: S311 - nothing secret
    picture = a_picture(1280, 960, "JPEG")
    with (task.output / JOURNAL).open("wb") as lines, (task.output / SIDECAR).open("wb") as sides:
        for number in range(count):
            name = f"cam{number // A_FOLDER:04d}/{number:07d}.jpg"
            if number % A_FOLDER == 0:
                (task.dataset / name).parent.mkdir()
                (task.output / result_location(name)).parent.mkdir(parents=True)
            if number % LINKS == 0:
                original = task.put(name, picture)
            else:
                os.link(original, task.dataset / name)
            (task.output / result_location(name)).write_bytes(_result(drawn))
            source, location = f"{SOURCE_ROOT}{name}", result_location(name)
            line = {"source": source, "status": "SUCCEEDED", "resultLocation": location}
            lines.write(json.dumps(line).encode() + b"\n")
            known = {"source": source, "size": len(picture), "ms": 34.2, "n": OBJECTS}
            sides.write(json.dumps(known).encode() + b"\n")
    administrator = served.inside.administrator
    store = served.inside.product.store
    return task.stored(store, administrator, id=token_hex(8), name=f"export-{count}")


def _result(drawn: random.Random) -> bytes:
    corners = [(drawn.randrange(1000), drawn.randrange(800)) for _ in range(OBJECTS)]
    return json.dumps(
        {
            "dnum": OBJECTS,
            "dclasses": [drawn.choice(CLASSES) for _ in corners],
            "dconfidences": [round(drawn.random(), 4) for _ in corners],
            "dobjects": [[x, y, x + 120.25, y + 90.5] for x, y in corners],
        }
    ).encode()
