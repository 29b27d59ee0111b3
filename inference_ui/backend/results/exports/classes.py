"""Numbers for the classes of an export, in the order in which they first appear."""

from __future__ import annotations

from collections.abc import Iterator

MOST_CHARACTERS = 8 << 20
"""Of all names together. A model whose classes are free text could fill any memory."""


class Classes:
    """Numbers names from ``first`` on; iterates over (number, name)."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._numbers: dict[str, int] = {}
        self._characters = 0

    def number(self, name: str) -> int | None:
        """Return the number of a name; None for a new one when there are too many."""
        number = self._numbers.get(name)
        if number is None:
            if self._characters + len(name) + 1 > MOST_CHARACTERS:
                return None
            self._characters += len(name) + 1
            number = self._numbers[name] = self._first + len(self._numbers)
        return number

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for name, number in self._numbers.items():
            yield number, name
