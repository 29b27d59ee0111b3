"""The sample's model: finds ink on paper, then says which digit it is.

Finding is plain image processing (what is darker than the paper around it, in connected pieces),
classifying is a kernel logistic regression, trained when the server starts. It knows dark ink on
light paper and the ten digits, nothing else; it must never see a digit of the page half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

from inference_ui.demo.glyphs import Box, Bytes, Digits, Floats, training_half, write_digit

MAX_SIDE = 1024
"""Larger pictures are made smaller first: digits beyond the trained sizes are not found."""

COPIES = 3
"""How often each digit is written for training, each time in another size and tilt."""

FIELD = 16
"""The classifier looks at FIELD × FIELD pixels."""

LEAST_INK = 32
"""What differs less than this from the paper (of 255) is never ink."""

INK_SHARE = 0.35
"""From this share of the darkest ink on, a pixel belongs to a digit."""

LEAST_HEIGHT = 10
"""Pieces that are lower than this, in pixels, are specks."""

MOST_PIECES = 200
"""A page has a dozen digits; of a picture that is all texture, only the largest pieces count."""


@dataclass(frozen=True, slots=True)
class Found:
    """A digit on a page: box as (x1, y1, x2, y2) in pixels, confidence in 0..1."""

    label: str
    box: tuple[float, float, float, float]
    confidence: float


class DigitModel:
    """A trained model. Instances do not change, so threads may share one."""

    def __init__(self, classifier: Any) -> None:
        self._classifier = classifier

    @classmethod
    def train(cls) -> DigitModel:
        """Learn from the training half; always gives the same model. Takes a few seconds."""
        from sklearn.kernel_approximation import RBFSampler
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from threadpoolctl import threadpool_limits

        # Logistic regression, unlike a support vector machine, gives probabilities that can be
        # taken at their word without a second round of training.
        classifier = make_pipeline(
            RBFSampler(gamma=0.08, n_components=1200, random_state=0),
            LogisticRegression(C=50.0, max_iter=300),
        )
        fields, labels = training_set(training_half())
        # Shared out to all processors, products of matrices this small take several times as long
        # as soon as another program wants the processors too.
        with threadpool_limits(1):
            return cls(classifier.fit(fields, labels))

    def detect(self, picture: Image.Image, least_confidence: float = 0.0) -> list[Found]:
        """Return the digits of a picture of any mode, the most confident first."""
        grey = picture.convert("L")
        shrink = min(1.0, MAX_SIDE / max(grey.size))
        if shrink < 1:
            size = (max(1, round(grey.width * shrink)), max(1, round(grey.height * shrink)))
            grey = grey.resize(size, Image.Resampling.BOX)
        ink = ink_of(grey)
        boxes = find_boxes(ink)
        if not boxes:
            return []
        fields = np.stack(
            [field_of(ink[top:bottom, left:right]) for left, top, right, bottom in boxes]
        )
        shares: npt.NDArray[np.float64] = self._classifier.predict_proba(fields)
        scale_x, scale_y = picture.width / grey.width, picture.height / grey.height
        found = [
            Found(
                label=str(self._classifier.classes_[best]),
                box=(left * scale_x, top * scale_y, right * scale_x, bottom * scale_y),
                confidence=float(row[best]),
            )
            for (left, top, right, bottom), row, best in zip(
                boxes, shares, shares.argmax(axis=1), strict=True
            )
            if row[best] >= least_confidence
        ]
        return sorted(found, key=lambda one: -one.confidence)


def training_set(digits: Digits) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Write every digit COPIES times and look at it as :meth:`DigitModel.detect` would.

    Returns the fields (n, FIELD²) and the labels (n,).
    """
    rng = np.random.default_rng(0)
    fields = [
        field_of(write_digit(cells, int(rng.integers(28, 73)), float(rng.uniform(-9, 9))))
        for cells in digits.cells
        for _ in range(COPIES)
    ]
    return np.stack(fields), digits.labels.repeat(COPIES)


def ink_of(grey: Image.Image) -> Floats:
    """Return how much darker every pixel is than the paper around it, in 0..1.

    The paper is what remains of a picture of an eighth of the size when everything as thin as a
    stroke is taken away; 1 is the darkest ink, so that pencil counts as much as pen.
    """
    eighth = (max(1, grey.width // 8), max(1, grey.height // 8))
    paper = (
        grey.resize(eighth, Image.Resampling.BOX)
        .filter(ImageFilter.MaxFilter(7))
        .filter(ImageFilter.GaussianBlur(2))
        .resize(grey.size, Image.Resampling.BILINEAR)
    )
    darker = np.asarray(ImageChops.subtract(paper, grey), np.float32)
    return darker / max(float(darker.max()), LEAST_INK / INK_SHARE)


def find_boxes(ink: Floats) -> list[Box]:
    """Return the tight boxes (left, top, right, bottom) of the digits, from top to bottom."""
    from scipy import ndimage

    pieces, count = ndimage.label(ink >= INK_SHARE, structure=np.ones((3, 3), np.uint8))
    boxes = [
        (columns.start, rows.start, columns.stop, rows.stop)
        for rows, columns in ndimage.find_objects(pieces, count)
    ]
    boxes.sort(key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), reverse=True)
    joined = join_pieces([box for box in boxes if box[3] - box[1] > 2][:MOST_PIECES])
    return sorted((box for box in joined if _digit_like(box)), key=lambda box: (box[1], box[0]))


def _digit_like(box: Box) -> bool:
    left, top, right, bottom = box
    return bottom - top >= LEAST_HEIGHT and right - left >= 3 and right - left <= 3 * (bottom - top)


def join_pieces(boxes: list[Box]) -> list[Box]:
    """Join the pieces of one digit: strokes that are much closer than digits ever stand.

    A faint stroke can fall apart. Two pieces belong together when the gap between their boxes is
    at most a tenth of the larger one's longer side.
    """
    joined: list[Box] = []
    for box in boxes:
        whole = box
        while near := next((other for other in joined if _near(whole, other)), None):
            joined.remove(near)
            whole = _around(whole, near)
        joined.append(whole)
    return joined


def _around(one: Box, other: Box) -> Box:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _near(one: Box, other: Box) -> bool:
    gap_x = max(one[0], other[0]) - min(one[2], other[2])
    gap_y = max(one[1], other[1]) - min(one[3], other[3])
    longest = max(one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1])
    return math.hypot(max(gap_x, 0), max(gap_y, 0)) <= 0.1 * longest


def field_of(ink: Floats) -> Floats:
    """Return a digit's ink as the classifier sees it: FIELD² shares of its darkest pixel.

    It is fitted into the middle of the field, keeping its shape (a one stays thin).
    """
    height, width = ink.shape
    scale = (FIELD - 2) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    levels: Bytes = np.rint(ink * (255 / max(float(ink.max()), 1e-3))).clip(0, 255).astype(np.uint8)
    small = Image.fromarray(levels).resize(size, Image.Resampling.HAMMING)
    field = np.zeros((FIELD, FIELD), np.float32)
    left, top = (FIELD - size[0]) // 2, (FIELD - size[1]) // 2
    field[top : top + size[1], left : left + size[0]] = np.asarray(small, np.float32) / 255
    return field.ravel()
