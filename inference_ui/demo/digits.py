"""The sample dataset: pages of handwritten digits as Seldon requests, and their ground truth.

::

    <parent>/ground_truth.json               what is on every page
    <parent>/<folder>/.inference-ui-sample    says that this folder is a whole sample
    <parent>/<folder>/batch-01/sheet-1/page-0001.json    {"strData": "<base64 PNG>"}

The ground truth lies beside the dataset, because every ``.json`` inside is an input. The dataset
comes into being in one step, by renaming a finished folder, and is never changed afterwards: what
stands in a user's results stays true. ``python -m inference_ui.demo.digits FOLDER`` makes it by
hand. This module is imported whenever the product starts, so it imports nothing that is slow
before there is something to make.
"""

from __future__ import annotations

import argparse
import errno
import glob
import shutil
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import msgspec

from inference_ui.demo.evaluation import Objects

PURPOSE = "Make the sample dataset: pages of handwritten digits, and their ground truth beside it."

PAGES = 200
PAGES_IN_SHEET = 10
PAGES_IN_BATCH = 50

GROUND_TRUTH = "ground_truth.json"
MARKER = ".inference-ui-sample"
ABANDONED_AFTER_S = 3600.0
"""A half made folder of this age was left behind by a crash; a younger one may be in work."""


def prepare(folder: Path) -> bool:
    """Make the sample in ``folder`` unless it is there; return whether it was made.

    Parents are created. Takes some seconds when it makes something, nothing worth mentioning
    otherwise. Raises FileExistsError, touching nothing, when ``folder`` holds something else, and
    other OSErrors when it cannot be written.
    """
    folder = folder.absolute()
    if is_whole(folder):
        return False
    _refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    with tempfile.TemporaryDirectory(prefix=_partial(folder), dir=folder.parent) as temporary:
        made, truth = Path(temporary, "made"), Path(temporary, GROUND_TRUTH)
        truth.write_bytes(msgspec.json.encode(_write_pages(made)))
        (made / MARKER).touch()
        # The dataset comes last: where it is, its ground truth is too.
        truth.replace(folder.parent / GROUND_TRUTH)
        try:
            made.rename(folder)
        except OSError:
            if is_whole(folder):  # another process was faster, and made the same
                return False
            raise
    return True


def is_whole(folder: Path) -> bool:
    """Whether ``folder`` is a sample that was made to the end."""
    return (folder / MARKER).is_file()


def read_ground_truth(path: Path) -> dict[str, Objects]:
    """Return what is on every page: its path in the dataset, and its classes and boxes."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Objects])


def page_path(number: int) -> str:
    """Return the path of the page of that number (from 0), relative to the dataset's folder."""
    batch, rest = divmod(number, PAGES_IN_BATCH)
    return f"batch-{batch + 1:02d}/sheet-{rest // PAGES_IN_SHEET + 1}/page-{number + 1:04d}.json"


def main(arguments: list[str] | None = None) -> int:
    """Make the sample in the folder given; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m inference_ui.demo.digits", description=PURPOSE)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    try:
        made = prepare(folder)
    except OSError as error:
        sys.stderr.write(f"The sample could not be made: {error}\n")
        return 1
    sys.stdout.write(f"{folder}: {f'{PAGES} pages made' if made else 'there already'}\n")
    return 0


def _write_pages(folder: Path) -> dict[str, Objects]:
    """Write every page as a request, and return what is on them."""
    from inference_ui.demo.glyphs import page_half
    from inference_ui.demo.pages import draw_pages

    truth: dict[str, Objects] = {}
    for number, page in enumerate(draw_pages(page_half(), PAGES)):
        relative = page_path(number)
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'{"strData": "' + b64encode(page.png) + b'"}')
        truth[relative] = page.objects
    return truth


def _partial(folder: Path) -> str:
    return f".{folder.name}.partial-"


def _refuse_foreign(folder: Path) -> None:
    # An empty folder may be there: renaming replaces it.
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(errno.EEXIST, "holds something that is not the sample", str(folder))


def _remove_abandoned(folder: Path) -> None:
    for partial in folder.parent.glob(f"{glob.escape(_partial(folder))}*"):
        with suppress(FileNotFoundError):  # its maker has just finished
            if time.time() - partial.stat().st_mtime > ABANDONED_AFTER_S:
                shutil.rmtree(partial)


if __name__ == "__main__":
    sys.exit(main())
