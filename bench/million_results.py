"""The results of a task at a million items: what the server needs for a page of the list, plain and
filtered, and what a browser feels of it.

Only the items that are looked at have a picture and a result: the list needs neither. The pages of
the server are measured as the routes make them, with their JSON; what HTTP adds stands beside.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import httpx
import msgspec

from bench.harness import Options, say
from bench.million_results_pages import in_a_browser
from bench.report import Row, save
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.protocols.found import found_of
from inference_ui.backend.records import JOURNAL, SIDECAR, SOURCE_ROOT, SidecarLine
from inference_ui.backend.results.query import ItemFilter, ItemKind, ItemOrder
from inference_ui.backend.services.item_list import ItemList
from tests.support.results import RunTask, a_photo, detection
from tests.support.site import Site, site

ITEMS = 1_000_000
PAGES = 400
ROWS = 200
PICTURES = 150
PLAIN_TARGET_MS = 5.0
FILTERED_TARGET_MS = 50.0
CLASSES = 80
PHOTO = (1920, 1440)

Found = tuple[str, float, tuple[float, ...]]

_encode = msgspec.json.Encoder(enc_hook=dict).encode


def run(options: Options) -> str:
    """Measure all, and return the table."""
    count = options.items or ITEMS
    drawn = random.Random(options.seed)  # noqa: S311 - nothing secret
    with site(options.folder("results", "product"), {"INFERENCE_UI_SAMPLE": "false"}) as served:
        task = RunTask(options.folder("results", "task"))
        write(task, count, drawn)
        owner = served.inside.administrator
        stored = task.stored(served.inside.product.store, owner, status=TaskStatus.SUCCEEDED)
        say(f"  {count:,} items are there")
        rows = in_a_browser(served, stored.id, PICTURES)
        rows += [*_server(served, owner, stored.id, count, drawn)]
    context = f"{count:,} items, {CLASSES} classes, {ROWS} rows a page, on SQLite."
    return save("results", "The results of a task", rows, context)


def write(task: RunTask, count: int, drawn: random.Random) -> None:
    """Write journal and sidecar of so many items; the first ones have a picture and a result."""
    photo = a_photo(*PHOTO, seed=drawn.randrange(1 << 30))
    say(f"  each picture has {len(photo):,} bytes")
    encode = msgspec.json.Encoder().encode
    with (task.output / JOURNAL).open("wb") as journal, (task.output / SIDECAR).open("wb") as side:
        for number in range(count):
            name = f"cam{number % 100:02d}/frame_{number:07d}.jpg"
            objects = _objects(drawn)
            if number < PICTURES:
                task.put(name, photo)
                place = task.output / f"result/{name}_result.json"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(detection(*objects))
            failed = number >= PICTURES and drawn.random() < 0.01
            journal.write(encode(_line(name, failed=failed)) + b"\n")
            side.write(encode(_beside(name, () if failed else objects, drawn)) + b"\n")


def _objects(drawn: random.Random) -> list[Found]:
    found = []
    for _ in range(min(drawn.randrange(12), drawn.randrange(12)) + 1):
        x, y = drawn.random() * PHOTO[0] * 0.8, drawn.random() * PHOTO[1] * 0.8
        name = f"class {min(CLASSES - 1, int(drawn.expovariate(0.1)))}"
        found.append((name, round(drawn.random(), 3), (x, y, x + 200, y + 200)))
    return found


def _line(name: str, *, failed: bool) -> dict[str, str]:
    if failed:
        more = {"status": "FAILED", "errorMesssage": "503 model queue is full"}
    else:
        more = {"status": "SUCCEEDED", "resultLocation": f"result/{name}_result.json"}
    return {"source": f"{SOURCE_ROOT}{name}", **more}


def _beside(name: str, objects: Sequence[Found], drawn: random.Random) -> SidecarLine:
    found = found_of([one[0] for one in objects], [one[1] for one in objects])
    return SidecarLine(
        source=f"{SOURCE_ROOT}{name}",
        size=1_000_000,
        mtime_ns=1,
        ms=round(drawn.expovariate(0.02) + 5, 3),
        n=found.objects,
        c=found.classes,
        low=found.lowest,
        k=found.counts,
        b=found.bins,
    )


def _server(
    served: Site, owner: Actor, task_id: str, count: int, drawn: random.Random
) -> Iterator[Row]:
    items = served.inside.product.items

    def plain() -> None:
        _page(items, owner, task_id, ItemFilter(), drawn.randrange(count))

    yield _row(f"any page of {ROWS} rows, server", plain, PLAIN_TARGET_MS)
    begun = time.perf_counter()
    while items.page(owner, task_id, ItemFilter(kind=ItemKind.FAILED)).indexed.lines < count:
        time.sleep(0.05)
    say(f"  filtered after {time.perf_counter() - begun:.1f} s")
    wanted = [
        *(ItemFilter(kind=kind) for kind in (ItemKind.FAILED, ItemKind.EMPTY, ItemKind.SUCCEEDED)),
        *(ItemFilter(classes=(f"class {number}",)) for number in range(CLASSES)),
    ]

    def filtered() -> None:
        _page(items, owner, task_id, drawn.choice(wanted), drawn.randrange(1_000))

    yield _row("any page by status or class, server", filtered, FILTERED_TARGET_MS)

    def ordered() -> None:
        some = ItemFilter(classes=(f"class {drawn.randrange(CLASSES)}",), order=ItemOrder.LOWEST)
        _page(items, owner, task_id, some, drawn.randrange(1_000))

    yield _row("a page of a class, lowest confidence first, server", ordered)
    address = f"{served.address}/api/tasks/{task_id}/items"
    cookies = httpx.get(served.link(owner), follow_redirects=False).cookies
    with httpx.Client(cookies=cookies) as http:

        def asked() -> None:
            offset = drawn.randrange(count)
            http.get(address, params={"offset": offset, "limit": ROWS}).raise_for_status()

        yield _row("any page, over HTTP", asked)


def _page(items: ItemList, owner: Actor, task_id: str, wanted: ItemFilter, offset: int) -> None:
    _encode(items.page(owner, task_id, wanted, offset, ROWS))


def _row(what: str, call: Callable[[], None], target: float | None = None) -> Row:
    took = []
    for _ in range(PAGES):
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1000)
    worst = statistics.quantiles(took, n=20)[-1]
    note = f"p95 of {PAGES}; median {statistics.median(took):.1f} ms"
    return Row(what, "ms", [worst], target=target, at_most=True, note=note)
