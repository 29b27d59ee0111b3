"""Pictures of datasets over REST: what previews show."""

from __future__ import annotations

from fastapi import APIRouter, Response

from inference_ui.context import actor, product

router = APIRouter(prefix="/datasets/{dataset_id}", tags=["datasets"])


@router.get("/picture", response_class=Response)
def picture(dataset_id: str, path: str, side: int | None = None) -> Response:
    """The picture of a file: itself, or what its request holds or names; reduced to a JPEG whose
    longer side has ``side`` pixels (32 to 512) where that is given."""
    image = product().datasets.picture(actor(), dataset_id, path, side)
    headers = {"Cache-Control": "private, no-cache"}
    return Response(image.data, media_type=image.media_type, headers=headers)
