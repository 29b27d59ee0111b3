"""What a name may look like. A task's name is also its folder's name on the output volume."""

from __future__ import annotations

import unicodedata

from inference_ui.backend.errors import Message

MAX_NAME = 63
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that cannot be seen, or change how what follows is read."""


def clean_name(name: str) -> str:
    """Return the name without space around it, in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", name).strip(" \t")


def invisible(character: str) -> bool:
    """Tell whether a character cannot be seen, or changes how what follows is read."""
    return unicodedata.category(character) in _INVISIBLE


def name_problem(name: str) -> Message | None:
    """Say what keeps a name from being used, or None."""
    cleaned = clean_name(name)
    if not cleaned:
        return Message("NAME_EMPTY")
    if len(cleaned) > MAX_NAME:
        return Message("NAME_TOO_LONG", {"max": MAX_NAME, "length": len(cleaned)})
    for character in cleaned:
        if invisible(character):
            return Message("NAME_CONTROL_CHARACTER", {"character": f"U+{ord(character):04X}"})
        if character in "/\\":
            return Message("NAME_CHARACTER", {"character": character})
    if cleaned.startswith(".") or ".." in cleaned:
        return Message("NAME_DOTS")
    return None
