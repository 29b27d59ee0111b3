"""Reading the catalogues: modules of sentences become parsed messages, checked as they are read.

A parsed message is plain data (:data:`Parts`), so that the same one is rendered in Python and,
as JSON, in the browser. Must not import Reflex: the command line and the services' answers use it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

LOCALES = ("zh", "en")

Parts: TypeAlias = list[Any]
"""Text, or ``{"a": argument, "k": kind}``, or ``{"a": argument, "p" | "s": {case: Parts}}``."""

KINDS = frozenset({"text", "number", "milli", "duration", "size"})
_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*")
_CASE = re.compile(r"\s*([A-Za-z0-9_./-]+)\s*\{")


class CatalogueError(ValueError):
    """A catalogue cannot be read: a sentence is malformed, or a key is there twice."""


@cache
def messages(locale: str) -> Mapping[str, Parts]:
    """Return all messages of ``locale`` by their key ``area.name``."""
    package = importlib.import_module(f"inference_ui.i18n.{locale}")
    found: dict[str, Parts] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for name, sentence in module.TEXT.items():
            key = f"{module.AREA}.{name}"
            if key in found:
                raise CatalogueError(f"{locale}: {key} is there twice")
            try:
                found[key] = parse(sentence)
            except CatalogueError as error:
                raise CatalogueError(f"{locale}: {key}: {error}") from error
    return found


def arguments(parts: Parts) -> frozenset[str]:
    """Return the names of the arguments that a message takes."""
    return frozenset(_arguments(parts))


def _arguments(parts: Parts) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            continue
        yield part["a"]
        for branch in (part.get("p") or part.get("s") or {}).values():
            yield from _arguments(branch)


def parse(sentence: str) -> Parts:
    """Parse one sentence; raises :class:`CatalogueError` when it is malformed."""
    parts, end = _parse(sentence, 0, counted=None)
    if end != len(sentence):
        raise CatalogueError(f"unexpected }} at {end}")
    return parts


def _parse(text: str, at: int, counted: str | None) -> tuple[Parts, int]:
    parts: Parts = []
    start = at
    while at < len(text) and text[at] != "}":
        if text[at] != "{" and not (text[at] == "#" and counted):
            at += 1
            continue
        if at > start:
            parts.append(text[start:at])
        if text[at] == "#":
            parts.append({"a": counted, "k": "number"})
            at += 1
        else:
            part, at = _placeholder(text, at + 1)
            parts.append(part)
        start = at
    if at > start:
        parts.append(text[start:at])
    return parts, at


def _placeholder(text: str, at: int) -> tuple[dict[str, Any], int]:
    name, at = _word(text, at)
    if text[at : at + 1] == "}":
        return {"a": name, "k": "text"}, at + 1
    if text[at : at + 1] != ",":
        raise CatalogueError(f"expected , or }} at {at}")
    kind, at = _word(text, at + 1)
    if kind in ("plural", "select"):
        cases, at = _cases(text, at, name if kind == "plural" else None)
        return {"a": name, kind[0]: cases}, at
    if kind not in KINDS or text[at : at + 1] != "}":
        raise CatalogueError(f"no such kind of placeholder: {kind}")
    return {"a": name, "k": kind}, at + 1


def _cases(text: str, at: int, counted: str | None) -> tuple[dict[str, Parts], int]:
    if text[at : at + 1] != ",":
        raise CatalogueError(f"expected , at {at}")
    at += 1
    cases: dict[str, Parts] = {}
    while match := _CASE.match(text, at):
        cases[match[1]], at = _parse(text, match.end(), counted)
        if text[at : at + 1] != "}":
            raise CatalogueError("a case is not closed")
        at += 1
    closing = re.compile(r"\s*\}").match(text, at)
    if closing is None or "other" not in cases:
        raise CatalogueError("a choice is not closed, or has no case other")
    return cases, closing.end()


def _word(text: str, at: int) -> tuple[str, int]:
    match = _NAME.match(text, at)
    if match is None:
        raise CatalogueError(f"expected a name at {at}")
    return match[1], match.end()
