"""Reading typed values off a tree of YAML: each function returns a value or raises :class:`Wrong`
with line and path."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from inference_ui.backend.capacity.quantities import quantity, size
from inference_ui.backend.cluster.local.inventory_problems import Problem, Wrong
from inference_ui.backend.cluster.local.yaml_tree import Fields, Items, Text, Tree, join

_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)\s*(?P<unit>[^\s\d.][^\s]*)?", re.ASCII)

_LONGEST_AMOUNT = 40
_MIB = 1 << 20
_MOST_MEMORY = 1 << 60
_MOST_CPU_MILLIS = 1_000_000_000


def wrong(tree: Tree, problem: Problem, found: str = "", wanted: str = "") -> Wrong:
    """Return the error for what stands here."""
    return Wrong(problem, tree.line, tree.place, found, wanted)


def fields(tree: Tree, known: Collection[str], needed: Collection[str] = ()) -> Fields:
    """Return the fields of a mapping, those without a value left out."""
    if not isinstance(tree, Fields):
        raise wrong(tree, Problem.NOT_FIELDS)
    for name in tree.values:
        if name not in known:
            raise _unknown(tree, name, known)
    given = {
        name: value
        for name, value in tree.values.items()
        if not (isinstance(value, Text) and value.nothing)
    }
    for name in needed:
        if name not in given:
            line = tree.lines.get(name, tree.line)
            raise Wrong(Problem.MISSING, line, join(tree.place, name), name)
    return Fields(tree.line, tree.place, given, tree.lines)


def _unknown(tree: Fields, name: str, known: Collection[str]) -> Wrong:
    line, place = tree.lines[name], join(tree.place, name)
    near = [one for one in known if name.startswith(f"{one}_")]
    near += get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    if near:
        return Wrong(Problem.MISSPELT_FIELD, line, place, name, near[0])
    return Wrong(Problem.UNKNOWN_FIELD, line, place, name, ", ".join(known))


def items(tree: Tree | None) -> tuple[Tree, ...]:
    """Return the items of a list, none where there is none."""
    if tree is None:
        return ()
    if not isinstance(tree, Items):
        raise wrong(tree, Problem.NOT_LIST)
    return tree.items


def value(tree: Tree) -> Text:
    """Return a single value."""
    if not isinstance(tree, Text) or tree.nothing:
        raise wrong(tree, Problem.NOT_VALUE)
    return tree


def text(tree: Tree | None, default: str = "") -> str:
    """Return a text, without spaces around it."""
    if tree is None:
        return default
    found = value(tree).text.strip()
    if not found:
        raise wrong(tree, Problem.NOT_VALUE)
    return found


def one_of(tree: Tree, choices: Collection[str]) -> str:
    """Return a text that is one of these, however it is capitalised."""
    given = text(tree)
    for choice in choices:
        if choice.lower() == given.lower():
            return choice
    raise wrong(tree, Problem.NOT_ONE_OF, given, ", ".join(choices))


def flag(tree: Tree | None, default: bool) -> bool:
    """Return true or false."""
    if tree is None:
        return default
    found = flag_in(tree)
    if found is None:
        raise wrong(tree, Problem.NOT_FLAG, text(tree))
    return found


def flag_in(tree: Tree) -> bool | None:
    """Return true or false, or None for any other text."""
    given = value(tree)
    word = given.text.lower()
    if not given.plain or word not in (*_TRUE, *_FALSE):
        return None
    return word in _TRUE


def whole(tree: Tree | None, low: int, high: int, default: int = 0) -> int:
    """Return a whole number within these bounds."""
    if tree is None:
        return default
    given = text(tree)
    if not _WHOLE.fullmatch(given):
        raise wrong(tree, Problem.NOT_WHOLE, given)
    if not low <= int(given) <= high:
        raise wrong(tree, Problem.OUT_OF_RANGE, given, f"{low}–{high}")
    return int(given)


def cpu_millis(tree: Tree | None) -> int:
    """Return thousandths of a CPU: ``128``, ``1.5`` or ``500m``; 0 where there is none."""
    if tree is None:
        return 0
    given = text(tree)
    unit = _unit(tree, given, "m")
    if unit not in ("", "m"):
        raise wrong(tree, Problem.UNKNOWN_UNIT, unit, "m")
    found = quantity(given.replace(" ", ""), "m")
    if not 0 < found <= _MOST_CPU_MILLIS:
        raise wrong(tree, Problem.OUT_OF_RANGE, given, "1m–1000000")
    return found


def memory_bytes(tree: Tree | None) -> int:
    """Return the bytes of a size such as ``512GiB``, at least 1 MiB; 0 where there is none."""
    if tree is None:
        return 0
    given = text(tree)
    units = "GiB, MiB, TiB, GB"
    unit = _unit(tree, given, units)
    try:
        found = size(given)
    except ValueError as error:
        if unit and not given.startswith("-"):
            raise wrong(tree, Problem.UNKNOWN_UNIT, unit, units) from error
        raise wrong(tree, Problem.OUT_OF_RANGE, given, "1MiB–1EiB") from error
    if not unit and 0 < found < _MIB:
        raise wrong(tree, Problem.NO_UNIT, given, units)
    if not _MIB <= found <= _MOST_MEMORY:
        raise wrong(tree, Problem.OUT_OF_RANGE, given, "1MiB–1EiB")
    return found


def _unit(tree: Tree, given: str, units: str) -> str:
    amount = _AMOUNT.fullmatch(given[:_LONGEST_AMOUNT])
    if amount is None or len(given) > _LONGEST_AMOUNT:
        raise wrong(tree, Problem.NOT_AMOUNT, given[:_LONGEST_AMOUNT], units)
    return amount["unit"] or ""
