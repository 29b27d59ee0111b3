"""Wire models of the files that the batch client and the rest of the product exchange.

Formats: one line of ``result.ndjson`` and the detection JSON are the product's public format (key
order and spelling are fixed, with the three s of ``errorMesssage``); ``job.json``,
``progress.json`` and ``summary.json`` are internal and versioned by ``version``.
Everything is read and written by msgspec; a reader ignores keys that it does not know.

Layout of a task's folder (``<output volume>/<task name>/``)::

    result.ndjson             one line per input, appended while the task runs
    result/<path>_result.json the server's answers, byte for byte
    .inference/progress.json  how far it is; replaced at most twice a second
    .inference/summary.json   the end of an attempt
    .inference/items.ndjson   the sidecar: what else is known of each item, one line per line above
    .inference/aside.ndjson   lines taken out of both while their inputs are tried again
    .inference/lock           held by the one client that writes here
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

T = TypeVar("T")

SOURCE_ROOT = "/workspace/dataset/"
"""What ``source`` begins with in the journal of a task, in both modes."""

JOURNAL = "result.ndjson"
RESULTS = "result"
PRIVATE = ".inference"
PROGRESS = f"{PRIVATE}/progress.json"
SUMMARY = f"{PRIVATE}/summary.json"
SIDECAR = f"{PRIVATE}/items.ndjson"
LOCK = f"{PRIVATE}/lock"
RESULT_SUFFIX = "_result.json"

IMAGE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"))


class ItemStatus(StrEnum):
    """How one input ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class InputKind(StrEnum):
    """What of the dataset is an input."""

    JSON = "JSON"
    IMAGES = "IMAGES"


class Succeeded(msgspec.Struct, frozen=True):
    """A journal line of an answered input."""

    source: str
    status: Literal["SUCCEEDED"]
    resultLocation: str


class Failed(msgspec.Struct, frozen=True):
    """A journal line of an input that has no answer. The three s are the format."""

    source: str
    status: Literal["FAILED"]
    errorMesssage: str


class JournalLine(msgspec.Struct, frozen=True):
    """A journal line as readers take it: ours, or one that spells ``errorMessage`` right."""

    source: str
    status: str
    resultLocation: str | None = None
    errorMesssage: str | None = None
    errorMessage: str | None = None

    @property
    def error(self) -> str | None:
        """The error, however it is spelled."""
        return self.errorMesssage if self.errorMesssage is not None else self.errorMessage


class SidecarLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What else is known of an item; stands on the same line number as its journal line.

    ``size`` bytes and ``mtime_ns`` of the input, ``ms`` from request to whole answer, ``attempt``
    of the task, and of a detection the number of objects ``n``, its distinct classes ``c`` with
    ``k`` objects each (left out where each has one), its lowest confidence ``low`` and ``b``, how
    many lie in which twentieth (see ``protocols.found.Found``); of a failure its ``cause`` (a code
    such as ``HTTP_400``). ``tries`` counts the requests that were answered or timed out: 0 for an
    input that was never sent.
    """

    source: str
    size: int = 0
    mtime_ns: int = 0
    ms: float = 0.0
    attempt: int = 1
    tries: int = 1
    n: int | None = None
    c: tuple[str, ...] = ()
    low: float | None = None
    cause: str | None = None
    k: tuple[int, ...] = ()
    b: tuple[int, ...] = ()


class BatchJob(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a batch client needs to know but its endpoints; the content of ``job.json``.

    ``dataset`` and ``output`` are folders as the client sees them (a mount point in a container).
    ``max_failed`` is a share (``"5%"`` of the inputs found) or a number (``"100"``), None for no
    limit. Times are in seconds. ``prompt`` and ``image_template`` shape the requests for pictures
    (see ``protocols.ImageRequest``). ``ca_file`` is a PEM file of certificates to trust besides
    the system's, ``ca`` the text of some.

    How many requests are in flight is found while it runs, for each endpoint between
    ``min_in_flight`` and ``max_in_flight``; None is no bound of the job's own. ``processes`` sends
    with that many processes, None with as many as pay off. Without ``sync`` nothing waits for the
    disk: quicker, and a power cut may cost what was written last. ``limit`` tries only so many
    inputs, the first ones. ``since`` is the output folder of an earlier task of
    the same dataset: inputs that succeeded there and are unchanged are left out.
    ``retry_failed`` does inputs again that failed in an earlier attempt: all, or those that
    ``retry_causes`` names (keys as ``failure_kinds.choice`` takes them).
    """

    dataset: str
    output: str
    service_type: str
    model_name: str = ""
    input_kind: InputKind = InputKind.JSON
    prompt: str = ""
    image_template: str = ""
    source_root: str = SOURCE_ROOT
    predict_path: str | None = None
    readiness_path: str | None = None
    headers: dict[str, str] = {}
    endpoints: tuple[str, ...] = ()
    attempt: int = 1
    retry_failed: bool = False
    min_in_flight: int = 1
    max_in_flight: int | None = None
    processes: int | None = None
    sync: bool = True
    ca_file: str | None = None
    timeout_s: float = 60.0
    connect_timeout_s: float = 5.0
    retries: int = 3
    max_failed: str | None = None
    grace_s: float = 20.0
    version: int = 1
    ca: str = ""
    limit: int | None = None
    since: str | None = None
    retry_causes: tuple[str, ...] = ()


class ErrorGroup(msgspec.Struct, frozen=True):
    """Failures of one kind (see ``failure_kinds``): how many, and one of them.

    ``key`` names the kind; it is the ``cause`` alone for the ``kinds`` of a cause that are not told
    apart any more, and empty in records that told causes apart only.
    """

    cause: str
    count: int
    example: str
    message: str
    key: str = ""
    kinds: int = 1

    @property
    def name(self) -> str:
        """What names the group in an address and a choice."""
        return self.key or self.cause


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One point of the progress chart: ``at`` Unix seconds, counts since the start."""

    at: float
    succeeded: int
    failed: int


class WalkState(StrEnum):
    """What a batch client is doing."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    WAITING_FOR_SERVER = "WAITING_FOR_SERVER"
    STOPPING = "STOPPING"
    ENDED = "ENDED"


class BoundBy(StrEnum):
    """What a run would have to be given more of to be faster."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    DISK = "DISK"


class Room(msgspec.Struct, frozen=True):
    """What the results that are still to come will take, estimated from those that came, against
    what is free where they go; in bytes and in inodes (``free_inodes`` is None where the file
    system does not count them)."""

    needed_bytes: int
    free_bytes: int
    needed_inodes: int
    free_inodes: int | None

    @property
    def suffices(self) -> bool:
        """Whether all will fit."""
        inodes_fit = self.free_inodes is None or self.needed_inodes <= self.free_inodes
        return self.needed_bytes <= self.free_bytes and inodes_fit


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a task is. ``found`` is final once ``walked``; ``left_s`` is None while unknown.
    ``waiting_for`` says what no server answers with while the run waits for one; ``room`` is there
    when the results will not fit. ``bound_by`` and ``bound_shares`` are as in :class:`Summary`,
    over the last minute; over the whole run once it has ENDED."""

    updated_at: float
    attempt: int
    state: WalkState
    found: int = 0
    walked: bool = False
    succeeded: int = 0
    failed: int = 0
    rate: float = 0.0
    in_flight: int = 0
    left_s: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    errors: tuple[ErrorGroup, ...] = ()
    history: tuple[Sample, ...] = ()
    version: int = 1
    processes: int = 0
    waiting_for: str = ""
    room: Room | None = None
    bound_by: BoundBy | None = None
    bound_shares: dict[BoundBy, float] = {}


class CheckState(StrEnum):
    """How a check of a dataset is. FAILED: its process ended before its time."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


CHECK_PROGRESS = "progress.json"
CHECK_LOCK = "lock"
CHECK_CANCEL = "cancel"
"""Files of a check's run folder: how far it is; held while it runs; there when it is to end."""


class FoundBad(msgspec.Struct, frozen=True):
    """A file that a check found wanting: its path in the dataset, a code and its arguments."""

    path: str
    code: str
    args: dict[str, str] = {}


class CheckProgress(msgspec.Struct, frozen=True):
    """How far the check of a dataset is, and in the end what it found; times in Unix seconds."""

    state: CheckState
    pid: int
    started_at: float
    updated_at: float
    seconds: float = 0.0
    files: int = 0
    bytes: int = 0
    json_files: int = 0
    json_valid: int = 0
    images: int = 0
    images_valid: int = 0
    bad: int = 0
    first_bad: tuple[FoundBad, ...] = ()


class Outcome(StrEnum):
    """How an attempt of a batch client ended, as its summary states it."""

    COMPLETE = "COMPLETE"
    THRESHOLD = "THRESHOLD"
    INTERRUPTED = "INTERRUPTED"


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end of an attempt, counted from what is on disk.

    ``found == succeeded + failed + skipped``; ``removed`` lines belong to inputs that are no
    longer there and count in none of them, so ``lines == succeeded + failed + removed``: the proof
    that each input has its line, and one alone. ``bound_by`` is what held the run back for most of
    its time, ``bound_shares`` its time by what held it back.
    """

    outcome: Outcome
    attempt: int
    found: int
    succeeded: int
    failed: int
    skipped: int
    started_at: float
    ended_at: float
    rate: float = 0.0
    removed: int = 0
    changed: int = 0
    unfollowed_links: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    errors: tuple[ErrorGroup, ...] = ()
    client_version: str = ""
    version: int = 1
    lines: int = 0
    bound_by: BoundBy | None = None
    bound_shares: dict[BoundBy, float] = {}
    versions: dict[str, str] = {}

    @property
    def complete(self) -> bool:
        """Whether every input has a line and the numbers add up."""
        return self.skipped == 0 and self.found == self.succeeded + self.failed


class Detections(msgspec.Struct, frozen=True):
    """Objects that a detector found: parallel sequences, boxes in the package's ``box_format``.

    ``warnings`` are codes of what did not fit (``LENGTHS_DIFFER``, ``DNUM_DIFFERS``, …).
    """

    classes: tuple[str, ...]
    boxes: tuple[tuple[float, float, float, float], ...]
    confidences: tuple[float, ...]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.boxes)


def result_location(relative: str) -> str:
    """Return where the result of the input at ``relative`` lies, relative to the task's folder."""
    return f"{RESULTS}/{relative}{RESULT_SUFFIX}"


def read_record(path: str | os.PathLike[str], kind: type[T]) -> T | None:
    """Read one JSON record; None when it is not there or not (yet) whole."""
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def write_record(path: str | os.PathLike[str], record: msgspec.Struct) -> None:
    """Replace the file at ``path`` by the record in one step: readers see the old or the new."""
    target = Path(path)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    temporary.write_bytes(msgspec.json.encode(record))
    temporary.replace(target)
