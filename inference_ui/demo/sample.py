"""Puts the sample into a product: the pages of digits, and the package that detects them."""

from __future__ import annotations

from inference_ui.backend.bootstrap import Product
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ContainerLaunch, ModelPackage, PackageLaunch
from inference_ui.backend.protocols import ServiceType
from inference_ui.demo import digits

NAME = "digits"
PATH = "sample/digits"
"""Below the volume of datasets; the ground truth lies beside it, outside of what is inferred."""


def install(product: Product, administrator: Actor) -> None:
    """Register the sample dataset and model package, making the pages where they are missing.

    Raises :class:`CannotStart` when the pages cannot be written.
    """
    folder = product.settings.volumes_folder / "datasets" / PATH
    try:
        digits.prepare(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart("SAMPLE_FAILED", folder=str(folder), error=reason) from error
    catalog = product.catalog
    if not any(dataset.name == NAME for dataset, _ in catalog.datasets(administrator)):
        volume = product.volumes.named(administrator, "datasets")
        product.datasets.add(administrator, NAME, volume.id, PATH)
    package = sample_package(product.settings.image)
    if not any(known.name == package.name for known in product.packages.all(administrator)):
        product.packages.add(administrator, package)


def sample_package(image: str = "") -> ModelPackage:
    """Return the package of the sample model: it finds handwritten digits on a page. ``image`` is
    the product's own, which has the model's server in it."""
    serve = ("-m", "inference_ui.demo.server", "--port", "{port}")
    container = ContainerLaunch(image=image, command=("python", *serve, "--host", "$(POD_IP)"))
    return ModelPackage(
        name="digits-detector",
        version="1.0.0",
        owner_id="",
        service_type=ServiceType.SELDON,
        launch=PackageLaunch(
            command=("{python}", *serve),
            container=container if image else None,
            ready_timeout_s=120,
        ),
    )
