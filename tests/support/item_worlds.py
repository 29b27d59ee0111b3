"""Random results of a task, and what is true of them said the slow way."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from inference_ui.backend.protocols.found import found_of
from inference_ui.backend.records import (
    JOURNAL,
    SIDECAR,
    SOURCE_ROOT,
    SidecarLine,
    result_location,
)

CLASSES = ("car", "person", "bus", "<b>x</b>", "交通灯", "")


@dataclass(frozen=True)
class Item:
    """One item as it truly is; ``sidecar`` says how its sidecar's line is written."""

    name: str
    status: str = "SUCCEEDED"
    objects: tuple[tuple[str, float], ...] | None = ()
    ms: float = 1.0
    sidecar: str = "whole"

    @property
    def lowest(self) -> float:
        """The lowest confidence, NaN without one."""
        return min((one for _, one in self.objects or ()), default=math.nan)

    @property
    def source(self) -> str:
        """As the journal has it."""
        return SOURCE_ROOT + self.name

    def journal_line(self) -> bytes:
        """The journal's line of the item."""
        if self.status == "SUCCEEDED":
            more = {"resultLocation": result_location(self.name)}
        else:
            more = {"errorMesssage": "503 model queue is full"}
        said = {"source": self.source, "status": self.status, **more}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def sidecar_line(self) -> bytes:
        """The sidecar's line of the item: as today's client writes it, as an earlier one did, or
        one that belongs to another item."""
        if self.sidecar == "foreign":
            return b'{"source":"/workspace/dataset/another"}\n'
        found = None
        if self.status == "SUCCEEDED" and self.objects is not None:
            found = found_of([name for name, _ in self.objects], [one for _, one in self.objects])
        line = SidecarLine(
            source=self.source,
            ms=self.ms,
            n=found.objects if found else None,
            c=found.classes if found else (),
            low=found.lowest if found else None,
            k=found.counts if found and self.sidecar == "whole" else (),
            b=found.bins if found and self.sidecar == "whole" else (),
        )
        return msgspec.json.encode(line) + b"\n"

    def result(self) -> bytes:
        """The answer as it was stored."""
        if self.objects is None:
            return b'{"text":"no objects here"}'
        return json.dumps(
            {
                "dclasses": [name for name, _ in self.objects],
                "dobjects": [[0, 0, 1, 1] for _ in self.objects],
                "dconfidences": [one for _, one in self.objects],
                "dnum": len(self.objects),
            }
        ).encode()


@dataclass
class ItemFolder:
    """A task's folder; items are added to it."""

    output: Path
    items: list[Item] = field(default_factory=list)

    def add(self, items: list[Item], *, beside: bool = True) -> None:
        """Write items as a batch client would; without their sidecar unless ``beside``."""
        (self.output / ".inference").mkdir(parents=True, exist_ok=True)
        for item in items:
            if item.status == "SUCCEEDED":
                place = self.output / result_location(item.name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(item.result())
        with (self.output / JOURNAL).open("ab") as journal:
            journal.write(b"".join(item.journal_line() for item in items))
        if beside:
            with (self.output / SIDECAR).open("ab") as sidecar:
                sidecar.write(b"".join(item.sidecar_line() for item in items))
        self.items += items


confidences = st.floats(0, 1, width=32)
objects = st.lists(st.tuples(st.sampled_from(CLASSES), confidences), max_size=6).map(tuple)
statuses = st.sampled_from(("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "ODD"))


def item_lists(
    sidecars: tuple[str, ...] = ("whole", "earlier", "foreign"), most: int = 30
) -> st.SearchStrategy[list[Item]]:
    """Lists of items with names of their own."""
    one = st.tuples(
        statuses,
        st.one_of(objects, st.none()),
        st.integers(0, 10_000).map(lambda ms: ms / 8),
        st.sampled_from(sidecars),
        st.sampled_from(("night", "Tag", "夜")),
    )
    return st.lists(one, max_size=most).map(
        lambda drawn: [
            Item(f"{folder}/{number:03}.json", status, found, ms, sidecar)
            for number, (status, found, ms, sidecar, folder) in enumerate(drawn)
        ]
    )
