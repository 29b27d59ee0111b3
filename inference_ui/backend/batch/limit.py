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
        if text.endswith("%"):
            share = float(text[:-1]) / 100
            if not 0 <= share <= 1:
                raise ValueError(f"not a share: {text}")
            return cls(share=share)
        number = int(text)
        if number < 0:
            raise ValueError(f"not a number of inputs: {text}")
        return cls(number=number)

    def is_passed(self, failed: int, found: int, walked: bool) -> bool:
        """Tell whether too many failed. A share is judged only when all inputs are found."""
        if self.number is not None:
            return failed > self.number
        if self.share is not None:
            return walked and failed > self.share * found
        return False
