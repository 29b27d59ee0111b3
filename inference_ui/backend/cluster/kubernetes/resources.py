"""What the name of a resource means: whole cards, slices of a kind, or parts of a divisible card.

NVIDIA: https://github.com/NVIDIA/k8s-device-plugin (time-slicing, MIG strategies). Cambricon:
https://github.com/Cambricon/cambricon-k8s-device-plugin (env-share, mim, dynamic-smlu).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.models.compute import AcceleratorType, Slice, VirtualCard

GIB = 1 << 30

# A100, A800, H100, H200, B200 have seven compute slices to give to MIG instances, so "1g" is a
# seventh of them (https://docs.nvidia.com/datacenter/tesla/mig-user-guide/). The A30 has four: its
# share comes out too small, so that a request for a share never gets less than it asked for.
_MIG_COMPUTE_SLICES = 7
_MIG = re.compile(r"(\d{1,3})g\.(\d{1,5})gb(?:\.me|\+me)?", re.ASCII)
_MIM = re.compile(r"\d{1,3}m\.(\d{1,5})gb", re.ASCII)
_MLU = re.compile(r"(\d[\w-]*)?(?:\.(.+))?", re.ASCII)


class Form(Enum):
    """What is counted under a resource's name."""

    WHOLE = "cards"
    SLICE = "slices that were cut beforehand"
    CORES = "percent of the compute of divisible cards"
    MEMORY = "units of the memory of divisible cards"


@dataclass(frozen=True, slots=True)
class CardResource:
    """A resource of accelerator cards. ``family``: its name without the suffix that says what is
    counted; ``model``: as far as the name tells."""

    accelerator: AcceleratorType
    form: Form
    family: str
    model: str | None = None
    slice: Slice | None = None


@lru_cache(maxsize=4096)
def resource_of(name: str) -> CardResource | None:
    """Return what is counted under this name; None if it is not a resource of cards."""
    if name == names.NVIDIA_GPU:
        return CardResource(AcceleratorType.GPU, Form.WHOLE, name)
    if name == names.NVIDIA_SHARED:
        return CardResource(AcceleratorType.GPU, Form.SLICE, names.NVIDIA_GPU, slice=Slice())
    if name.startswith(names.NVIDIA_MIG_PREFIX):
        profile = name.removeprefix(names.NVIDIA_MIG_PREFIX)
        kind = Slice(profile=profile)
        return CardResource(AcceleratorType.GPU, Form.SLICE, names.NVIDIA_GPU, slice=kind)
    return _cambricon(name) if name.startswith(names.CAMBRICON_PREFIX) else None


def slice_of(profile: str, number: int = 1) -> VirtualCard:
    """Return a slice made beforehand, with the memory and the share that its name tells."""
    if found := _MIG.fullmatch(profile):
        share = int(found[1]) * 100 // _MIG_COMPUTE_SLICES
        return VirtualCard(
            number, profile=profile, memory_bytes=int(found[2]) * GIB, share=min(100, share)
        )
    if found := _MIM.fullmatch(profile):  # nothing says how many units of compute the card has
        return VirtualCard(number, profile=profile, memory_bytes=int(found[1]) * GIB)
    return VirtualCard(number, profile=profile)


def nvidia_model(product: str) -> str:
    """Return the model of a card: ``NVIDIA-A100-SXM4-80GB-MIG-1g.10gb-SHARED`` is an
    ``A100-SXM4-80GB``."""
    model = product.strip().replace(" ", "-").removesuffix(names.NVIDIA_SHARED_SUFFIX)
    model = model.partition(names.NVIDIA_MIG_INFIX)[0]
    while model.startswith(names.NVIDIA_MODEL_PREFIX):  # HAMi puts it before names that have it
        model = model.removeprefix(names.NVIDIA_MODEL_PREFIX)
    return model


def _cambricon(name: str) -> CardResource | None:
    found = _MLU.fullmatch(name.removeprefix(names.CAMBRICON_PREFIX))
    if found is None:
        return None
    model = f"{names.CAMBRICON_MODEL_PREFIX}{found[1].upper()}" if found[1] else None
    family = f"{names.CAMBRICON_PREFIX}{found[1] or ''}"
    suffix = found[2] or ""
    forms = {
        "": Form.WHOLE,
        names.CAMBRICON_SHARE_SUFFIX: Form.SLICE,
        names.CAMBRICON_CORES_SUFFIX: Form.CORES,
        names.CAMBRICON_MEMORY_SUFFIX: Form.MEMORY,
    }
    kind = Slice() if suffix == names.CAMBRICON_SHARE_SUFFIX else None
    if suffix.startswith(names.CAMBRICON_MIM_PREFIX):
        profile = suffix.removeprefix(names.CAMBRICON_MIM_PREFIX)
        return CardResource(AcceleratorType.MLU, Form.SLICE, family, model, Slice(profile=profile))
    if suffix not in forms:
        return None
    return CardResource(AcceleratorType.MLU, forms[suffix], family, model, kind)
