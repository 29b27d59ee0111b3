"""The protocols that inference servers speak: one small module each.

Adding a service type is adding a module and naming it in ``ServiceType`` and :func:`protocol_of`.
"""

from __future__ import annotations

from enum import StrEnum


class ServiceType(StrEnum):
    """The protocol of an inference server (服务类型)."""

    SELDON = "SELDON"
    TENSORFLOW_SERVING = "TENSORFLOW_SERVING"
    KSERVE_V1 = "KSERVE_V1"
    OPEN_INFERENCE_V2 = "OPEN_INFERENCE_V2"
    OPENAI = "OPENAI"
    CUSTOM = "CUSTOM"
