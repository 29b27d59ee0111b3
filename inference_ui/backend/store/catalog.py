"""Queries over volumes, datasets, model packages and compute specs."""

from sqlmodel import Session, col, delete, func, select

from inference_ui.backend.models.catalog import Dataset, ModelPackage, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.models.upload import Upload


def volumes(session: Session) -> list[Volume]:
    """Return all storage volumes, by name."""
    return list(session.exec(select(Volume).order_by(Volume.name)))


def datasets(session: Session) -> list[tuple[Dataset, Volume]]:
    """Return all datasets with their volumes, by name."""
    query = select(Dataset, Volume).join(Volume, col(Volume.id) == Dataset.volume_id)
    return [(dataset, volume) for dataset, volume in session.exec(query.order_by(Dataset.name))]


def dataset_with_volume(session: Session, dataset_id: str) -> tuple[Dataset, Volume] | None:
    """Return a dataset and the volume that it lies on."""
    dataset = session.get(Dataset, dataset_id)
    return (dataset, session.get_one(Volume, dataset.volume_id)) if dataset else None


def datasets_by_volume(session: Session) -> dict[str, int]:
    """Return how many datasets lie on each volume that has any."""
    query = select(Dataset.volume_id, func.count()).group_by(col(Dataset.volume_id))
    return dict(session.exec(query).all())


def is_uploaded(session: Session, dataset_id: str) -> bool:
    """Tell whether a dataset came by an upload."""
    query = select(Upload.id).where(Upload.dataset_id == dataset_id)
    return session.exec(query).first() is not None


def forget_uploads(session: Session, volume_id: str) -> None:
    """Delete the rows of uploads to a volume."""
    session.exec(delete(Upload).where(col(Upload.volume_id) == volume_id))


def packages(session: Session) -> list[ModelPackage]:
    """Return all model packages, by name, the newest version of a name first."""
    query = select(ModelPackage).order_by(ModelPackage.name, col(ModelPackage.created_at).desc())
    return list(session.exec(query))


def specs(session: Session) -> list[ComputeSpec]:
    """Return all compute specs, by accelerator and card model, the smallest first."""
    query = select(ComputeSpec).order_by(
        ComputeSpec.accelerator,
        func.coalesce(ComputeSpec.card_model, ""),
        col(ComputeSpec.cards),
        col(ComputeSpec.cpu_millis),
        ComputeSpec.name,
    )
    return list(session.exec(query))
