"""Asking an online service one thing: the question comes as a request's body, whatever it is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from inference_ui.api.asking import GivenQuestion, answer_json
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.context import actor, product

router = APIRouter(prefix="/services/{service_id}", tags=["services"])


@router.post("/ask")
def ask(
    service_id: str, question: GivenQuestion, box_format: BoxFormat | None = None
) -> dict[str, Any]:
    """Ask a ready replica and wait for its answer, a minute at most. ``box_format`` says how boxes
    are to be read, where not as the service's model package does."""
    return {"answer": answer_json(product().online.ask(actor(), service_id, question, box_format))}
