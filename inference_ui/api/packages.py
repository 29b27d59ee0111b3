"""Model packages: changing what may be changed, and trying them. A trial's question comes as a
request's body, whatever it is.

What is said of phases stands at ``services.trials``; an answer is written by ``api.asking``.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from inference_ui.api.asking import GivenOverrides, GivenQuestion, answer_json
from inference_ui.api.pictures import picture_answer
from inference_ui.backend.errors import Message, NotFound
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.context import actor, product

router = APIRouter(prefix="/packages/{package_id}", tags=["packages"])


class Revision(BaseModel):
    """What is changed of a package: how its boxes are written."""

    model_config = ConfigDict(extra="forbid")

    box_format: BoxFormat


@router.patch("")
def revise(package_id: str, revision: Revision) -> dict[str, str]:
    """Change a package, for its owner or an administrator."""
    package = product().packages.revise(actor(), package_id, box_format=revision.box_format)
    return {
        "id": package.id,
        "name": package.name,
        "version": package.version,
        "box_format": package.box_format,
    }


@router.post("/trial")
def start(
    package_id: str, question: GivenQuestion, overrides: GivenOverrides, spec: str = ""
) -> dict[str, str]:
    """Start the package's server on a node of the compute spec with the id ``spec``, ask it the
    question, and stop it. Returns at once."""
    trial_id = product().trials.start(
        actor(),
        package_id,
        spec,
        question,
        environment=overrides.environment,
        parameters=overrides.parameters,
    )
    return {"id": trial_id}


@router.get("/trial")
def last(package_id: str) -> dict[str, Any]:
    """The package's last trial, as it is now."""
    trial = product().trials.last(actor(), package_id)
    if trial is None:
        raise NotFound("TRIAL_UNKNOWN")
    return {
        "id": trial.id,
        "phase": str(trial.phase),
        "owner": trial.owner,
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
        "waiting": _message(trial.waiting),
        "reason": _message(trial.reason),
        "exit_code": trial.exit_code,
        "ready_s": trial.ready_s,
        "answer": answer_json(trial.answer) if trial.answer else None,
        "log": trial.log,
    }


@router.get("/trial/picture", response_class=Response)
def picture(package_id: str) -> Response:
    """The picture that the last trial asked about, in a format that browsers show."""
    return picture_answer(product().trials.picture(actor(), package_id))


@router.delete("/trial", status_code=204)
def stop(package_id: str) -> None:
    """Have the trial end."""
    product().trials.stop(actor(), package_id)


def _message(message: Message | None) -> dict[str, Any] | None:
    return message.to_json() if message else None
