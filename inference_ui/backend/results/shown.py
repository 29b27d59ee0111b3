"""The pictures of a dataset's items as browsers are shown them.

A copy that was made before is found without reading the picture, and without decoding the request
that it lies in.
"""

from __future__ import annotations

from pathlib import Path

from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.results.pictures import find_picture, identity_of

THUMBNAIL_SIDES = (32, 512)
"""Pixels that a thumbnail's longer side may have."""


def shown_picture(copies: Copies, dataset: Path, name: str) -> EncodedPicture:
    """Return the picture of the input ``name``, in a format that browsers show.

    Raises :class:`~inference_ui.backend.errors.Refused` with a code that says why there is none.
    """
    known = copies.known(identity_of(dataset, name))
    return known or copies.shown(find_picture(dataset, name))


def thumbnail_of(copies: Copies, dataset: Path, name: str, side: int) -> EncodedPicture:
    """Return a small JPEG of it, its longer side of ``side`` pixels (32 to 512).

    Raises :class:`~inference_ui.backend.errors.Refused` with a code that says why there is none.
    """
    side = max(THUMBNAIL_SIDES[0], min(side, THUMBNAIL_SIDES[1]))
    known = copies.known(identity_of(dataset, name), side)
    return known or copies.thumbnail(find_picture(dataset, name), side)
