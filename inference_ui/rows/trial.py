"""The row of a package's trial."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.models.account import Actor
from inference_ui.backend.services.trial import Trial
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.logs import readable


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial. ``phase`` is empty where there was none; ``exit_code`` None where ``reason`` tells
    it; ``answer`` the address that ``components.ask.AnswerOf`` reads, empty where there is none."""

    id: str = ""
    phase: str = ""
    ended: bool = True
    owner: str = ""
    mine: bool = False
    started_at: float = 0.0
    waiting: MessageRow = field(default_factory=MessageRow)
    reason: MessageRow = field(default_factory=MessageRow)
    exit_code: int | None = None
    ready_s: float | None = None
    answer: str = ""
    picture: str = ""
    log: str = ""


def trial_row(trial: Trial | None, actor: Actor, url: str) -> TrialRow:
    """Return the row of a trial; ``url`` is where its REST routes are."""
    if trial is None:
        return TrialRow()
    return TrialRow(
        id=trial.id,
        phase=str(trial.phase),
        ended=trial.phase.ended,
        owner=trial.owner,
        mine=actor.owns(trial.owner_id),
        started_at=trial.started_at,
        waiting=message_row(trial.waiting),
        reason=message_row(trial.reason),
        exit_code=None if trial.reason and "exit_code" in trial.reason.args else trial.exit_code,
        ready_s=trial.ready_s,
        answer=f"{url}?id={trial.id}" if trial.answer else "",
        picture=f"{url}/picture?id={trial.id}" if trial.has_picture else "",
        log=readable(trial.log),
    )
