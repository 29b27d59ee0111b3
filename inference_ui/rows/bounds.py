"""What holds a task back: the verdict and its proof."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.records import BoundBy, Progress, WalkState


@dataclass(frozen=True, slots=True)
class ShareRow:
    """How much of the time (0 to 1) one thing, a code, held it back; ``width`` is a CSS length."""

    code: str
    share: float
    width: str


@dataclass(frozen=True, slots=True)
class BoundRow:
    """``by``: the code of the verdict, SERVICE for an online service, ``""`` while there is none.
    ``whole``: over the whole run, else over the last minute."""

    by: str = ""
    whole: bool = False
    shares: list[ShareRow] = field(default_factory=list)


def bound_row(task: InferenceTask, progress: Progress | None) -> BoundRow:
    """Return what holds a task back, as far as its client can tell."""
    if progress is None or progress.bound_by is None:
        return BoundRow()
    shares = progress.bound_shares
    return BoundRow(
        by=_code(progress.bound_by, task),
        whole=progress.state is WalkState.ENDED,
        shares=[
            ShareRow(_code(by, task), shares.get(by, 0.0), f"{100 * shares.get(by, 0.0):.1f}%")
            for by in BoundBy
        ],
    )


def _code(by: BoundBy, task: InferenceTask) -> str:
    shared = isinstance(task.plan.server, Shared)
    return "SERVICE" if by is BoundBy.SERVER and shared else str(by)
