"""A node's cards, as far as its resources, labels and annotations state them.

Kubernetes counts devices and says nothing of slots, so most cards have slot 0. Slices made
beforehand are counted over all cards of a node; which card they are of nothing states either, but
for time-slicing, which cuts every card alike. They stand on *pseudo cards*: one for each kind of
slice, with all of them, and one with those that are broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inference_ui.backend.cluster.kubernetes import hami, names, objects, smlu
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.resources import (
    CardResource,
    Form,
    nvidia_model,
    resource_of,
    slice_of,
)
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard, Slice, VirtualCard

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one unit of a resource is on a certain node: a card of this model, or such a slice."""

    model: str | None
    slice: Slice | None = None


@dataclass(frozen=True, slots=True)
class NodeCards:
    """The cards of a node; by resource what one of it is, where it is not what the name says; by
    UUID which of the cards that device is; and all resources of cards that the node counts, with
    what one of each is."""

    cards: tuple[PhysicalCard, ...]
    meanings: Mapping[str, Meaning]
    devices: Mapping[str, int]
    offers: Mapping[str, Meaning]


def node_cards(node: Json) -> NodeCards:
    """Read the cards of a v1 Node."""
    found = _Reading(node)
    for name in sorted({*found.capacity, *found.allocatable}):
        resource = resource_of(name)
        if resource is not None:
            found.add(name, resource)
    return NodeCards(tuple(found.cards), found.meanings, found.devices, found.offers)


class _Reading:
    """The cards of one node while they are read."""

    def __init__(self, node: Json) -> None:
        self.name = objects.text(objects.part(node, "metadata"), "name")
        self.capacity = objects.part(node, "status", "capacity")
        self.allocatable = objects.part(node, "status", "allocatable")
        self.labels = objects.labels(node)
        self.product = self.labels.get(names.NVIDIA_PRODUCT_LABEL, "")
        self.cards: list[PhysicalCard] = []
        self.meanings: dict[str, Meaning] = {}
        self.devices: dict[str, int] = {}
        self.offers: dict[str, Meaning] = {}
        self._register(hami.registered(objects.notes(node)))
        self._hami = bool(self.devices)

    def add(self, name: str, resource: CardResource) -> None:
        """Add what is counted under a resource's name."""
        usable, every = self._count(name)
        if not every:
            return
        model = self._model(resource)
        self.offers[name] = Meaning(model, resource.slice)
        if name == names.NVIDIA_GPU:
            self._nvidia(model, usable, every)
            self.offers[name] = self.meanings.get(name, self.offers[name])
            return
        if resource.form is Form.SLICE:
            if name == names.NVIDIA_SHARED:
                self._time_slices(model, usable, every)
            else:
                self._pseudo(resource, model, usable, every)
        elif resource.form is Form.CORES:
            units = self._count(f"{resource.family}.{names.CAMBRICON_MEMORY_SUFFIX}")[1]
            self._register(smlu.divisible_cards(self.name, model, (usable, every), units))
        elif resource.form is Form.WHOLE and not self._divided(resource):
            self._whole(resource.accelerator, model, usable, every)
        if resource.model not in (None, model):
            self.meanings[name] = Meaning(model, resource.slice)

    def _nvidia(self, model: str, usable: int, every: int) -> None:
        """``nvidia.com/gpu``: what one of it is depends on how the plugin was set up."""
        if self._hami:  # it counts parts of the cards that are registered
            return
        profile = self.product.removesuffix(names.NVIDIA_SHARED_SUFFIX)
        profile = profile.partition(names.NVIDIA_MIG_INFIX)[2]
        if profile:  # strategy "single": every card of the node is cut alike
            kind = CardResource(
                AcceleratorType.GPU, Form.SLICE, names.NVIDIA_GPU, slice=Slice(profile=profile)
            )
            self._pseudo(kind, model, usable, every)
            self.meanings[names.NVIDIA_GPU] = Meaning(model, kind.slice)
        elif self._is_time_sliced():
            self._time_slices(model, usable, every)
            self.meanings[names.NVIDIA_GPU] = Meaning(model, Slice())
        else:
            self._whole(AcceleratorType.GPU, model, usable, every)

    def _is_time_sliced(self) -> bool:
        """Tell whether ``nvidia.com/gpu`` counts time slices: the plugin may leave it its name."""
        strategy = self.labels.get(names.NVIDIA_SHARING_LABEL, "")
        replicas = self._number(names.NVIDIA_REPLICAS_LABEL)
        shared = replicas > 1 and strategy != names.NVIDIA_NOT_SHARED
        return shared or self.product.endswith(names.NVIDIA_SHARED_SUFFIX)

    def _whole(self, accelerator: AcceleratorType, model: str, usable: int, every: int) -> None:
        memory = self._nvidia_memory() if accelerator is AcceleratorType.GPU else 0
        self.cards.extend(
            PhysicalCard(0, "", model, accelerator, healthy=at < usable, memory_bytes=memory)
            for at in range(max(usable, every))
        )

    def _time_slices(self, model: str, usable: int, every: int) -> None:
        """Every card is cut into the same number of slices, which a label states."""
        each = self._number(names.NVIDIA_REPLICAS_LABEL)
        if each < 1:
            each = -(-every // max(1, self._number(names.NVIDIA_COUNT_LABEL)))
        for healthy, count in ((True, usable), (False, every - usable)):
            for first in range(0, count, each):
                slices = tuple(VirtualCard(n) for n in range(1, min(each, count - first) + 1))
                self._slot_less(AcceleratorType.GPU, model, healthy, slices)

    def _pseudo(self, resource: CardResource, model: str, usable: int, every: int) -> None:
        profile = resource.slice.profile if resource.slice is not None else ""
        for healthy, count in ((True, usable), (False, every - usable)):
            if count > 0:
                slices = tuple(slice_of(profile, number) for number in range(1, count + 1))
                self._slot_less(resource.accelerator, model, healthy, slices)

    def _slot_less(
        self,
        accelerator: AcceleratorType,
        model: str,
        healthy: bool,
        slices: tuple[VirtualCard, ...],
    ) -> None:
        self.cards.append(PhysicalCard(0, "", model, accelerator, healthy, slices=slices))

    def _register(self, devices: tuple[tuple[str, PhysicalCard], ...]) -> None:
        for uuid, card in devices:
            self.devices[uuid] = len(self.cards)
            self.cards.append(card)

    def _divided(self, resource: CardResource) -> bool:
        """Tell whether the same cards are counted again in parts."""
        return self._count(f"{resource.family}.{names.CAMBRICON_CORES_SUFFIX}")[1] > 0

    def _model(self, resource: CardResource) -> str:
        """The label's model is the more exact one: MLU370-X8 under ``cambricon.com/mlu370``."""
        if resource.accelerator is AcceleratorType.GPU:
            return nvidia_model(self.product)
        label = self.labels.get(names.CAMBRICON_MODEL_LABEL, "")
        return refined(resource.model, label) or ""

    def _nvidia_memory(self) -> int:
        return self._number(names.NVIDIA_MEMORY_LABEL) * MIB

    def _number(self, label: str) -> int:
        return objects.whole(self.labels.get(label)) or 0

    def _count(self, name: str) -> tuple[int, int]:
        """Return how many are usable, and how many there are with the broken ones."""
        usable = objects.amount(self.allocatable.get(name))
        return usable, max(usable, objects.amount(self.capacity.get(name)))


def refined(model: str | None, label: str) -> str | None:
    """Return the card model that a resource's name and a label state together: the label's where it
    says the same more exactly, or alone."""
    if model is None:
        return label or None
    return label if label.upper().startswith(model) else model


def models_in(labels: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[AcceleratorType, str]]:
    """Yield the card models that labels ask for (each with the values it may have), where it is one
    alone."""
    for name, accelerator in (
        (names.NVIDIA_PRODUCT_LABEL, AcceleratorType.GPU),
        (names.CAMBRICON_MODEL_LABEL, AcceleratorType.MLU),
    ):
        models = {
            nvidia_model(value) if accelerator is AcceleratorType.GPU else value
            for value in labels.get(name, ())
        }
        if len(models) == 1:
            yield accelerator, models.pop()
