"""What Kubernetes says, turned into messages.

Its words are made for operators and change between versions: only those are read that its sources
write. Whatever is not known is passed on as it is, so nothing that the cluster says is lost.

The words come from kube-scheduler's filters (``pkg/scheduler/framework/plugins``), the quota
admission, the kubelet, and HAMi's scheduler.
"""

from __future__ import annotations

import re

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.errors import Message

_HEAD = re.compile(r"0/(\d+) nodes are available: *")
_PREEMPTION = re.compile(r"[ ,.]*(no new claims to deallocate\b[ ,.]*)?(preemption: .*)?$", re.S)
_PART = re.compile(r"(\d+) (.+)", re.S)
_INSUFFICIENT = re.compile(r"Insufficient (\S+)")
_TAINT = re.compile(r"node\(s\) had untolerated taint(?:\(s\))?(?: \{(\S+?): ?(.*)\})?")

_COUNTED = {
    names.CPU: "cpu",
    names.MEMORY: "memory",
    names.DISK: "disk",
    names.PODS: "pods",
}
"""What a node may have too little of, beside cards."""

_FILTERS = (
    ("cordoned", r"node\(s\) were unschedulable"),
    ("unready", r"node\(s\) had unknown conditions"),
    ("pods", r"Too many pods"),
    ("affinity", r"node\(s\) didn't match (Pod's node affinity/selector|the requested node name)"),
    # Where names of nodes are demanded, the others are not even looked at.
    ("affinity", r"node\(s\) didn't satisfy plugin(\(s\))? \[?NodeAffinity\]?( simultaneously)?"),
    ("spread", r"node\(s\) didn't match pod topology spread constraints( \(.*\))?"),
    ("spread", r"node\(s\) didn't (match pod|satisfy existing pods) (anti-)?affinity rules"),
    ("ports", r"node\(s\) didn't have free ports for the requested pod ports"),
    ("volumes", r"node\(s\) had (volume node affinity conflict|no available volume zone)"),
    ("volumes", r"node\(s\) didn't find available persistent volumes to bind"),
    ("volumes", r"node\(s\) did not have enough free storage"),
    ("volumes", r"node\(s\) exceed max volume count"),
    ("volumes", r"node\(s\) unavailable due to one or more pvc\(s\) bound to non-existent pv\(s\)"),
    ("unfit", r"NodeUnfitPod|NodeInsufficientDevice|node unregistered"),
)
"""The words of the filters, by what they count. The last are HAMi's."""

_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" (not found|is being deleted|bound to .*)')
_PENDING = re.compile(
    r"pod has unbound immediate PersistentVolumeClaims"
    r'|(?:to create the )persistentvolumeclaim "([^"]+)"'
    r"|waiting for first consumer"
)
_QUOTA = re.compile(
    r"exceeded quota: ([^,]+), requested: (\S+), used: (\S+), limited: (\S+?)(?=,? |$)"
)
_FORBIDDEN = re.compile(r"^(\(combined from similar events\): )?(Error creating: )?(.*)$", re.S)
_POD_FORBIDDEN = re.compile(r'^pods "[^"]*" is forbidden: ')

_UNFIT = {
    "CardInsufficientMemory": "memory",
    "CardInsufficientCore": "cores",
    "CardTimeSlicingExhausted": "slices",
    "CardComputeUnitsExhausted": "cores",
    "ExclusiveDeviceAllocateConflict": "exclusive",
    "AllocatedCardsInsufficientRequest": "count",
    "NodeInsufficientDevice": "count",
    "CardTypeMismatch": "type",
    "CardUuidMismatch": "type",
    "CardNotFoundCustomFilterRule": "type",
    "NumaNotFit": "numa",
}
"""HAMi's codes of why a card does not do, the most telling first."""

_PULL = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
         "ImageInspectError", "RegistryUnavailable")  # fmt: skip
_CONFIG = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
_PREPARING = ("ContainerCreating", "PodInitializing")
_CANNOT_START = ("StartError", "ContainerCannotRun", *_CONFIG)

_CAUSES = (
    ("name", r"couldn't parse image|InvalidImageName|invalid reference format"),
    ("never", r"ErrImageNeverPull|never pull"),
    ("host", r"no such host|server misbehaving"),
    ("certificate", r"x509|certificate"),
    ("limited", r"toomanyrequests|429 Too Many|pull QPS exceeded"),
    ("denied", r"unauthorized|authentication required|authorization failed|denied|403 Forbidden"
               r"|no basic auth"),
    ("disk", r"no space left on device"),
    ("platform", r"no match for platform|no matching manifest"),
    ("missing", r"not found|manifest unknown|does not exist"),
    ("unreachable", r"connection refused|timeout|deadline exceeded|no route to host|unreachable"
                    r"|connection reset|EOF"),
)  # fmt: skip
"""Why an image cannot be pulled, by the words of the container runtime; the first that is in it."""

_PULL_HEAD = re.compile(
    r'^(Back-off pulling image "[^"]*"|ErrImagePull|ImagePullBackOff|Failed to pull image "[^"]*"'
    r"|rpc error: code = \w+ desc)( =|:)? *"
    r'|^(failed to [a-z ]+( "[^"]*")?|(Head|Get) "[^"]*"): '
)
"""What stands before the telling part: where the runtime was when it failed."""
_SECRET = re.compile(r'secret "([^"]+)" not found')
_NOT_FOUND = re.compile(r'exec: "([^"]+)": (?:executable file not found|stat .*: no such file)')
_NOT_EXECUTABLE = re.compile(r'exec: "([^"]+)": permission denied')


def unschedulable(message: str) -> Message:
    """Say why a pod has no node, from the message of its condition PodScheduled.

    ``K8S_UNSCHEDULABLE`` counts nodes by what they lack. A node that lacks several things is
    counted under each; ``card`` is the resource of which most lack enough.
    """
    claim = claim_missing(message)
    if claim is not None:
        return claim
    head = _HEAD.search(message)
    if head is None:
        return Message("K8S_UNSCHEDULABLE_SAYS", {"message": message.strip()})
    counts = _Counts()
    first, *others = _PREEMPTION.sub("", message[head.end() :]).split(". ")
    for part in first.split(", "):
        counts.add(part)
    counts.other += others
    if not counts.known:
        return Message("K8S_UNSCHEDULABLE_SAYS", {"message": message.strip()})
    return Message("K8S_UNSCHEDULABLE", {"nodes": int(head[1]), **counts.args()})


class _Counts:
    """Nodes by what they lack, while the parts of a message are read."""

    def __init__(self) -> None:
        kinds = ("cpu", "memory", "disk", "pods", "taint", *(kind for kind, _ in _FILTERS))
        self.found = dict.fromkeys(kinds, 0)
        self.cards: dict[str, int] = {}
        self.taints: list[str] = []
        self.other: list[str] = []
        self.known = False

    def add(self, part: str) -> None:
        """Read one part, ``7 Insufficient cpu``."""
        counted = _PART.fullmatch(part.strip().rstrip("."))
        if counted is None or not self._read(int(counted[1]), counted[2]):
            self.other.append(part.strip())
        else:
            self.known = True

    def _read(self, count: int, words: str) -> bool:
        if lacks := _INSUFFICIENT.fullmatch(words):
            if (kind := _COUNTED.get(lacks[1])) is not None:
                self.found[kind] += count
            else:
                self.cards[lacks[1]] = self.cards.get(lacks[1], 0) + count
            return True
        if taint := _TAINT.fullmatch(words):
            self._taint(count, taint[1] or "", taint[2] or "")
            return True
        for kind, pattern in _FILTERS:
            if re.fullmatch(pattern, words):
                self.found[kind] += count
                return True
        return False

    def _taint(self, count: int, key: str, value: str) -> None:
        if key in names.UNREADY_TAINTS:
            self.found["unready"] += count
        elif key == names.CORDON_TAINT:
            self.found["cordoned"] += count
        else:
            self.found["taint"] += count
            if key:
                self.taints.append(f"{key}={value}" if value else key)

    def args(self) -> dict[str, str | int]:
        card, *further = sorted(self.cards, key=lambda name: -self.cards[name]) or [""]
        others = [f"{self.cards[name]} Insufficient {name}" for name in further] + self.other
        return {
            **self.found,
            "cards": self.cards.get(card, 0),
            "card": card,
            "taints": ", ".join(self.taints),
            "other": ", ".join(filter(None, others)),
        }


def claim_missing(message: str) -> Message | None:
    """Say which claim of a volume a pod waits for; None where it waits for something else."""
    if found := _CLAIM.search(message):
        return Message("K8S_CLAIM_MISSING", {"claim": found[1]})
    if found := _PENDING.search(message):
        return Message("K8S_CLAIM_PENDING", {"claim": found[1] or ""})
    return None


def hami_filtered(message: str) -> Message | None:
    """Say why HAMi finds no card, from an event FilteringFailed; None where it says nothing of
    cards."""
    for code, why in _UNFIT.items():
        if code in message:
            return Message("K8S_CARDS_UNFIT", {"why": why, "message": message.strip()})
    return None


def quota(message: str) -> Message | None:
    """Say which quota is exceeded; None where none is. Amounts are the cluster's quantities; of
    several resources they stand in the same order."""
    found = _QUOTA.search(message)
    if found is None:
        return None
    requested, used, limited = (_amounts(found[at]) for at in (2, 3, 4))
    return Message(
        "K8S_QUOTA",
        {
            "quota": found[1],
            "resource": ", ".join(requested),
            "requested": ", ".join(requested.values()),
            "used": ", ".join(used.get(name, "?") for name in requested),
            "limited": ", ".join(limited.get(name, "?") for name in requested),
        },
    )


def _amounts(text: str) -> dict[str, str]:
    pairs = (one.rpartition("=") for one in text.split(",") if one)
    return {name.removeprefix("requests."): amount for name, _, amount in pairs}


def create_refused(message: str) -> Message:
    """Say why the cluster does not create a pod: from the condition ReplicaFailure or an event
    FailedCreate."""
    if (exceeded := quota(message)) is not None:
        return exceeded
    found = _FORBIDDEN.match(message.strip())
    says = _POD_FORBIDDEN.sub("", found[3] if found else message)
    return Message("K8S_CREATE_REFUSED", {"message": says})


def container_waiting(reason: str, message: str, image: str, node: str = "") -> Message | None:
    """Say why a container does not run yet; None for reasons that others tell better, as
    CrashLoopBackOff, of which :func:`ended` knows more."""
    if reason in _PULL:
        return _pull(reason, message, image)
    if reason in _CONFIG:
        return _config(message or reason, image)
    if reason in _PREPARING:
        return Message("K8S_PREPARING", {"node": node})
    return None


def _pull(reason: str, message: str, image: str) -> Message:
    says = message.strip()
    while (rest := _PULL_HEAD.sub("", says)) != says:
        says = rest
    words = f"{reason} {says}"
    cause = next((one for one, pattern in _CAUSES if re.search(pattern, words, re.I)), "other")
    if cause == "other" and not says:
        cause = "none"
    return Message("K8S_IMAGE_PULL", {"image": image, "cause": cause, "message": says})


def _config(message: str, image: str) -> Message:
    if "image will run as root" in message:
        return Message("K8S_RUNS_AS_ROOT", {"image": image})
    if found := _SECRET.search(message):
        return Message("K8S_SECRET_MISSING", {"name": found[1]})
    if found := _NOT_FOUND.search(message):
        return Message("COMMAND_NOT_FOUND", {"command": found[1]})
    if found := _NOT_EXECUTABLE.search(message):
        return Message("COMMAND_NOT_EXECUTABLE", {"command": found[1]})
    return Message("K8S_CONTAINER_CONFIG", {"message": message})


def ended(
    exit_code: int,
    reason: str,
    restarts: int,
    *,
    message: str = "",
    limit_bytes: int = 0,
    image: str = "",
) -> Message:
    """Say how a container ended, from its state ``terminated``. ``limit_bytes`` is what memory it
    may have, 0 where that is not known."""
    if reason == "OOMKilled":
        return Message("K8S_OUT_OF_MEMORY", {"restarts": restarts, "limit_bytes": limit_bytes})
    if reason in _CANNOT_START and message:
        return _config(message, image)
    return Message("PROCESS_EXITED", {"exit_code": exit_code, "restarts": restarts})


def evicted(message: str, node: str) -> Message:
    """Say that a node has thrown a pod out, and why in the kubelet's words."""
    return Message("K8S_EVICTED", {"node": node, "message": message.strip()})


def disrupted(reason: str, message: str, node: str) -> Message:
    """Say who took a pod from its node, from its condition DisruptionTarget."""
    if reason == "PreemptionByScheduler":
        return Message("K8S_PREEMPTED", {"node": node})
    if reason == "DeletionByTaintManager":
        return node_lost(node)
    return evicted(message, node)


def node_lost(node: str) -> Message:
    """Say that a node no longer answers."""
    return Message("K8S_NODE_LOST", {"node": node})


def deadline() -> Message:
    """Say that a Job took longer than it may."""
    return Message("K8S_DEADLINE")
