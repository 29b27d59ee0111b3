"""Handwritten digits as ink: the raw material of the sample's pages and of its model.

The digits are scikit-learn's ``load_digits`` (1797 scans of 8×8 cells, UCI "Optical Recognition of
Handwritten Digits"). They are split once, here, so that no digit that the model learned from ever
stands on a page; nothing else of the product may call ``load_digits``.

scikit-learn takes seconds to import, so it is imported where it is used, never with this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Floats: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Box: TypeAlias = tuple[int, int, int, int]

SPLIT_SEED = 1998
"""The year in which the scans were published; any fixed number would do."""

CELLS = 8
"""A scan has 8×8 cells of 0 (paper) to 16 (ink)."""

EDGES = (0.47, 0.42, 0.37, 0.32, 0.27, 0.22)
"""Densities at which a stroke may end, tried in this order."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Scans and what they show: ``cells`` of shape (n, 8, 8) in 0..255, ``labels`` of shape (n,).

    ``numbers`` are the scans' places in ``load_digits``.
    """

    cells: Bytes
    labels: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def training_half() -> Digits:
    """Return the digits that the model learns from."""
    return _halves()[0]


def page_half() -> Digits:
    """Return the digits that stand on the pages: none of them is in the training half."""
    return _halves()[1]


def _halves() -> tuple[Digits, Digits]:
    """Split every class in two halves, always the same ones."""
    from sklearn.datasets import load_digits

    scans, labels = load_digits(return_X_y=True)
    cells = np.rint(scans * (255 / 16)).astype(np.uint8).reshape(-1, CELLS, CELLS)
    rng = np.random.default_rng(SPLIT_SEED)
    first: list[int] = []
    second: list[int] = []
    for label in range(10):
        numbers = rng.permutation(np.flatnonzero(labels == label)).tolist()
        middle = len(numbers) // 2
        first += numbers[:middle]
        second += numbers[middle:]

    def chosen(of: list[int]) -> Digits:
        numbers = np.sort(np.array(of))
        return Digits(cells[numbers], labels[numbers].astype(np.int64), numbers)

    return chosen(first), chosen(second)


def write_digit(cells: Bytes, size: int, tilt: float) -> Floats:
    """Write a scan with a pen: the ink at every pixel in 0..1, cropped to the ink.

    ``size`` is the side in pixels that the 8×8 cells take, ``tilt`` an angle in degrees. The scan
    is enlarged smoothly, then its strokes get a crisp edge; where the scan is faint the ink stays
    thin, which keeps small loops open to the eye.
    """
    cell = size / CELLS
    side = round(cell * (CELLS + 2))
    enlarged = (
        Image.fromarray(np.pad(cells, 1))
        .resize((side, side), Image.Resampling.BICUBIC)
        .filter(ImageFilter.GaussianBlur(0.22 * cell))
        .rotate(tilt, Image.Resampling.BICUBIC)
    )
    density: Floats = np.asarray(enlarged, np.float32) / np.float32(255)
    edge, softness = _edge(density), max(0.03, 0.3 / cell)
    covered = np.clip((density - edge) / (2 * softness) + 0.5, 0, 1)
    ink: Floats = covered * (0.7 + 0.3 * np.clip((density - edge) / (0.85 - edge), 0, 1))
    left, top, right, bottom = ink_box(ink)
    return np.ascontiguousarray(ink[top:bottom, left:right], np.float32)


def _edge(density: Floats) -> float:
    """Return the density at which the ink of a scan begins: low enough that it is one piece."""
    from scipy import ndimage

    for edge in EDGES:
        _, pieces = ndimage.label(density >= edge, structure=np.ones((3, 3), np.uint8))
        if pieces == 1:
            return edge
    return EDGES[-1]


def ink_box(ink: Floats, least: float = 0.35) -> Box:
    """Return the tight box (left, top, right, bottom) of the pixels with at least that much ink.

    Right and bottom are exclusive, so that they are the box's edges in pixels. Raises ValueError
    when there is no such pixel.
    """
    rows = np.flatnonzero((ink >= least).any(axis=1))
    columns = np.flatnonzero((ink >= least).any(axis=0))
    if not len(rows):
        raise ValueError("no ink")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
