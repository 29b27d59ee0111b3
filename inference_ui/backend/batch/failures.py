"""Every way an input can fail, as a cause and a text. The causes group failures in progress,
summary and sidecar (codes); the texts stand in the journal, a public file (plain English, or the
server's own words)."""

from __future__ import annotations

from typing import NamedTuple

from inference_ui.backend.protocols.responses import MAX_WORDS

MAX_START = 200
"""Characters of an answer that are quoted when it is not JSON."""


class Failure(NamedTuple):
    """Why an input has no answer."""

    cause: str
    text: str


EMPTY = "EMPTY"
NOT_UTF8 = "NOT_UTF8"
NOT_JSON = "NOT_JSON"
TOO_DEEP = "TOO_DEEP"

_JSON_FAULTS = {
    EMPTY: "is empty",
    NOT_UTF8: "is not UTF-8",
    NOT_JSON: "is not JSON",
    TOO_DEEP: "is nested too deeply",
}

NAME_NOT_UTF8 = Failure("NAME_NOT_UTF8", "the name of the input is not UTF-8")
NAME_TOO_LONG = Failure("NAME_TOO_LONG", "the name of the result would be too long")
NOT_A_FILE = Failure("INPUT_NOT_A_FILE", "input is not a regular file")
LINK_LEAVES = Failure("INPUT_LEAVES_DATASET", "input is a link that leaves the dataset")
FOLDER_VANISHED = Failure("FOLDER_UNREADABLE", "folder could not be listed")
CRASHED_SERVER = Failure(
    "CRASHED_SERVER", "the server stopped answering three times while it worked on this input"
)


def bad_input(fault: str) -> Failure:
    """An input that is not what the server could read."""
    return Failure(f"INPUT_{fault}", f"input {_JSON_FAULTS[fault]}")


def unreadable(reason: str) -> Failure:
    """An input that the file system does not give."""
    return Failure("INPUT_UNREADABLE", f"input cannot be read: {reason}")


def unlistable(reason: str) -> Failure:
    """A folder of the dataset that the file system does not list."""
    return Failure("FOLDER_UNREADABLE", f"folder cannot be listed: {reason}")


def too_large(limit: int) -> Failure:
    """An input that is larger than the client takes, ``limit`` bytes."""
    return Failure("INPUT_TOO_LARGE", f"input is larger than {limit >> 20} MiB")


def unwritable(reason: str) -> Failure:
    """A result whose name the file system does not take."""
    return Failure("RESULT_UNWRITABLE", f"the result cannot be written: {reason}")


def bad_answer(fault: str, body: bytes) -> Failure:
    """An answer that is no JSON; quotes how it begins."""
    text = f"the answer {_JSON_FAULTS[fault]}"
    start = body[: 4 * MAX_START].decode("utf-8", "replace").strip()[:MAX_START]
    if fault == NOT_JSON and start:
        text = f"{text}: {start}"
    return Failure(f"ANSWER_{fault}", text)


def answer_too_large(limit: int) -> Failure:
    """An answer that is larger than the client takes, ``limit`` bytes."""
    return Failure("ANSWER_TOO_LARGE", f"the answer is larger than {limit >> 20} MiB")


def refused(status: int, words: str) -> Failure:
    """An error that the server answered, in its own words."""
    cause = f"HTTP_{status}" if not 200 <= status < 300 else "FAILURE_STATUS"
    return Failure(cause, words)


def timed_out(seconds: float) -> Failure:
    """No whole answer came in time."""
    return Failure("TIMEOUT", f"no answer within {seconds:g} s")


def connection_lost(reason: str) -> Failure:
    """The connection broke, though the server goes on answering."""
    return Failure(
        "CONNECTION_LOST", f"the connection broke before the answer was whole: {reason}"[:MAX_WORDS]
    )
