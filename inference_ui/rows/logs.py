"""Logs as they are shown: which there are, which to show first, and their text made readable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from inference_ui import routes
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.services.task_logs import AttemptLogs
from inference_ui.backend.services.tasks import WorkloadLog
from inference_ui.rows.common import MessageRow, message_row

CLIENT, SERVER = "client", "server"

EVIDENCE_LINES = 12
"""Lines of a log that explain a failure; the rest stands in the log itself."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_OWNER = re.compile(r"^[a-z]+-[^-]+-\d+-")
_TEMPLATE = re.compile(r"^(server)-[a-z0-9]{6,10}(-[a-z0-9]{5})$")
"""A pod of a Deployment is named with a hash of what all of its replicas have in common."""

_CLIENT_REASONS = frozenset({EndReason.CLIENT_FAILED, EndReason.INCOMPLETE})
_SERVER_REASONS = frozenset(
    {EndReason.SERVER_FAILED, EndReason.SERVER_NOT_READY, EndReason.STALLED}
)


_ATTEMPT = re.compile(r"^task-[^-]+-(\d{1,9})-")


@dataclass(frozen=True, slots=True)
class LogTab:
    """A log that can be chosen: ``key`` chooses it, ``label`` is empty for the batch client."""

    key: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class LogRow:
    """The log that is read, and which others there are: of its ``attempt``, one of ``attempts``.
    ``cut``: there is more of it, to be had whole at ``href``; ``live``: it is still written to.
    ``unseen`` says why the logs of what runs cannot be read."""

    key: str = ""
    text: str = ""
    cut: bool = False
    live: bool = False
    href: str = ""
    tabs: list[LogTab] = field(default_factory=list)
    attempt: str = ""
    attempts: list[str] = field(default_factory=list)
    unseen: MessageRow = field(default_factory=MessageRow)


def log_row(found: AttemptLogs, key: str, task: InferenceTask) -> LogRow:
    """Return the log that ``key`` names, or the one that tells the most."""
    log = chosen(found.logs, key, task)
    return LogRow(
        key=log.replica if log else "",
        text=readable(log.text) if log else "",
        cut=bool(log and log.cut),
        live=bool(log and log.live),
        href=routes.task_log(task.id, log.replica) if log else "",
        tabs=log_tabs(found.logs),
        attempt=str(found.attempt),
        attempts=[str(number) for number in found.attempts],
        unseen=message_row(found.unseen),
    )


def kept(before: LogRow, now: LogRow, wish: str) -> bool:
    """Tell whether the log that is shown stays: it cannot be read now, and what was read of it says
    more than nothing. ``wish`` is the key that was chosen, ``""`` for whichever tells the most."""
    return bool(now.unseen.code and before.key) and before.key.startswith(wish)


def attempt_of(key: str) -> int | None:
    """Return the attempt whose log ``key`` names, if it names one of a task."""
    found = _ATTEMPT.match(key)
    return int(found[1]) if found else None


def attempt_key(task_id: str, attempt: str) -> str:
    """Return the key that stands for whichever log of an attempt tells the most."""
    return f"task-{task_id}-{attempt}-"


def log_tabs(logs: Sequence[WorkloadLog]) -> list[LogTab]:
    """Return the logs of a task, the client first, then the server's replicas by name."""
    return [LogTab(log.replica, label(log)) for log in _in_order(logs)]


def chosen(logs: Sequence[WorkloadLog], key: str, task: InferenceTask) -> WorkloadLog | None:
    """Return the log that ``key`` names, or, when it names none, the one that tells the most.

    That is where the failure lies, the server's while it starts, and else the client's.
    """
    found = {log.replica: log for log in logs}
    return found.get(key) or _most_telling(logs, task)


def evidence(logs: Sequence[WorkloadLog], task: InferenceTask) -> tuple[str, str]:
    """Return the label and the last lines of the log that shows why a task failed; or nothing."""
    reason = EndReason(task.end_reason) if task.end_reason else None
    if reason not in _CLIENT_REASONS | _SERVER_REASONS:
        return "", ""
    log = _most_telling(logs, task)
    if log is None:
        return "", ""
    lines = [line for line in readable(log.text).splitlines() if line.strip()]
    return label(log), "\n".join(lines[-EVIDENCE_LINES:])


def label(log: WorkloadLog) -> str:
    """Return what a log is called: its replica without the task's own prefix."""
    if log.role == CLIENT:
        return ""
    return replica_label(log.replica)


def replica_label(replica: str) -> str:
    """Return a replica's name as people say it, ``server-0``: without who owns it, which may be a
    task or the online service that it goes through, and of a pod's name only what tells it from the
    others: ``server-x5nsk``."""
    return _TEMPLATE.sub(r"\1\2", _OWNER.sub("", replica))


def readable(text: str) -> str:
    """Return a log without what steers a terminal: colours, and lines written over."""
    plain = _ESCAPES.sub("", text).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))
    return _CONTROLS.sub("", "\n".join(lines))


def _in_order(logs: Sequence[WorkloadLog]) -> list[WorkloadLog]:
    return sorted(logs, key=lambda log: (log.role != CLIENT, len(log.replica), log.replica))


def _most_telling(logs: Sequence[WorkloadLog], task: InferenceTask) -> WorkloadLog | None:
    role = CLIENT
    if task.end_reason in _SERVER_REASONS or task.status in (
        TaskStatus.QUEUED,
        TaskStatus.STARTING,
    ):
        role = SERVER
    ordered = _in_order(logs)
    of_role = [log for log in ordered if log.role == role]
    return next((log for log in (*of_role, *ordered) if log.text.strip()), None) or next(
        iter((*of_role, *ordered)), None
    )
