"""Pictures of datasets over REST: what previews show."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from inference_ui.api.pictures import SMALL, WHOLE, in_turn, picture_answer
from inference_ui.context import actor, product

router = APIRouter(prefix="/datasets/{dataset_id}", tags=["datasets"])


@router.get("/picture", response_class=Response)
async def picture(
    request: Request, dataset_id: str, path: str, side: int | None = None
) -> Response:
    """The picture of a file: itself, or what its request holds or names; reduced to a JPEG whose
    longer side has ``side`` pixels (32 to 512) where that is given."""

    def answer() -> Response:
        return picture_answer(product().datasets.picture(actor(), dataset_id, path, side))

    return await in_turn(WHOLE if side is None else SMALL, request, answer)
