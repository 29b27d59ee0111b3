"""Counting failures by what they are, while it runs and from the journal alike."""

from __future__ import annotations

from dataclasses import dataclass

from inference_ui.backend.failure_kinds import kind_of
from inference_ui.backend.records import ErrorGroup

MAX_GROUPS = 50
"""Kinds that are told apart in progress and summary; the others are one group for each cause."""
_MAX_KINDS = 1000
"""Kinds that are counted apart; those that come when there are so many are one for each cause."""
_MAX_MESSAGE = 500


@dataclass(slots=True)
class _Kind:
    """Failures of one kind, with the first of them. ``kinds``: how many are counted in this one,
    at least; more than one where they are no longer told apart."""

    key: str
    cause: str
    example: str
    message: str
    count: int = 0
    kinds: int = 1

    def group(self) -> ErrorGroup:
        return ErrorGroup(
            self.cause, self.count, self.example, self.message, self.key, kinds=self.kinds
        )


class Errors:
    """Failures grouped by their kind, with the first of each. Each failure counts in one group."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self.total = 0

    def add(self, cause: str, source: str, message: str) -> None:
        """Count a failure."""
        self.total += 1
        key = kind_of(cause, message, source)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._new(key, cause, source, message)
        kind.count += 1

    def _new(self, key: str, cause: str, source: str, message: str) -> _Kind:
        if len(self._kinds) >= _MAX_KINDS:
            rest = self._kinds.get(cause)
            if rest is not None:
                rest.kinds = 2
                return rest
            key = cause
        self._kinds[key] = _Kind(key, cause, source, message[:_MAX_MESSAGE])
        return self._kinds[key]

    def groups(self) -> tuple[ErrorGroup, ...]:
        """Return the groups, the largest first. What is beyond :data:`MAX_GROUPS` is one group for
        each cause, whose key is the cause alone."""
        ordered = sorted(self._kinds.values(), key=lambda kind: (-kind.count, kind.key))
        apart = [kind for kind in ordered if kind.key != kind.cause][:MAX_GROUPS]
        shown = {kind.key for kind in apart}
        rest: dict[str, _Kind] = {}
        for kind in ordered:
            if kind.key not in shown:
                _put_into(rest, kind)
        groups = [kind.group() for kind in (*apart, *rest.values())]
        return tuple(sorted(groups, key=lambda group: (-group.count, group.key)))


def _put_into(rest: dict[str, _Kind], kind: _Kind) -> None:
    known = rest.get(kind.cause)
    if known is None:
        rest[kind.cause] = _Kind(
            kind.cause, kind.cause, kind.example, kind.message, kind.count, kind.kinds
        )
    else:
        known.count += kind.count
        known.kinds += kind.kinds
