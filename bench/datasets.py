"""The folders of inputs: about 1 KB an item, 1,000 items a folder.

A dataset is only read, so one of the same kind and size is made once and used by all runs.
"""

import base64
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.harness import say

PER_FOLDER = 1000
BODY_BYTES = 1000


def names(items: int) -> Iterator[tuple[str, str]]:
    """Folder and name of each item."""
    for number in range(items):
        yield f"{number // PER_FOLDER:04}", f"{number:07}.json"


def seldon_body(number: int) -> bytes:
    """One request of Seldon's, with its own bytes."""
    noise = random.Random(number).randbytes(BODY_BYTES * 3 // 4)  # noqa: S311 - data, not a secret
    text = base64.b64encode(noise).decode()[: BODY_BYTES - len('{"strData": ""}')]
    return json.dumps({"strData": text}).encode()


def v2_body(number: int) -> bytes:
    """One request of Open Inference V2."""
    text = json.loads(seldon_body(number))["strData"][:850]
    tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
    return json.dumps({"inputs": [tensor]}).encode()


def dataset(datasets: Path, kind: str, items: int, body: Callable[[int], bytes]) -> Path:
    """The folder of a dataset, made when it is not there already."""
    root = datasets / f"{kind}-{items}"
    complete = root.with_suffix(".complete")
    if complete.exists():
        return root
    say(f"making {items:,} inputs …")
    variants = [body(number) for number in range(min(items, PER_FOLDER))]
    previous = None
    for number, (folder, name) in enumerate(names(items)):
        if folder != previous:
            (root / folder).mkdir(parents=True, exist_ok=True)
            previous = folder
        file = os.open(f"{root}/{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(file, variants[number % PER_FOLDER])
        os.close(file)
    os.sync()
    complete.touch()
    return root


def seldon_dataset(datasets: Path, items: int) -> Path:
    """Requests of Seldon's."""
    return dataset(datasets, "seldon", items, seldon_body)


def v2_dataset(datasets: Path, items: int) -> Path:
    """Requests of Open Inference V2."""
    return dataset(datasets, "v2", items, v2_body)
