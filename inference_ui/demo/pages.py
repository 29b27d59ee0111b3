"""Draws the sample's pages: real handwritten digits on paper, and where each one stands.

A page is a picture of 640×480 pixels with a palette of 256 colours: some shades of paper, one of
its printed lines, and the way from paper to ink. That keeps a page with the grain of paper small.
The same number always gives the same page.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from inference_ui.demo.evaluation import Objects
from inference_ui.demo.glyphs import Box, Bytes, Digits, Floats, write_digit

WIDTH, HEIGHT = 640, 480
SMALLEST, LARGEST = 28, 96
FEWEST, MOST = 3, 12
EDGE = 12
"""No ink is nearer to the edge of the page than this, in pixels."""

PAGE_SEED = 640480
SHADES = 10
"""Palette entries of bare paper; then comes the colour of the lines, then the ink."""
LINE = SHADES
INK = SHADES + 1

Colour: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper: its colour, the colour of its lines, and their distance in pixels."""

    colour: Colour
    line: Colour
    across: int | None = None
    down: int | None = None


PAPERS = (
    Paper((250, 248, 242), (214, 224, 236), across=32),
    Paper((247, 243, 232), (247, 243, 232)),
    Paper((249, 250, 251), (217, 228, 233), across=20, down=20),
    Paper((251, 245, 219), (196, 214, 226), across=32),
    Paper((240, 231, 214), (240, 231, 214)),
)
INKS: tuple[Colour, ...] = ((28, 42, 94), (32, 33, 36), (25, 74, 120), (74, 40, 30), (20, 74, 62))


@dataclass(frozen=True, slots=True)
class Page:
    """A drawn page: the bytes of its PNG, and the digits on it with tight boxes in pixels."""

    png: bytes
    objects: Objects


def draw_pages(digits: Digits, count: int) -> Iterator[Page]:
    """Yield the first ``count`` pages, using all ``digits`` before any of them comes again."""
    order = _endless(len(digits))
    for number in range(count):
        yield _draw_page(number, digits, order)


def _endless(count: int) -> Iterator[int]:
    rng = np.random.default_rng(PAGE_SEED)
    while True:
        yield from rng.permutation(count).tolist()


def _draw_page(number: int, digits: Digits, order: Iterator[int]) -> Page:
    rng = np.random.default_rng((PAGE_SEED, number))
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    classes: list[str] = []
    boxes: list[Box] = []
    for _ in range(int(rng.integers(FEWEST, MOST + 1))):
        index = next(order)
        written = _write(digits.cells[index], rng)
        place = _free_place(written.shape, boxes, rng)
        if place is None:
            continue
        left, top = place
        height, width = written.shape
        ink[top : top + height, left : left + width] = written
        classes.append(str(digits.labels[index]))
        boxes.append((left, top, left + width, top + height))
    paper = PAPERS[int(rng.integers(len(PAPERS)))]
    colour = INKS[int(rng.integers(len(INKS)))]
    return Page(_to_png(ink, paper, colour, rng), Objects(tuple(classes), tuple(boxes)))


def _write(cells: Bytes, rng: np.random.Generator) -> Floats:
    size = int(rng.integers(SMALLEST, LARGEST + 1))
    pressure = float(rng.uniform(0.86, 1.0))
    return write_digit(cells, size, float(rng.uniform(-8, 8))) * np.float32(pressure)


def _free_place(
    shape: tuple[int, ...], boxes: list[Box], rng: np.random.Generator
) -> tuple[int, int] | None:
    """Return left and top of a place far enough from all ``boxes``, None when none was found."""
    height, width = shape
    for _ in range(200):
        left = int(rng.integers(EDGE, WIDTH - EDGE - width + 1))
        top = int(rng.integers(EDGE, HEIGHT - EDGE - height + 1))
        if all(_apart((left, top, left + width, top + height), other) for other in boxes):
            return left, top
    return None


def _apart(one: Box, other: Box) -> bool:
    """Whether people would see two digits: there is a fifth of the larger one between them."""
    sides = (one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1])
    gap = max(12.0, max(sides) / 5)
    return (
        one[0] - other[2] >= gap
        or other[0] - one[2] >= gap
        or one[1] - other[3] >= gap
        or other[1] - one[3] >= gap
    )


def _to_png(ink: Floats, paper: Paper, colour: Colour, rng: np.random.Generator) -> bytes:
    indices = _shading(rng)
    for distance, lines in ((paper.across, indices), (paper.down, indices.T)):
        if distance:
            lines[int(rng.integers(distance)) :: distance] = LINE
    written = ink > 0.02
    indices[written] = INK + np.rint(ink[written] * (255 - INK)).astype(np.uint8)
    picture = Image.fromarray(indices, "P")
    picture.putpalette(_palette(paper, colour))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _shading(rng: np.random.Generator) -> Bytes:
    """Return the shade of paper at every pixel: light that falls from one side, and fibres."""
    towards = float(rng.uniform(0, 2 * np.pi))
    x = np.linspace(-0.5, 0.5, WIDTH, dtype=np.float32) * np.float32(np.cos(towards))
    y = np.linspace(-0.5, 0.5, HEIGHT, dtype=np.float32) * np.float32(np.sin(towards))
    light = 0.5 + 0.4 * (x[None, :] + y[:, None])
    fibres = _fibres()
    top = int(rng.integers(fibres.shape[0] - HEIGHT))
    left = int(rng.integers(fibres.shape[1] - WIDTH))
    shade = light * (SHADES - 3) + fibres[top : top + HEIGHT, left : left + WIDTH]
    return np.clip(shade, 0, SHADES - 1).astype(np.uint8)


@lru_cache(maxsize=1)
def _fibres() -> Floats:
    """Return a sheet of soft noise, larger than a page: each page is cut from another place."""
    rng = np.random.default_rng(PAGE_SEED)
    noise = rng.integers(0, 256, (HEIGHT * 2, WIDTH * 2), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(3)), np.float32)
    fibres: Floats = (soft - soft.mean()) / soft.std() * np.float32(0.4) + np.float32(1.5)
    return fibres


def _palette(paper: Paper, colour: Colour) -> list[int]:
    """Return 256 colours: bare paper getting darker, the lines, and from paper to ink."""
    white = np.array(paper.colour, np.float32)
    shades = white * (1 - 0.055 * np.linspace(0, 1, SHADES, dtype=np.float32)[:, None])
    share = np.linspace(0, 1, 256 - INK, dtype=np.float32)[:, None]
    inks = white + share * (np.array(colour, np.float32) - white)
    line = np.array([paper.line], np.float32)
    colours: npt.NDArray[np.uint8] = np.rint(np.concatenate((shades, line, inks))).astype(np.uint8)
    return [int(value) for value in colours.ravel()]
