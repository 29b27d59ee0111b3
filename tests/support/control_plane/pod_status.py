"""The status that a kubelet writes of a pod, field for field as real ones do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from tests.support.control_plane.launches import host_address
from tests.support.control_plane.objects import Json, timestamp
from tests.support.control_plane.writing import set_condition


@dataclass
class ContainerState:
    """What the kubelet knows of a pod's first container; ``state`` and ``last`` as in the API."""

    state: Json = field(default_factory=dict)
    last: Json = field(default_factory=dict)
    id: str = ""
    restarts: int = 0
    ready: bool = False
    started_at: str = ""

    def wait(self, reason: str, message: str = "") -> None:
        """Note that the container waits, and why."""
        waiting = {"reason": reason, **({"message": message} if message else {})}
        self.state = {"waiting": waiting}
        self.ready = False

    def run(self, id: str) -> None:
        """Note that it has been started; what ended before is its last state."""
        if "terminated" in self.state:
            self.last = self.state
        self.id, self.started_at = f"containerd://{id}", timestamp()
        self.state = {"running": {"startedAt": self.started_at}}

    def end(self, exit_code: int, reason: str, message: str = "") -> None:
        """Note that it has ended."""
        ended = {
            "containerID": self.id,
            "exitCode": exit_code,
            "finishedAt": timestamp(),
            "reason": reason,
            "startedAt": self.started_at or timestamp(),
        }
        self.state = {"terminated": {**ended, **({"message": message} if message else {})}}
        self.ready = False


@dataclass
class PodState:
    """What the kubelet knows of a pod."""

    address: str
    container: ContainerState = field(default_factory=ContainerState)
    phase: str = "Pending"
    start: str = field(default_factory=timestamp)
    sandboxed: bool = True
    reason: str = ""
    message: str = ""
    disruption: str = ""

    def write(self, pod: Json, status: Json) -> None:
        """Bring the status of the pod up to date, in place; conditions of others stay."""
        status["phase"] = self.phase
        status["observedGeneration"] = pod["metadata"].get("generation", 1)
        for name, text in (("reason", self.reason), ("message", self.message)):
            status.pop(name, None)
            if text:
                status[name] = text
        self._write_conditions(pod, status)
        host = host_address(pod)
        status.update(hostIP=host, hostIPs=[{"ip": host}], startTime=self.start)
        if self.sandboxed:
            status.update(podIP=self.address, podIPs=[{"ip": self.address}])
        status["containerStatuses"] = [self._container(pod["spec"]["containers"][0])]

    def _write_conditions(self, pod: Json, status: Json) -> None:
        names = " ".join(one["name"] for one in pod["spec"]["containers"])
        over = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(self.phase)
        alive = self.sandboxed and over is None
        set_condition(status, "PodReadyToStartContainers", "True" if alive else "False")
        done = {"reason": "PodCompleted"} if self.phase == "Succeeded" else {}
        set_condition(status, "Initialized", "True", **done)
        for type in ("Ready", "ContainersReady"):
            if over:
                set_condition(status, type, "False", reason=over)
            elif self.container.ready:
                set_condition(status, type, "True")
            else:
                words = f"containers with unready status: [{names}]"
                set_condition(status, type, "False", reason="ContainersNotReady", message=words)
        set_condition(status, "PodScheduled", "True")
        if self.disruption:
            fields = {"reason": self.disruption, "message": self.message}
            set_condition(status, "DisruptionTarget", "True", **fields)

    def _container(self, spec: Json) -> Json:
        known = self.container
        digest = hashlib.sha256(spec["image"].encode()).hexdigest()
        found: Json = {
            "image": spec["image"],
            "imageID": f"sha256:{digest}" if known.id else "",
            "lastState": known.last,
            "name": spec["name"],
            "ready": known.ready,
            "restartCount": known.restarts,
            "started": "running" in known.state,
            "state": known.state,
        }
        return found | ({"containerID": known.id} if known.id else {})
