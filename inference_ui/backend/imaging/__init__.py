"""Pictures: what their headers say, checking them, and making copies that browsers show.

Pictures come from strangers, so a server's own process never decodes one. It reads headers
(``headers``, ``formats``: plain Python, a few bytes each) and passes on what browsers show as it
is; all else is done by ``pixels``, the only module here that knows Pillow, in a process of its own
with bounded memory (``decoder``, started and watched by ``decoders``). ``copies`` puts these
together with the copies that were made before (``kept``).
"""

from inference_ui.backend.imaging.headers import (
    BadPicture,
    EncodedPicture,
    PictureInfo,
    inspect,
    kind_of,
    looks_like_picture,
    shown_size,
    size_of_picture,
)

__all__ = [
    "BadPicture",
    "EncodedPicture",
    "PictureInfo",
    "inspect",
    "kind_of",
    "looks_like_picture",
    "shown_size",
    "size_of_picture",
]
