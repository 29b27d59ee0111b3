"""From what a spec asks for to resources and node labels, by what the nodes offer. Pure.

A spec names a model and perhaps a kind of slice; a pod must name a resource. Which one stands for
it differs from node to node, so the nodes are asked; where none offers it, the most usual name is
asked for, and the scheduler says that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inference_ui.backend.cluster.kubernetes import hami, names, smlu
from inference_ui.backend.cluster.kubernetes.nodes import NodeBase
from inference_ui.backend.cluster.kubernetes.resources import (
    CardResource,
    Form,
    resource_of,
    slice_of,
)
from inference_ui.backend.models.compute import AcceleratorType, Resources, Slice


@dataclass(frozen=True, slots=True)
class CardNeed:
    """Resources by name with their amounts, and the values that a label of the node may have."""

    amounts: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Offer:
    """A resource that a node offers, and what it calls the model of its cards."""

    name: str
    resource: CardResource
    model: str
    slice: Slice | None
    label: str


def card_need(asked: Resources, nodes: Iterable[NodeBase]) -> CardNeed:
    """Return what a pod must request to get the cards asked for."""
    if asked.accelerator is AcceleratorType.CPU or not asked.cards:
        return CardNeed()
    offers = [one for base in nodes for one in _offers(base, asked)]
    if asked.slice is None:
        return _whole(asked, offers)
    if asked.slice.profile:
        return _cut(asked, offers, asked.slice.profile)
    if asked.slice.memory_bytes or asked.slice.share:
        return _sized(asked, asked.slice, offers)
    return _shared(asked, offers)


def _offers(base: NodeBase, asked: Resources) -> Iterator[_Offer]:
    """Yield what a node offers of the accelerator and the model asked for."""
    label = base.model_labels.get(_model_label(asked), "")
    for name, meaning in base.offers.items():
        resource = resource_of(name)
        if resource is None or resource.accelerator is not asked.accelerator:
            continue
        if asked.card_model in (None, meaning.model):
            yield _Offer(name, resource, meaning.model or "", meaning.slice, label)


def _whole(asked: Resources, offers: Iterable[_Offer]) -> CardNeed:
    def fits(one: _Offer) -> bool:
        return one.resource.form is Form.WHOLE and one.slice is None

    return _chosen(asked, filter(fits, offers), _family(asked), asked.cards)


def _cut(asked: Resources, offers: Iterable[_Offer], profile: str) -> CardNeed:
    def fits(one: _Offer) -> bool:
        return one.slice is not None and one.slice.profile == profile

    if asked.accelerator is AcceleratorType.GPU:
        usual = f"{names.NVIDIA_MIG_PREFIX}{profile}"
    else:
        usual = f"{_family(asked)}.{names.CAMBRICON_MIM_PREFIX}{profile}"
    return _chosen(asked, filter(fits, offers), usual, asked.cards)


def _shared(asked: Resources, offers: Iterable[_Offer]) -> CardNeed:
    def fits(one: _Offer) -> bool:
        return one.slice == Slice()

    suffix = names.CAMBRICON_SHARE_SUFFIX
    gpu = asked.accelerator is AcceleratorType.GPU
    usual = names.NVIDIA_SHARED if gpu else f"{_family(asked)}.{suffix}"
    return _chosen(asked, filter(fits, offers), usual, asked.cards)


def _sized(asked: Resources, wanted: Slice, offers: list[_Offer]) -> CardNeed:
    """A slice of a size: the smallest of those cut beforehand that is large enough, else a part of
    a card that is divided as it is asked for."""
    large = sorted(
        (found.memory_bytes, found.share, one.slice.profile)
        for one in offers
        if one.slice is not None
        and one.slice.profile
        and (found := slice_of(one.slice.profile)).memory_bytes >= wanted.memory_bytes
        and found.share >= wanted.share
    )
    if large:
        return _cut(asked, offers, large[0][2])
    if asked.accelerator is AcceleratorType.MLU:
        return _part_of_mlu(asked, wanted, offers)
    need = _chosen(asked, _named(offers, names.NVIDIA_GPU), names.NVIDIA_GPU, asked.cards)
    parts = {
        names.HAMI_GPU_MEMORY: -(-wanted.memory_bytes // hami.MIB),
        names.HAMI_GPU_CORES: wanted.share,
    }
    return CardNeed({**need.amounts, **_positive(parts)}, need.labels)


def _part_of_mlu(asked: Resources, wanted: Slice, offers: list[_Offer]) -> CardNeed:
    divided = (one for one in offers if one.resource.form is Form.CORES)
    usual = f"{_family(asked)}.{names.CAMBRICON_CORES_SUFFIX}"
    need = _chosen(asked, divided, usual, max(1, wanted.share) * asked.cards)
    [cores] = need.amounts
    memory = cores.removesuffix(names.CAMBRICON_CORES_SUFFIX) + names.CAMBRICON_MEMORY_SUFFIX
    units = -(-wanted.memory_bytes // smlu.MEMORY_UNIT) * asked.cards
    return CardNeed({**need.amounts, **_positive({memory: units})}, need.labels)


def _chosen(asked: Resources, fitting: Iterable[_Offer], usual: str, amount: int) -> CardNeed:
    """Return the need for the resource that most nodes offer, of those that fit."""
    found = list(fitting)
    by_name = {one.name: one.resource for one in found}
    name = max(by_name, key=_count(found), default=usual)
    if asked.card_model is None or _says_model(name, asked.card_model):
        return CardNeed({name: amount})
    values = {one.label for one in found if one.name == name and one.label}
    if not values:
        values = _usual_labels(asked.accelerator, asked.card_model)
    return CardNeed({name: amount}, {_model_label(asked): tuple(sorted(values))})


def _count(found: list[_Offer]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (sum(one.name == name for one in found), name)


def _says_model(resource: str, model: str) -> bool:
    found = resource_of(resource)
    return found is not None and found.model == model


def _named(offers: Iterable[_Offer], name: str) -> Iterator[_Offer]:
    return (one for one in offers if one.name == name)


def _family(asked: Resources) -> str:
    gpu = asked.accelerator is AcceleratorType.GPU
    return names.NVIDIA_GPU if gpu else names.CAMBRICON_PREFIX


def _model_label(asked: Resources) -> str:
    gpu = asked.accelerator is AcceleratorType.GPU
    return names.NVIDIA_PRODUCT_LABEL if gpu else names.CAMBRICON_MODEL_LABEL


def _usual_labels(accelerator: AcceleratorType, model: str) -> set[str]:
    if accelerator is AcceleratorType.GPU:
        return {model, f"{names.NVIDIA_MODEL_PREFIX}{model}"}
    return {model}


def _positive(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if amount > 0}
