"""Nodes, cards and demands for tests of the arithmetic of room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from inference_ui.backend.capacity.cards import CardSeat, units
from inference_ui.backend.capacity.fit import Demand, Seat, occupied
from inference_ui.backend.models.compute import (
    AcceleratorType,
    CardUse,
    Node,
    PhysicalCard,
    Placement,
    Resources,
    Slice,
    VirtualCard,
)

GIB = 1 << 30
GPU, MLU = AcceleratorType.GPU, AcceleratorType.MLU


def card(
    slot: int = 1,
    model: str = "x",
    accelerator: AcceleratorType = MLU,
    *,
    memory: int = 0,
    healthy: bool = True,
    used_by: str | None = None,
    slices: tuple[VirtualCard, ...] = (),
    divisible: int = 0,
) -> PhysicalCard:
    return PhysicalCard(
        slot=slot,
        index=str(slot - 1) if slot else "",
        model=model,
        accelerator=accelerator,
        healthy=healthy,
        memory_bytes=memory,
        used_by=used_by,
        slices=slices,
        divisible=divisible,
    )


def cut(slot: int, *profiles: str, model: str = "x") -> PhysicalCard:
    """Return a card cut beforehand; a profile ``2g.10gb`` has 10 GiB and 20 percent."""
    parts = []
    for number, profile in enumerate(profiles, start=1):
        units, _, memory = profile.partition("g.")
        share, gib = int(units) * 10, int(memory.removesuffix("gb"))
        parts.append(VirtualCard(number, None, profile, gib * GIB, share))
    return card(slot, model, slices=tuple(parts))


def node(
    name: str = "a", *cards: PhysicalCard, cpu: int = 4000, memory: int = 8000, models: str = ""
) -> Node:
    """Return a node; each letter of ``models`` is a whole card besides, ``g`` a GPU."""
    whole = tuple(
        card(slot, letter, GPU if letter == "g" else MLU)
        for slot, letter in enumerate(models, start=len(cards) + 1)
    )
    return Node(name, True, "Linux", "6", cpu, memory, cards=(*cards, *whole))


def wants(
    cards: int = 0,
    part: Slice | None = None,
    *,
    cpu: int = 0,
    memory: int = 0,
    model: str | None = None,
    accelerator: AcceleratorType = MLU,
) -> Resources:
    kind = accelerator if cards else AcceleratorType.CPU
    return Resources(
        cpu_millis=cpu,
        memory_bytes=memory,
        accelerator=kind,
        card_model=model,
        cards=cards,
        slice=part,
    )


def demand(
    resources: Resources,
    replicas: int = 1,
    placement: Placement | None = None,
    *,
    name: str = "w",
    companion: Resources | None = None,
    since: float = 0.0,
) -> Demand:
    return Demand(
        name, f"app-{name}", resources, replicas, placement or Placement(), companion, since
    )


def _with_uses(base: Node, uses: int) -> Node:
    unplaced = (CardUse("stranger", uses, MLU),) if uses else ()
    return replace(base, unplaced=unplaced)


def _with_slices(base: Node, used: Iterable[Slice]) -> Node:
    return replace(base, unplaced=tuple(CardUse("stranger", 1, MLU, None, one) for one in used))


_slotless = st.builds(
    lambda count, uses: _with_uses(node("n", *[card(0)] * count), min(uses, count)),
    st.integers(0, 4),
    st.integers(0, 3),
)
_whole = st.text("xyg", max_size=5).map(lambda models: node("n", models=models))
_cut = st.lists(
    st.lists(st.sampled_from(["1g.5gb", "2g.10gb"]), min_size=1, max_size=4), max_size=2
).map(lambda cards: node("n", *[cut(at, *one) for at, one in enumerate(cards, start=1)]))
_pseudo = st.builds(
    lambda profiles, used: _with_slices(
        node("n", cut(0, *profiles)), [Slice(profile=one) for one in profiles[:used]]
    ),
    st.lists(st.sampled_from(["1g.5gb", "2g.10gb"]), min_size=1, max_size=4),
    st.integers(0, 3),
)
_divisible = st.builds(
    lambda count, most, used: _with_slices(
        node("n", *[card(at + 1, memory=40 * GIB, divisible=most) for at in range(count)]),
        used if count else [],
    ),
    st.integers(0, 3),
    st.integers(1, 4),
    st.sampled_from([[], [Slice(share=30)], [Slice(memory_bytes=10 * GIB)]]),
)


def _named(drawn: list[tuple[Node, int, int]]) -> list[Node]:
    return [
        replace(one, name=f"n{at}", cpu_millis=cpu, memory_bytes=memory)
        for at, (one, cpu, memory) in enumerate(drawn)
    ]


clusters = st.lists(
    st.tuples(
        st.one_of(_slotless, _whole, _cut, _pseudo, _divisible),
        st.integers(0, 8000),
        st.integers(0, 9000),
    ),
    min_size=1,
    max_size=4,
).map(_named)
"""Some nodes with all sorts of cards, named n0, n1, …"""

parts = st.one_of(
    st.none(),
    st.sampled_from(
        [
            Slice(),
            Slice(profile="1g.5gb"),
            Slice(memory_bytes=10 * GIB),
            Slice(share=30),
            Slice(memory_bytes=4 * GIB, share=20),
        ]
    ),
)
requests = st.builds(
    lambda cards, part, cpu, memory, model: wants(
        cards, part if cards else None, cpu=cpu, memory=memory, model=model
    ),
    st.integers(0, 3),
    parts,
    st.integers(0, 3000),
    st.integers(0, 5000),
    st.sampled_from([None, "x", "y"]),
)


def queue_of(drawn: list[tuple[Resources, int, float, bool]]) -> list[Demand]:
    """Return demands named "0", "1", …, the longest waiting first."""
    ordered = sorted(drawn, key=lambda one: one[2])
    return [
        demand(
            resources,
            replicas,
            name=str(at),
            since=since,
            companion=wants(cpu=500, memory=100) if client else None,
        )
        for at, (resources, replicas, since, client) in enumerate(ordered)
    ]


queues = st.lists(
    st.tuples(requests, st.integers(1, 4), st.floats(0, 4000).map(round).map(float), st.booleans()),
    max_size=7,
).map(queue_of)
"""Demands that wait since some second between 0 and 4000, some of them with a client."""


def assert_nothing_is_given_twice(
    before: Sequence[Node], taken: Iterable[tuple[str, Resources, Seat]]
) -> None:
    """Seats are taken one by one: each card or slice must be there and free at its turn."""
    now: tuple[Node, ...] = tuple(before)
    for one in taken:
        _, resources, place = one
        room = next(node for node in now if node.name == place.node)
        assert len(place.cards) == resources.cards
        stated = [seat for seat in place.cards if seat.slot]
        assert len(set(stated)) == len(stated)
        if resources.cards:
            assert units(room, resources) >= resources.cards
        for given in place.cards:
            _assert_is_free(room, resources, given)
        now = occupied(now, [one])
    for after in now:
        assert after.used_cpu_millis <= after.cpu_millis
        assert after.used_memory_bytes <= after.memory_bytes


def _assert_is_free(room: Node, resources: Resources, given: CardSeat) -> None:
    if not given.slot:
        assert given.number is None
        return
    one = next(found for found in room.cards if found.slot == given.slot)
    assert one.healthy
    assert one.used_by is None
    assert one.accelerator is MLU
    assert resources.card_model in (None, one.model)
    held = {part.number: part.used_by for part in one.slices}
    if given.number is None:
        assert not held
    elif one.divisible:
        assert given.number not in held
    else:
        assert held[given.number] is None
