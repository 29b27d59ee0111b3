"""The controller of Jobs, without indexes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.control_plane.events import Events
from tests.support.control_plane.objects import Json, timestamp
from tests.support.control_plane.pace import Pace
from tests.support.control_plane.replica_sets import pod_of
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.writing import (
    change,
    change_status,
    children,
    condition,
    controller_uid,
    delete,
    has_ended,
    holds,
    is_leaving,
    key,
    put_numbers,
    set_condition,
)

TRACKING = "batch.kubernetes.io/job-tracking"
_CONTROLLER = "job-controller"
_NEVER = float("inf")


@dataclass
class _Memory:
    """What the controller knows of a Job that its status does not say, in monotonic seconds."""

    started: float = field(default_factory=time.monotonic)
    failed_at: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What the Job's policy makes of a failed pod: a FailJob, Ignore or Count, and why."""

    action: str
    message: str = ""


class Jobs:
    """Runs the pods of Jobs until enough have succeeded, or too many have failed."""

    def __init__(self, store: Store, events: Events, pace: Pace) -> None:
        self._store = store
        self._events = events
        self._pace = pace
        self._memories: dict[str, _Memory] = {}

    def tend(self) -> float:
        """Bring all Jobs forward; return in how many seconds to look again at the latest."""
        pods = self._store.peek("pods")
        jobs = self._store.peek("jobs")
        alive = {one["metadata"]["uid"] for one in jobs if not is_leaving(one)}
        for pod in pods:
            if _is_tracked(pod) and controller_uid(pod) not in alive:
                self._release([pod])
        due = _NEVER
        for one in jobs:
            if not is_leaving(one):
                due = min(due, self._bring_forward(one, children(pods, one)))
        return due

    def _bring_forward(self, job: Json, pods: list[Json]) -> float:
        if holds(job, "Complete") or holds(job, "Failed"):
            self._release(pods)
            return self._outlive(job)
        memory = self._memories.setdefault(job["metadata"]["uid"], _Memory())
        ended = [pod for pod in pods if has_ended(pod) and _is_tracked(pod)]
        counted, target = self._count(job, ended, memory)
        active = [pod for pod in pods if not has_ended(pod) and not is_leaving(pod)]
        leaving = [pod for pod in pods if not has_ended(pod) and is_leaving(pod)]
        target = target or self._end_of(job, counted, memory)
        if target or job["spec"]["suspend"]:
            leaving += self._stop(job, active)
            active = []
        due = _NEVER
        if not (target or job["spec"]["suspend"]):
            due = self._fill(job, counted, active, leaving, memory)
        self._tell(job, counted, active, leaving, target)
        self._release(ended)
        return due

    def _count(
        self, job: Json, ended: list[Json], memory: _Memory
    ) -> tuple[dict[str, int], tuple[str, str] | None]:
        """Count pods that ended; return the counts, and why the Job fails if one says so."""
        status = job.get("status", {})
        counted = {name: status.get(name, 0) for name in ("succeeded", "failed")}
        target = None
        for pod in ended:
            if pod["status"]["phase"] == "Succeeded":
                counted["succeeded"] += 1
                continue
            found = verdict(job, pod)
            if found.action != "Ignore":
                counted["failed"] += 1
                memory.failed_at = time.monotonic()
            if found.action == "FailJob":
                target = ("PodFailurePolicy", found.message)
        return counted, target

    def _end_of(
        self, job: Json, counted: dict[str, int], memory: _Memory
    ) -> tuple[str, str] | None:
        """Return why a Job ends now, as the reason and the message of its condition."""
        for type in ("FailureTarget", "SuccessCriteriaMet"):
            if holds(job, type):
                known = condition(job, type)
                return known["reason"], known["message"]
        spec = job["spec"]
        if counted["failed"] > spec["backoffLimit"]:
            return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        if counted["succeeded"] >= spec["completions"]:
            return "CompletionsReached", "Reached expected number of succeeded pods"
        deadline_s = spec.get("activeDeadlineSeconds")
        if deadline_s is not None and time.monotonic() - memory.started >= deadline_s:
            return "DeadlineExceeded", "Job was active longer than specified deadline"
        return None

    def _stop(self, job: Json, active: list[Json]) -> list[Json]:
        for pod in active:
            delete(self._store, "pods", pod)
            words = f"Deleted pod: {pod['metadata']['name']}"
            self._events.say(job, "SuccessfulDelete", words, _CONTROLLER)
        found = (self._store.get("pods", *key(pod)) for pod in active)
        return [pod for pod in found if pod is not None and not has_ended(pod)]

    def _fill(
        self,
        job: Json,
        counted: dict[str, int],
        active: list[Json],
        leaving: list[Json],
        memory: _Memory,
    ) -> float:
        """Create the pods that are missing, in place; return when more may be to do."""
        spec = job["spec"]
        deadline_s = spec.get("activeDeadlineSeconds", _NEVER)
        due = memory.started + deadline_s - time.monotonic()
        waits_for_end = spec["podReplacementPolicy"] == "Failed"
        there = len(active) + (len(leaving) if waits_for_end else 0)
        missing = min(spec["parallelism"], spec["completions"] - counted["succeeded"]) - there
        if missing > 0 and counted["failed"]:
            pause_s = self._pace.backoff(self._pace.job_s, counted["failed"])
            left_s = memory.failed_at + pause_s - time.monotonic()
            if left_s > 0:
                return min(due, left_s)
        for _ in range(missing):
            try:
                active.append(self._create(job))
            except ApiError as error:
                words = f"Error creating: {error.message}"
                self._events.say(job, "FailedCreate", words, _CONTROLLER, warning=True)
                return min(due, 1.0)
        return due

    def _create(self, job: Json) -> Json:
        namespace, name = key(job)
        pod = pod_of(job["spec"]["template"], str(namespace), name, job)
        pod["metadata"]["finalizers"] = [TRACKING]
        made = self._store.create("pods", pod)
        words = f"Created pod: {made['metadata']['name']}"
        self._events.say(job, "SuccessfulCreate", words, _CONTROLLER)
        return made

    def _tell(
        self,
        job: Json,
        counted: dict[str, int],
        active: list[Json],
        leaving: list[Json],
        target: tuple[str, str] | None,
    ) -> None:
        over = target is not None and not active and not leaving

        def write(status: Json) -> None:
            put_numbers(status, {"active": len(active), **counted})
            status["ready"] = sum(holds(pod, "Ready") for pod in active)
            status["terminating"] = len(leaving)
            status["uncountedTerminatedPods"] = {}
            _write_suspension(job, status)
            if target is not None:
                _write_end(status, *target, over=over)

        change_status(self._store, "jobs", job, write)
        if over and target is not None:
            done = target[0] == "CompletionsReached"
            reason, words = ("Completed", "Job completed") if done else target
            self._events.say(job, reason, words, _CONTROLLER, warning=not done)

    def _release(self, pods: Iterable[Json]) -> None:
        """Let pods that are counted go."""
        for pod in pods:
            if _is_tracked(pod):
                change(self._store, "pods", pod, _untrack)

    def _outlive(self, job: Json) -> float:
        """Delete a Job that has outlived its end by long enough; return when that is."""
        most_s = job["spec"].get("ttlSecondsAfterFinished")
        if most_s is None:
            return _NEVER
        memory = self._memories.setdefault(job["metadata"]["uid"], _Memory())
        memory.failed_at = memory.failed_at or time.monotonic()
        left_s = memory.failed_at + float(most_s) - time.monotonic()
        if left_s > 0:
            return left_s
        delete(self._store, "jobs", job, propagation="Foreground")
        return _NEVER


def verdict(job: Json, pod: Json) -> Verdict:
    """Return what the first rule of the Job's failure policy that matches makes of a pod."""
    rules = (job["spec"].get("podFailurePolicy") or {}).get("rules", ())
    for index, rule in enumerate(rules):
        words = _matched(rule, pod)
        if words:
            end = f"matching {rule['action']} rule at index {index}"
            return Verdict(rule["action"], f"{words} {end}")
    return Verdict("Count")


def _matched(rule: Json, pod: Json) -> str | None:
    namespace, name = key(pod)
    if codes := rule.get("onExitCodes"):
        for one in pod["status"].get("containerStatuses") or ():
            code = one["state"].get("terminated", {}).get("exitCode", 0)
            named = codes.get("containerName") in (None, one["name"])
            listed = code in codes["values"]
            if code and named and listed is (codes["operator"] == "In"):
                who = f"Container {one['name']} for pod {namespace}/{name}"
                return f"{who} failed with exit code {code}"
    for wanted in rule.get("onPodConditions") or ():
        if condition(pod, wanted["type"]).get("status") == wanted.get("status", "True"):
            return f"Pod {namespace}/{name} has condition {wanted['type']}"
    return None


def _write_suspension(job: Json, status: Json) -> None:
    if job["spec"]["suspend"]:
        status.pop("startTime", None)
        if not holds({"status": status}, "Suspended"):
            set_condition(
                status, "Suspended", "True", reason="JobSuspended", message="Job suspended"
            )
        return
    status.setdefault("startTime", timestamp())
    if holds({"status": status}, "Suspended"):
        set_condition(status, "Suspended", "False", reason="JobResumed", message="Job resumed")


def _write_end(status: Json, reason: str, message: str, *, over: bool) -> None:
    done = reason == "CompletionsReached"
    types = ("SuccessCriteriaMet", "Complete") if done else ("FailureTarget", "Failed")
    for type in types if over else types[:1]:
        if not condition({"status": status}, type):
            set_condition(status, type, "True", reason=reason, message=message)
            status["conditions"][-1]["lastProbeTime"] = timestamp()
    if done and over:
        status.setdefault("completionTime", timestamp())


def _is_tracked(pod: Json) -> bool:
    return TRACKING in pod["metadata"].get("finalizers", ())


def _untrack(pod: Json) -> None:
    finalizers = pod["metadata"].get("finalizers") or ()
    pod["metadata"]["finalizers"] = [one for one in finalizers if one != TRACKING]
