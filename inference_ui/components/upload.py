"""Uploading a new dataset, in the browser: files, a folder or a zip, and how far they are.

Everything goes over the REST routes of ``api.uploads``, so no state of Reflex holds a byte of it,
and uploads go on while other pages are looked at.
"""

from __future__ import annotations

import reflex as rx


class Upload(rx.Component):
    """The uploads under way, which go on wherever this stands, and with ``open`` the form above
    them; ``volumes`` are (id, name) to choose of."""

    library = "$/utils/product/upload"
    tag = "Upload"

    volumes: rx.Var[list[tuple[str, str]]]
    open: rx.Var[bool]
