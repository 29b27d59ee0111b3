"""Uses of cards that stand on no card, as Kubernetes knows most of them: how many they are."""

from __future__ import annotations

from inference_ui.backend.models.compute import CardUse, Node, Resources, Slice


def whole_cards(node: Node, resources: Resources) -> int:
    """Return how many whole cards that may be of this kind are in use somewhere on the node."""
    used = 0
    for use in node.unplaced:
        if use.slice is None and _may_be(use, resources):
            used += use.cards
    return used


def slices_alike(node: Node, resources: Resources, wanted: Slice) -> int | None:
    """Return how many slices of just this sort stand nowhere, which is quickly deducted; None where
    other uses may be of the same cards, so that they must be settled to count what is left."""
    divisible = any(card.divisible for card in node.cards) if node.unplaced else False
    used = 0
    for use in node.unplaced:
        if not _may_be(use, resources):
            continue
        if use.slice is None:
            if divisible:
                return None
        elif _same(use.slice, wanted):
            used += use.cards
        elif divisible or not _differ(use.slice, wanted):
            return None
    return used


def may_divide(node: Node) -> bool:
    """Tell whether slices that stand nowhere may be parts of cards that look whole."""
    for use in node.unplaced:
        if use.slice is not None:
            return any(card.divisible for card in node.cards)
    return False


def _may_be(use: CardUse, resources: Resources) -> bool:
    return use.accelerator is resources.accelerator and (
        None in (use.model, resources.card_model) or use.model == resources.card_model
    )


def _same(one: Slice, other: Slice) -> bool:
    """Compare field by field, which is quicker than pydantic does it."""
    return (
        one.profile == other.profile
        and one.memory_bytes == other.memory_bytes
        and one.share == other.share
    )


def _differ(one: Slice, other: Slice) -> bool:
    """Tell whether no slice that was cut beforehand is both."""
    return bool(one.profile and other.profile) and one.profile != other.profile
