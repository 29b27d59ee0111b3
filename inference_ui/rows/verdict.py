"""What a task's page says first: how it stands and why, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from inference_ui.backend.errors import Message
from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.records import Room
from inference_ui.backend.services.tasks import TaskView
from inference_ui.rows.common import MessageRow, message_row, stopping, unix

Kind = Literal["", "ok", "warn", "bad"]

EXPECTED = frozenset(
    {"", "SERVER_STARTING", "NOT_LISTENING", "PROBE_STATUS", "PROBE_BODY", "K8S_PREPARING"}
)
"""What every server is for a while when it starts: nothing to be warned of."""

_UNASKED = "CLUSTER_"
"""How the codes begin that say why a task waits of which the cluster could not be told."""

REMEDIES: dict[EndReason, tuple[str, ...]] = {
    EndReason.SERVER_FAILED: ("READ_SERVER_LOG", "CHECK_COMMAND", "COPY_WITH_PACKAGE"),
    EndReason.SERVER_NOT_READY: ("READ_SERVER_LOG", "CHECK_READINESS", "COPY_WITH_PACKAGE"),
    EndReason.CLIENT_FAILED: ("READ_CLIENT_LOG", "CHECK_VOLUME", "RESUME"),
    EndReason.STALLED: ("READ_SERVER_LOG", "CHECK_SIZE", "RESUME_OR_COPY"),
    EndReason.NO_ITEM_SUCCEEDED: ("SEE_CAUSES", "CHECK_INPUT", "RETRY"),
    EndReason.TOO_MANY_FAILED: ("SEE_CAUSES", "CHECK_INPUT", "RETRY"),
    EndReason.INCOMPLETE: ("READ_CLIENT_LOG", "CHECK_DATASET", "RESUME"),
}
"""What helps after each ending that nobody wanted, in the order of trying."""

ADVICE = {
    "K8S_IMAGE_PULL": "CHECK_IMAGE",
    "K8S_RUNS_AS_ROOT": "CHECK_IMAGE",
    "K8S_NO_IMAGE": "CHECK_IMAGE",
    "K8S_OUT_OF_MEMORY": "MORE_MEMORY",
    "K8S_UNSCHEDULABLE": "CHECK_SIZE",
    "K8S_CARDS_UNFIT": "CHECK_SIZE",
    "K8S_QUOTA": "ASK_ADMINISTRATOR",
    "K8S_CREATE_REFUSED": "ASK_ADMINISTRATOR",
    "K8S_SECRET_MISSING": "ASK_ADMINISTRATOR",
    "K8S_CLAIM_MISSING": "ASK_ADMINISTRATOR",
    "K8S_CLAIM_PENDING": "ASK_ADMINISTRATOR",
    "K8S_NOT_ON_CLAIM": "ASK_ADMINISTRATOR",
    "K8S_NO_OWN_IMAGE": "ASK_ADMINISTRATOR",
}
"""What helps where the cluster says more than that a server ended; then comes going on, or a copy
of the task with something else."""

_AFTER_ADVICE = {
    "CHECK_IMAGE": "COPY_WITH_PACKAGE",
    "MORE_MEMORY": "RESUME_OR_COPY",
    "CHECK_SIZE": "RESUME_OR_COPY",
    "ASK_ADMINISTRATOR": "RESUME",
}
_BY_ITSELF = frozenset({"K8S_NODE_LOST", "K8S_EVICTED", "K8S_PREEMPTED"})
"""Nothing is wrong with the task: it may go on."""

THROUGH_SERVICE = ("COPY_WITH_SERVER",)
"""What helps when the online service that a task went through is gone."""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """``code`` names the sentence (``""``: nothing needs saying), ``reason`` the backend's own.

    ``since``: from when on it has been so (Unix seconds). ``limit_s``: how long it may take.
    ``who``: the user who asked for it. ``end``: the code of why the task ended. ``remedies``:
    codes of what can be done. ``then``: what comes next where that is not just going on.
    ``held_by``: the node that must answer again before it ends.
    """

    code: str = ""
    kind: Kind = ""
    reason: MessageRow = field(default_factory=MessageRow)
    since: float | None = None
    limit_s: float | None = None
    who: str = ""
    end: str = ""
    remedies: list[str] = field(default_factory=list)
    then: str = ""
    held_by: str = ""


def verdict(view: TaskView) -> VerdictRow:
    """Return what is to be said of a task."""
    task = view.task
    status = TaskStatus(task.status)
    if status.ended:
        return _ending(view)
    if view.unseen is not None:
        return _unseen(task, view.unseen)
    if status is TaskStatus.FINISHING:
        return _ending(view)
    if stopping(task):
        return VerdictRow("STOPPING", who=_who(view), since=unix(task.stop_requested_at))
    return _going(view, status)


def _unseen(task: InferenceTask, why: Message) -> VerdictRow:
    """Return why the cluster cannot be asked; ``then`` says what comes once it can."""
    if stopping(task) or task.status == TaskStatus.FINISHING:
        then = "ENDING"
    else:
        then = "QUEUED" if task.status == TaskStatus.QUEUED else ""
    return VerdictRow("UNSEEN", "warn", message_row(why), then=then)


def _going(view: TaskView, status: TaskStatus) -> VerdictRow:
    task = view.task
    reason = message_row(task.waiting)
    since = unix(task.status_since)
    if status is TaskStatus.QUEUED and task.waiting and task.waiting.code.startswith(_UNASKED):
        return _unseen(task, task.waiting)
    if status is TaskStatus.QUEUED:
        return VerdictRow("QUEUED", reason=reason, since=since)
    if status is TaskStatus.STARTING:
        kind: Kind = "" if reason.code in EXPECTED else "warn"
        limit = task.plan.package.launch.ready_timeout_s
        return VerdictRow("STARTING", kind, reason, since, limit)
    if reason.code:
        begun = view.progress is not None and view.progress.succeeded + view.progress.failed
        return VerdictRow("WAITING" if begun else "NOT_BEGUN", "warn", reason)
    room = view.progress.room if view.progress is not None else None
    return VerdictRow("ROOM", "warn", _lack_of(room)) if room is not None else VerdictRow()


def _lack_of(room: Room) -> MessageRow:
    """Return what the results still to come lack: bytes, or else files."""
    if room.needed_bytes > room.free_bytes:
        return message_row(
            Message("NO_ROOM_FOR_RESULTS", {"needed": room.needed_bytes, "free": room.free_bytes})
        )
    return message_row(
        Message("NO_INODES_FOR_RESULTS", {"needed": room.needed_inodes, "free": room.free_inodes})
    )


def _ending(view: TaskView) -> VerdictRow:
    task = view.task
    detail = message_row(task.detail)
    end = str(task.end_reason or "")
    if task.status == TaskStatus.FINISHING:
        who = _who(view) if stopping(task) else ""
        code = "STOPPING" if who else "FINISHING"
        return VerdictRow(
            code,
            reason=detail,
            since=unix(task.status_since),
            who=who,
            end=end,
            held_by=_held_by(view),
        )
    if task.status == TaskStatus.STOPPED:
        return VerdictRow("STOPPED", reason=detail, who=_who(view), end=end)
    if task.status == TaskStatus.FAILED:
        return VerdictRow("FAILED", "bad", detail, end=end, remedies=_remedies(task))
    if task.failed:
        return VerdictRow("SUCCEEDED_PARTLY", "warn", detail, end=end)
    return VerdictRow("SUCCEEDED", "ok", detail, end=end)


def _held_by(view: TaskView) -> str:
    """Return the node that does not answer and has something of the task, ``""`` for none: nobody
    can tell whether that has ended."""
    lost = {node.name for node in view.nodes if not node.ready}
    seen = [one for one in (view.client, view.server) if one is not None]
    places = (replica.node or "" for one in seen for replica in one.replicas)
    return next((node for node in places if node in lost), "")


def _remedies(task: InferenceTask) -> list[str]:
    if not task.end_reason:
        return []
    reason = EndReason(task.end_reason)
    if reason is EndReason.SERVER_FAILED and isinstance(task.plan.server, Shared):
        return list(THROUGH_SERVICE)
    code = task.detail.code if task.detail else ""
    if code in _BY_ITSELF:
        return ["RESUME"]
    if (told := ADVICE.get(code)) is not None:
        return [told, _AFTER_ADVICE[told]]
    return list(REMEDIES.get(reason, ()))


def _who(view: TaskView) -> str:
    """Return the name of who asked the task to stop."""
    return view.people.get(view.task.stop_requested_by or "", "")
