"""YAML as a tree whose parts know their line and path. JSON is a part of YAML.

It is put together from the parser's events instead of by a loader: values stay the text that was
written (``driver: 5.10`` is no number), nothing is constructed, and what could grow without bound
(aliases, nesting) is refused as it is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from inference_ui.backend.cluster.local.inventory_problems import Problem, Wrong

_MOST_LEVELS = 12

# Many times faster; a build of PyYAML without it reads the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Text:
    """A value. ``plain``: written without quotes, so that ``true`` and ``~`` mean what they do."""

    line: int
    place: str
    text: str
    plain: bool

    @property
    def nothing(self) -> bool:
        """Whether it stands for no value at all."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    place: str
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of names to values; ``lines`` are those of the names."""

    line: int
    place: str
    values: dict[str, Tree]
    lines: dict[str, int]


Tree: TypeAlias = Text | Items | Fields


def read_tree(data: bytes) -> Tree:
    """Return the tree of a document in UTF-8.

    Raises :class:`Wrong` with the line for what is no YAML, is empty, has more than one document,
    an anchor, alias or tag, a name twice in a mapping, or more than twelve levels.
    """
    try:
        return _document(_events(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise Wrong(Problem.NOT_TEXT, _line_at(data, error.start)) from error
    except yaml.reader.ReaderError as error:
        raise Wrong(Problem.NOT_TEXT, _line_at(data, error.position)) from error
    except yaml.MarkedYAMLError as error:
        raise Wrong(Problem.NOT_YAML, _line_of(error)) from error


def join(place: str, name: str) -> str:
    """Return the path of a field below a place."""
    return f"{place}.{name}" if place else name


def _events(text: str) -> Iterator[Any]:
    """Yield what is in the document, without what only opens and closes it."""
    documents = 0
    for event in yaml.parse(text, _LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Wrong(Problem.SEVERAL, _line(event))
        if isinstance(event, yaml.CollectionEndEvent | yaml.NodeEvent):
            yield event


def _document(events: Iterator[Any]) -> Tree:
    first = next(events, None)
    if first is None:
        raise Wrong(Problem.EMPTY)
    tree = _tree(first, events, "", 1)
    for _ in events:  # to the end: what follows may not be YAML
        pass
    return tree


def _tree(event: Any, events: Iterator[Any], place: str, level: int) -> Tree:
    line = _line(event)
    if getattr(event, "anchor", None) is not None:
        raise Wrong(Problem.ALIAS, line, place, event.anchor)
    if event.tag is not None:
        raise Wrong(Problem.TAG, line, place, event.tag)
    if isinstance(event, yaml.ScalarEvent):
        return Text(line, place, event.value, plain=not event.style)
    if level > _MOST_LEVELS:
        raise Wrong(Problem.TOO_DEEP, line, place)
    if isinstance(event, yaml.SequenceStartEvent):
        return Items(line, place, tuple(_items(events, place, level)))
    return _fields(events, line, place, level)


def _items(events: Iterator[Any], place: str, level: int) -> Iterator[Tree]:
    number = 0
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield _tree(event, events, f"{place}[{number}]", level + 1)
        number += 1


def _fields(events: Iterator[Any], line: int, place: str, level: int) -> Fields:
    found = Fields(line, place, {}, {})
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            raise Wrong(Problem.BAD_KEY, _line(event), place)
        name = _tree(event, events, place, level)
        assert isinstance(name, Text)  # noqa: S101 - an alias was refused
        inside = join(place, name.text)
        if name.text in found.values:
            raise Wrong(Problem.DUPLICATE_KEY, name.line, inside, name.text)
        found.lines[name.text] = name.line
        found.values[name.text] = _tree(next(events), events, inside, level + 1)
    return found


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _line_at(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _line_of(error: yaml.MarkedYAMLError) -> int:
    """Return the line to look at: for what is not closed, the one that opens it."""
    marks = [error.problem_mark, error.context_mark]
    if "end of stream" in (error.problem or ""):
        marks.reverse()
    return next((mark.line + 1 for mark in marks if mark is not None), 0)
