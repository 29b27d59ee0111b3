"""What a form sends as it is submitted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def typed(form: dict[str, Any], fields: Iterable[str], longest: int) -> dict[str, str]:
    """Return the texts of those fields that the form shows, each cut at ``longest`` characters:
    one that is not shown comes as None, and anybody may send anything."""
    return {name: form[name][:longest] for name in fields if isinstance(form.get(name), str)}
