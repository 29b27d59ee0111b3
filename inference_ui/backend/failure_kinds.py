"""Of what kind a failure is: its cause and the server's words without what differs per item.

Two failures are of one kind when their causes are the same and their words are, once numbers, ids,
paths, times and quoted values are taken out: ``timeout after 61.2 s`` and ``timeout after 60.9 s``
are, ``model queue is full`` and ``overloaded`` are not. A kind has a short key that stays the same
wherever it is worked out: the batch client groups by it, addresses and retries name kinds by it.

Pure. Imports nothing of the product, so that the batch client and the services can share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import blake2b

NOT = "!"
"""Stands before the key of a kind that a choice leaves out of its cause."""

_MAX_WORDS = 600
"""Characters of the words that tell kinds apart; servers append whole tracebacks and requests."""
_REMEMBERED = 4096
_REMEMBERED_WORDS = 16_384
_ROUNDS = 8
_LONG = 20
"""From so many characters on, letters and digits mixed are an id or an encoding."""
_QUOTES_CONTENT = frozenset(("ANSWER_NOT_JSON",))
"""Causes whose text quotes an answer that is no error: its words differ from item to item."""

_QUOTED = re.compile(
    r"""
    (["'`]) (?<!\w["'`]) (?![A-Za-z_][A-Za-z_.]*\d{0,2}\1)
    (?: [^\s"'`]{1,200} | [./~][^"'`\n]{1,200} )
    \1 (?!\w)
    """,
    re.VERBOSE,
)
"""A quoted value: what has a blank in it is a sentence, unless it begins like a path, and a plain
name (``'shape'``, ``'FP32'``) is a field or a type."""
_RUN = re.compile(r"<?[\w@+.\-/\\~]+")
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F-]{7,}")
_FILE = re.compile(r"\.[A-Za-z]\w{0,7}$")
_KNOWN_FILE = re.compile(
    r"\.(?:json|jpe?g|png|webp|bmp|gif|tiff?|npy|npz|txt|csv|bin|dat|mp4|pdf|pt|onnx)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d)?"  # a date
    r"|(?<![A-Za-z0-9])\d+(?:[.,_]\d+)*(?:[eE][+-]?\d+)?"
    r"|(?<=[A-Za-z])\d{3,}"  # fewer belong to a name: FP32, utf8, v2
)
_NUMBERS = re.compile(r"[-+]?#(?:\s*[,x×*:]?\s*[-+]?#)*")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[A-Za-z]")


def kind_of(cause: str, words: str, source: str = "") -> str:
    """Return the key of a failure's kind: ``HTTP_503.1f0c9a37b2``; it begins with its cause.

    ``source`` is the input's path as the journal writes it; where the words quote it, or its name,
    it does not count.
    """
    if source:
        name = source.rpartition("/")[2]
        if len(name) > 2 and name in words:
            words = words.replace(source, "<path>").replace(name, "<path>")
    return _key(cause, words)


def cause_of(key: str) -> str:
    """Return the cause that the key of a kind begins with."""
    return key.partition(".")[0]


def without_varying(words: str) -> str:
    """Return words without what differs from item to item; doing it twice is doing it once."""
    text = " ".join(words.split())[:_MAX_WORDS].rstrip()
    for _ in range(_ROUNDS):
        before = text
        if "'" in text or '"' in text or "`" in text:
            text = _QUOTED.sub("''", text)
        text = " ".join(map(_plain_word, text.split(" ")))
        if "#" in text:
            text = _NUMBERS.sub("#", text)
        text = text[:_MAX_WORDS].rstrip()
        if text == before:
            break
    return text


def choice(keys: Iterable[str]) -> Callable[[str, str, str], bool]:
    """Return whether a failure (its cause, words and source) is among the chosen ``keys``.

    A cause alone (``HTTP_503``) stands for all of its kinds but those that are named with
    :data:`NOT` before their key.
    """
    given = tuple(keys)
    wanted = {key for key in given if not key.startswith(NOT)}
    unwanted = {key[len(NOT) :] for key in given if key.startswith(NOT)}

    def is_chosen(cause: str, words: str, source: str) -> bool:
        key = kind_of(cause, words, source)
        return key in wanted or (cause in wanted and key not in unwanted)

    return is_chosen


def just(keys: Iterable[str], shown: Iterable[str]) -> tuple[str, ...]:
    """Return the choice of these groups alone, of all that are ``shown``: a cause by itself then
    stands for those of its kinds that no other group has."""
    chosen = frozenset(keys)
    others = (key for key in shown if key not in chosen)
    kept = (NOT + key for key in others if key != cause_of(key) and cause_of(key) in chosen)
    return (*sorted(chosen), *sorted(kept))


@lru_cache(_REMEMBERED)
def _key(cause: str, words: str) -> str:
    text = "" if cause in _QUOTES_CONTENT else without_varying(words)
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=5)
    return f"{cause}.{digest.hexdigest()}"


@lru_cache(_REMEMBERED_WORDS)
def _plain_word(word: str) -> str:
    if word.isalpha():
        return word
    return _RUN.sub(_plain_run, word)


def _plain_run(found: re.Match[str]) -> str:
    """Return a path, id or name without what varies in it."""
    run = found[0]
    has_digit = _DIGIT.search(run) is not None
    has_slash = "/" in run or "\\" in run
    if run.startswith("<") or not (has_digit or has_slash or "." in run):
        return _NUMBER.sub("#", run) if has_digit else run
    if has_slash and _is_path(run, has_digit=has_digit):
        return "<path>"
    if has_digit and _is_id(run):
        return "<id>"
    if _KNOWN_FILE.search(run):
        return "<path>"
    return _NUMBER.sub("#", run)


def _is_path(run: str, *, has_digit: bool) -> bool:
    is_long = has_digit and len(run) >= _LONG
    return len(run) > 1 and (run[0] in "/\\~." or is_long or _FILE.search(run) is not None)


def _is_id(run: str) -> bool:
    if _LETTER.search(run) is None:
        return False
    return _HEX.fullmatch(run) is not None or ("." not in run and len(run) >= _LONG)
