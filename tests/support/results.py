"""A task that has run, without running it: a dataset, a journal, its sidecar, and results."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.records import JOURNAL, SIDECAR, SOURCE_ROOT, SidecarLine, result_location
from inference_ui.backend.store.database import Store
from tests.support.samples import a_plan, a_task


def a_picture(
    width: int = 64, height: int = 48, kind: str = "PNG", colour: str = "teal", **options: Any
) -> bytes:
    """A picture of one colour, encoded."""
    target = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), (width, height), colour).save(target, kind, **options)
    return target.getvalue()


def a_photo(width: int, height: int, seed: int = 1) -> bytes:
    """A JPEG with as much in it as a photo has: about 0.4 bytes a pixel."""
    small = random.Random(seed).randbytes(width // 4 * (height // 4))  # noqa: S311 - a picture
    grain = Image.frombytes("L", (width // 4, height // 4), small).resize((width, height))
    target = io.BytesIO()
    Image.merge("RGB", (grain, grain.transpose(Image.Transpose.ROTATE_180), grain)).save(
        target, "JPEG", quality=88
    )
    return target.getvalue()


def seldon(picture: bytes) -> bytes:
    """A request that carries a picture."""
    return json.dumps({"strData": base64.b64encode(picture).decode()}).encode()


def detection(*objects: tuple[str, float, tuple[float, ...]], **more: Any) -> bytes:
    """A result: (class, confidence, box) each."""
    return json.dumps(
        {
            "dclasses": [name for name, _, _ in objects],
            "dobjects": [list(box) for _, _, box in objects],
            "dconfidences": [confidence for _, confidence, _ in objects],
            "dnum": len(objects),
        }
        | more
    ).encode()


class RunTask:
    """The folders of a task; items are added as a batch client would."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        self.plan = a_plan(folder, **plan)
        self.dataset = Path(self.plan.dataset_folder)
        self.output = Path(self.plan.output_folder)
        self.dataset.mkdir(parents=True)
        (self.output / ".inference").mkdir(parents=True)

    def stored(self, store: Store, owner: Actor, **values: Any) -> InferenceTask:
        """Write the task's row."""
        with store.write() as session:
            session.add(a_task(**({"plan": self.plan, "owner_id": owner.id} | values)))
        with store.read() as session:
            return session.get_one(InferenceTask, a_task(**values).id)

    def put(self, name: str, content: bytes) -> Path:
        """Write a file of the dataset."""
        path = self.dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def succeeded(self, name: str, request: bytes, result: bytes, **known: Any) -> None:
        """Add an item that was answered."""
        self.put(name, request)
        location = self.output / result_location(name)
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(result)
        self.line(source=name, status="SUCCEEDED", resultLocation=result_location(name))
        self.beside(name, **known)

    def failed(self, name: str, request: bytes, error: str, **known: Any) -> None:
        """Add an item that was not."""
        self.put(name, request)
        self.line(source=name, status="FAILED", errorMesssage=error)
        self.beside(name, **known)

    def many(self, known: Iterable[dict[str, Any]], first: int = 0) -> None:
        """Add lines alone, of items ``item_0000000.jpg`` and on, quickly: what the sidecar says of
        each; one that has a ``cause`` failed for it."""
        journal, sidecar = bytearray(), bytearray()
        for number, facts in enumerate(known, first):
            name = f"item_{number:07d}.jpg"
            line = {"source": f"{SOURCE_ROOT}{name}", "status": "SUCCEEDED"}
            if "cause" in facts:
                line |= {"status": "FAILED", "errorMesssage": facts["cause"]}
            else:
                line |= {"resultLocation": result_location(name)}
            journal += msgspec.json.encode(line) + b"\n"
            sidecar += msgspec.json.encode(SidecarLine(source=line["source"], **facts)) + b"\n"
        self.raw(bytes(journal))
        with (self.output / SIDECAR).open("ab") as file:
            file.write(sidecar)

    def line(self, source: str, **values: Any) -> None:
        """Add a line to the journal, of a path in the dataset or an absolute source."""
        said = source if source.startswith("/") else f"{SOURCE_ROOT}{source}"
        self.raw(json.dumps({"source": said, **values}, ensure_ascii=False).encode() + b"\n")

    def raw(self, content: bytes) -> None:
        """Add bytes to the journal."""
        with (self.output / JOURNAL).open("ab") as journal:
            journal.write(content)

    def beside(self, name: str, **known: Any) -> None:
        """Add a line to the sidecar."""
        with (self.output / SIDECAR).open("ab") as sidecar:
            record = SidecarLine(source=f"{SOURCE_ROOT}{name}", **known)
            sidecar.write(msgspec.json.encode(record) + b"\n")
