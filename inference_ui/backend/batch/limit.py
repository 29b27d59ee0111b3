"""The limit of failures that ends a run before its time, as the job writes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """How many inputs may fail: a ``number``, or a ``share`` of those found; more end the run."""

    number: int | None = None
    share: float | None = None

    @classmethod
    def parse(cls, text: str | None) -> FailureLimit:
        """Read ``"5%"`` or ``"100"``; None is no limit. Raises ``ValueError`` for anything else."""
        if text is None:
            return cls()
        text = text.strip()
        try:
            if text.endswith("%"):
                limit = cls(share=float(text[:-1]) / 100)
            else:
                limit = cls(number=int(text))
        except ValueError as error:
            raise ValueError(f"not a number of inputs or a share such as 5%: {text}") from error
        if not 0 <= (limit.share or 0) <= 1 or (limit.number or 0) < 0:
            raise ValueError(f"not a number of inputs or a share such as 5%: {text}")
        return limit

    def is_passed(self, failed: int, found: int, walked: bool) -> bool:
        """Tell whether too many failed. A share is judged only when all inputs are found."""
        if self.number is not None:
            return failed > self.number
        if self.share is not None:
            return walked and failed > self.share * found
        return False
