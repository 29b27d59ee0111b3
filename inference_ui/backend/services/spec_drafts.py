"""A compute spec as a form holds it: texts to a spec, a spec to texts, and what is wrong with them.

Nothing here asks the database or the cluster; ``services.specs`` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from inference_ui.backend.capacity.cards import WHOLE_SHARE
from inference_ui.backend.capacity.quantities import quantity, size
from inference_ui.backend.errors import Message, Refused
from inference_ui.backend.models.compute import AcceleratorType, Resources, Slice, Toleration
from inference_ui.backend.services.names import invisible, name_problem

_T = TypeVar("_T")

MAX_CPUS = 10_000
MAX_MEMORY = 1 << 50
MIN_MEMORY = 1 << 20
MAX_CARDS = 64
MAX_LABEL = 64
"""Of a card model or a profile, in characters."""

MAX_TOLERATIONS = 32
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

_LONGEST_AMOUNT = 32
_SHOWN = 40
_CPUS = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)m?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_RUNTIME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_UNITS = tuple(
    (f"{prefix}{letter}B", base**power)
    for letter, base in (("i", 1024), ("", 1000))
    for power, prefix in enumerate("KMGTP", start=1)
)

Problems: TypeAlias = dict[str, Message]
"""What is wrong, by the field of the draft."""


@dataclass(frozen=True, slots=True)
class SpecDraft:
    """What the form holds, as it was typed. ``cpu`` in cores (``0.5``, ``500m``), ``memory`` and
    ``slice_memory`` with a unit (``4GiB``), ``sliced`` is ``"1"`` for slices of cards instead of
    whole ones, ``slice_share`` percent. ``tolerations``: one a line, ``key=value:Effect``, of which
    value and effect may be left out. What does not belong to the ``accelerator`` is passed over."""

    name: str
    cpu: str = ""
    memory: str = ""
    accelerator: str = "CPU"
    card_model: str = ""
    cards: str = ""
    sliced: str = ""
    slice_profile: str = ""
    slice_memory: str = ""
    slice_share: str = ""
    tolerations: str = ""
    runtime_class: str = ""


def draft_of(name: str, resources: Resources) -> SpecDraft:
    """Return resources as one would type them."""
    part = resources.slice
    return SpecDraft(
        name=name,
        cpu=f"{resources.cpu_millis / 1000:.3f}".rstrip("0").rstrip("."),
        memory=size_text(resources.memory_bytes),
        accelerator=str(resources.accelerator),
        card_model=resources.card_model or "",
        cards=str(resources.cards) if resources.cards else "",
        sliced="1" if part is not None else "",
        slice_profile=part.profile if part else "",
        slice_memory=size_text(part.memory_bytes) if part and part.memory_bytes else "",
        slice_share=str(part.share) if part and part.share else "",
        tolerations="\n".join(toleration_text(one) for one in resources.tolerations),
        runtime_class=resources.runtime_class or "",
    )


def size_text(count: int) -> str:
    """Return bytes exactly, in the unit that makes the shortest text: ``48GiB``, ``1536MiB``."""
    texts = [f"{count // factor}{unit}" for unit, factor in _UNITS if count % factor == 0]
    return min([*texts, f"{count}B"], key=len)


def toleration_text(one: Toleration) -> str:
    """Return a toleration as one would type it."""
    value = f"={one.value}" if one.value is not None else ""
    return f"{one.key}{value}:{one.effect}" if one.effect else f"{one.key}{value}"


def read_draft(draft: SpecDraft) -> tuple[Resources | None, Problems]:
    """Return what a draft asks for, None while something is wrong with it, and what that is."""
    problems: Problems = {}
    name = name_problem(draft.name)
    if name is not None:
        problems["name"] = name
    take = _Taker(problems)
    cpu, memory = take("cpu", _cpu, draft.cpu), take("memory", _memory, draft.memory)
    kind = take("accelerator", _accelerator, draft.accelerator)
    tolerations = take("tolerations", _tolerations, draft.tolerations)
    runtime_class = take("runtime_class", _runtime_class, draft.runtime_class)
    with_cards = kind in (AcceleratorType.GPU, AcceleratorType.MLU)
    model = take.label("card_model", draft.card_model if with_cards else "")
    cards = take("cards", _cards, draft.cards) if with_cards else 0
    part = _part(take, draft) if with_cards and draft.sliced else None
    if problems:
        return None, problems
    resources = Resources(
        cpu_millis=cpu or 0,
        memory_bytes=memory or 0,
        accelerator=kind or AcceleratorType.CPU,
        card_model=model or None,
        cards=cards or 0,
        slice=part,
        tolerations=tolerations or (),
        runtime_class=runtime_class or None,
    )
    return resources, problems


class _Wrong(Refused):
    """A text that cannot be used; raised by what reads it."""


@dataclass(frozen=True, slots=True)
class _Taker:
    """Reads one field after the other, and keeps what is wrong. Full-width letters and digits are
    taken as plain ones, but not in what must be as the cluster calls it (``label``)."""

    problems: Problems

    def __call__(self, name: str, read: Callable[[str], _T], text: str) -> _T | None:
        try:
            return read(unicodedata.normalize("NFKC", text).strip())
        except _Wrong as wrong:
            self.problems[name] = wrong.message
            return None

    def label(self, name: str, text: str) -> str | None:
        try:
            return _label(text.strip())
        except _Wrong as wrong:
            self.problems[name] = wrong.message
            return None


def _part(take: _Taker, draft: SpecDraft) -> Slice:
    return Slice(
        profile=take.label("slice_profile", draft.slice_profile) or "",
        memory_bytes=take("slice_memory", _slice_memory, draft.slice_memory) or 0,
        share=take("slice_share", _share, draft.slice_share) or 0,
    )


def _cpu(text: str) -> int:
    if not text:
        raise _Wrong("SPEC_CPU_EMPTY")
    if len(text) > _LONGEST_AMOUNT or not _CPUS.fullmatch(text):
        raise _Wrong("SPEC_CPU_FORM", given=text[:_SHOWN])
    millis = quantity(text, "m")
    if not 0 < millis <= MAX_CPUS * 1000:
        raise _Wrong("SPEC_CPU_RANGE", max=MAX_CPUS)
    return millis


def _memory(text: str) -> int:
    if not text:
        raise _Wrong("SPEC_MEMORY_EMPTY")
    count = _bytes(text)
    if not MIN_MEMORY <= count <= MAX_MEMORY:
        raise _Wrong("SPEC_MEMORY_RANGE", min=MIN_MEMORY, max=MAX_MEMORY)
    return count


def _slice_memory(text: str) -> int:
    return _memory(text) if text else 0


def _bytes(text: str) -> int:
    if re.fullmatch(r"\+?(\d+\.?\d*|\.\d+)", text, re.ASCII):
        raise _Wrong("SPEC_MEMORY_UNIT", given=text[:_SHOWN])
    if len(text) > _LONGEST_AMOUNT:
        raise _Wrong("SPEC_MEMORY_FORM", given=text[:_SHOWN])
    if text.startswith("-"):
        raise _Wrong("SPEC_MEMORY_RANGE", min=MIN_MEMORY, max=MAX_MEMORY)
    try:
        return size(text)
    except ValueError:
        raise _Wrong("SPEC_MEMORY_FORM", given=text[:_SHOWN]) from None


def _accelerator(text: str) -> AcceleratorType:
    try:
        return AcceleratorType(text.upper())
    except ValueError:
        raise _Wrong("REQUIRED") from None


def _cards(text: str) -> int:
    if not text:
        raise _Wrong("SPEC_CARDS_EMPTY", max=MAX_CARDS)
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MAX_CARDS:
        raise _Wrong("SPEC_CARDS_RANGE", given=text[:_SHOWN], max=MAX_CARDS)
    return int(text)


def _share(text: str) -> int:
    number = text.removesuffix("%").strip()
    if not text:
        return 0
    if not _WHOLE.fullmatch(number) or not 1 <= int(number) <= WHOLE_SHARE:
        raise _Wrong("SPEC_SHARE_RANGE", given=text[:_SHOWN])
    return int(number)


def _label(text: str) -> str:
    if len(text) > MAX_LABEL:
        raise _Wrong("SPEC_LABEL_TOO_LONG", max=MAX_LABEL, length=len(text))
    for character in text:
        if invisible(character):
            raise _Wrong("SPEC_INVISIBLE_CHARACTER", character=f"U+{ord(character):04X}")
    return text


def _tolerations(text: str) -> tuple[Toleration, ...]:
    lines = [line.strip() for line in text.splitlines()]
    found: dict[Toleration, None] = {}
    for number, line in enumerate(lines, start=1):
        if line:
            found[_toleration(line, number)] = None
    if len(found) > MAX_TOLERATIONS:
        raise _Wrong("SPEC_TOLERATIONS_MANY", max=MAX_TOLERATIONS)
    return tuple(found)


def _toleration(line: str, number: int) -> Toleration:
    words, colon, given = line.partition(":")
    key, equals, value = (word.strip() for word in words.partition("="))
    effects = {effect.lower(): effect for effect in EFFECTS}
    effect = effects.get(given.strip().lower(), "")
    if colon and not effect:
        raise _Wrong("SPEC_TOLERATION_EFFECT", line=number, given=given.strip()[:_SHOWN])
    if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
        raise _Wrong("SPEC_TOLERATION_FORM", line=number, given=line[:_SHOWN])
    return Toleration(key=key, value=value if equals else None, effect=effect)


def _runtime_class(text: str) -> str:
    if text and not _RUNTIME.fullmatch(text):
        raise _Wrong("SPEC_RUNTIME_CLASS_FORM", given=text[:_SHOWN])
    return text
