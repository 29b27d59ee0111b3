"""The protocols that inference servers speak: one small module each.

Adding a service type is adding a module and naming it in ``ServiceType`` and :func:`protocol_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from inference_ui.backend.protocols import (
    custom,
    kserve_v1,
    open_inference_v2,
    openai,
    seldon,
    tensorflow_serving,
)
from inference_ui.backend.protocols.contract import (
    ImageRequest,
    Paths,
    Readiness,
    ServiceProtocol,
)

__all__ = ["ImageRequest", "Readiness", "ServiceProtocol", "ServiceType", "protocol_of"]


class ServiceType(StrEnum):
    """The protocol of an inference server (服务类型)."""

    SELDON = "SELDON"
    TENSORFLOW_SERVING = "TENSORFLOW_SERVING"
    KSERVE_V1 = "KSERVE_V1"
    OPEN_INFERENCE_V2 = "OPEN_INFERENCE_V2"
    OPENAI = "OPENAI"
    CUSTOM = "CUSTOM"


_PROTOCOLS: dict[ServiceType, Callable[[Paths, ImageRequest], ServiceProtocol]] = {
    ServiceType.SELDON: seldon.protocol,
    ServiceType.TENSORFLOW_SERVING: tensorflow_serving.protocol,
    ServiceType.KSERVE_V1: kserve_v1.protocol,
    ServiceType.OPEN_INFERENCE_V2: open_inference_v2.protocol,
    ServiceType.OPENAI: openai.protocol,
    ServiceType.CUSTOM: custom.protocol,
}


def protocol_of(
    service_type: str,
    *,
    model_name: str = "",
    predict_path: str | None = None,
    readiness_path: str | None = None,
    image_request: ImageRequest | None = None,
) -> ServiceProtocol:
    """Return the protocol of a service type.

    ``model_name`` may carry a version, ``name/versions/3``, where the protocol knows versions.
    The paths, when given, replace the protocol's own. Raises ``ValueError`` for an unknown type
    and for a template without ``{image}``.
    """
    paths = Paths(model_name, predict_path or None, readiness_path or None)
    return _PROTOCOLS[ServiceType(service_type)](paths, image_request or ImageRequest())
