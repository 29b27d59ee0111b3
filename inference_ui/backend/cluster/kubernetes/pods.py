"""A pod: what it holds on its node, or what it waits for.

Read once as it arrives; ``inventory`` sums it as often as needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from inference_ui.backend.capacity.fit import Demand
from inference_ui.backend.capacity.quantities import Container, largest, pod_amounts, total
from inference_ui.backend.cluster.kubernetes import hami, names, objects, smlu
from inference_ui.backend.cluster.kubernetes.accelerators import models_in, refined
from inference_ui.backend.cluster.kubernetes.hami import StatedPart
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.resources import CardResource, Form, resource_of
from inference_ui.backend.models.compute import (
    AcceleratorType,
    CardUse,
    Placement,
    Resources,
    Slice,
    Tenant,
    Toleration,
)

_ENDED = ("Succeeded", "Failed")
_UNITS = {names.CPU: "m", names.MEMORY: "1", names.HAMI_GPU_MEMORY: "1", names.HAMI_GPU_CORES: "1"}


@dataclass(frozen=True, slots=True)
class CardRequest:
    """Cards or slices that a pod requests under the name of a resource."""

    resource: str
    use: CardUse


@dataclass(frozen=True, slots=True)
class PodUse:
    """A pod as the arithmetic sees it.

    ``tenant`` and ``requests`` are its effective requests. ``parts`` are those cards of which its
    annotations state which it was given, at ``given_at`` (its creation, where nothing states that).
    ``demand``: what it waits for, where it has no node; ``gated``: nobody tries to find it one yet.
    Times are Unix seconds.
    """

    namespace: str
    name: str
    application: str
    node: str | None
    ended: bool
    tenant: Tenant
    requests: tuple[CardRequest, ...] = ()
    parts: tuple[StatedPart, ...] = ()
    given_at: float = 0.0
    demand: Demand | None = None
    gated: bool = False


def pod_use(pod: Json) -> PodUse:
    """Read a v1 Pod. What is broken in it counts as not there."""
    metadata, spec = objects.part(pod, "metadata"), objects.part(pod, "spec")
    ended = objects.text(objects.part(pod, "status"), "phase") in _ENDED
    application = application_of(pod)
    node = objects.text(spec, "nodeName") or None
    amounts = _effective(spec)
    requests = _requests(application, amounts, _sizes(spec))
    notes = objects.notes(pod)
    parts = _stated(notes, node) if node is not None and requests else ()
    created = objects.moment(metadata.get("creationTimestamp"))
    found = PodUse(
        namespace=objects.text(metadata, "namespace"),
        name=objects.text(metadata, "name"),
        application=application,
        node=node,
        ended=ended,
        tenant=Tenant(application, amounts.get(names.CPU, 0), amounts.get(names.MEMORY, 0)),
        requests=requests,
        parts=parts,
        given_at=objects.moment(notes.get(names.HAMI_TIME_ANNOTATION)) or created,
        gated=bool(objects.parts(spec, "schedulingGates")),
    )
    waits = not (ended or node or metadata.get("deletionTimestamp"))
    return replace(found, demand=_demand(found, spec, created)) if waits else found


def application_of(pod: Json) -> str:
    """Return what people call the application that a pod belongs to; its own name, if nothing says
    that."""
    labels = objects.labels(pod)
    named = (labels.get(label) for label in names.APPLICATION_LABELS)
    found = objects.notes(pod).get(names.APPLICATION_ANNOTATION) or next(filter(None, named), "")
    return found or objects.text(objects.part(pod, "metadata"), "name")


def _effective(spec: Json) -> dict[str, int]:
    """Return what the scheduler counts of the pod, in thousandths of a CPU, bytes and devices."""
    amounts = pod_amounts(
        [Container(_amounts(one)) for one in objects.parts(spec, "containers")],
        [
            Container(_amounts(one), sidecar=one.get("restartPolicy") == "Always")
            for one in objects.parts(spec, "initContainers")
        ],
    )
    # requests of the pod as a whole take the place of the sum over its containers
    amounts.update(_amounts(spec))
    return total([amounts, _read(objects.part(spec, "overhead"))])


def _sizes(spec: Json) -> Mapping[str, int]:
    """Return what each of the pod's cards shall have, where HAMi divides them: it does not add up
    over containers, which ask for it card by card."""
    found: dict[str, int] = {}
    for one in objects.parts(spec, "containers"):
        found = largest(found, _amounts(one))
    return found


def _amounts(of: Json) -> dict[str, int]:
    """Return the requests of a container or of a pod's specification; a limit stands for one that
    is not given, as the API server has it."""
    resources = objects.part(of, "resources")
    limits, requests = objects.part(resources, "limits"), objects.part(resources, "requests")
    return _read({**limits, **requests} if limits else requests)


def _read(quantities: Json) -> dict[str, int]:
    return {
        name: objects.amount(value, _UNITS.get(name, "1"))
        for name, value in quantities.items()
        if name in _UNITS or resource_of(name) is not None
    }


def _requests(
    application: str, amounts: Mapping[str, int], sizes: Mapping[str, int]
) -> tuple[CardRequest, ...]:
    found: dict[str, CardRequest] = {}
    for name in sorted(amounts):
        resource = resource_of(name)
        if resource is not None and amounts[name] > 0:
            counted, count, kind = _asked(name, resource, amounts, sizes)
            use = CardUse(application, count, resource.accelerator, resource.model, kind)
            found[counted] = CardRequest(counted, use)
    return tuple(found.values())


def _asked(
    name: str, resource: CardResource, amounts: Mapping[str, int], sizes: Mapping[str, int]
) -> tuple[str, int, Slice | None]:
    """Return under which name how many cards are counted, or slices of which kind."""
    if resource.form is Form.SLICE:
        return name, amounts[name], resource.slice
    if name == names.NVIDIA_GPU:
        return name, amounts[name], _hami_size(sizes)
    cores = f"{resource.family}.{names.CAMBRICON_CORES_SUFFIX}"
    memory = f"{resource.family}.{names.CAMBRICON_MEMORY_SUFFIX}"
    if amounts.get(cores) or amounts.get(memory):  # one slice, whatever of it the pod names
        return cores, 1, smlu.size(amounts.get(cores, 0), amounts.get(memory, 0))
    return name, amounts[name], None


def _hami_size(sizes: Mapping[str, int]) -> Slice | None:
    memory, cores = sizes.get(names.HAMI_GPU_MEMORY, 0), sizes.get(names.HAMI_GPU_CORES, 0)
    if not (memory or cores):
        return None
    return Slice(memory_bytes=memory * hami.MIB, share=min(100, cores))


def _stated(notes: Mapping[str, str], node: str) -> tuple[StatedPart, ...]:
    """Return the cards that annotations state. Where HAMi writes those of a Cambricon card, it
    writes the vendor's as well."""
    given = hami.allocated(notes, node)
    if any(one.accelerator is AcceleratorType.MLU for one in given):
        return given
    return (*given, *smlu.stated(notes, node))


def _demand(pod: PodUse, spec: Json, since: float) -> Demand:
    wanted = wanted_labels(spec)
    use = pod.requests[0].use if pod.requests else None
    resources = Resources(
        cpu_millis=pod.tenant.cpu_millis,
        memory_bytes=pod.tenant.memory_bytes,
        accelerator=use.accelerator if use else AcceleratorType.CPU,
        card_model=_model(use, wanted) if use else None,
        cards=use.cards if use else 0,
        slice=use.slice if use else None,
        tolerations=tuple(_tolerations(spec)),
        runtime_class=objects.text(spec, "runtimeClassName") or None,
    )
    return Demand(
        name=f"{pod.namespace}/{pod.name}",
        application=pod.application,
        resources=resources,
        placement=_placement(wanted),
        since=since,
    )


def _model(use: CardUse, wanted: Mapping[str, tuple[str, ...]]) -> str | None:
    label = dict(models_in(wanted)).get(use.accelerator, "")
    return refined(use.model, label)


def _placement(wanted: Mapping[str, tuple[str, ...]]) -> Placement:
    if hosts := wanted.get(names.HOST_LABEL):
        return Placement(kind="NODES", nodes=hosts)
    for label in names.DRIVER_LABELS:
        if len(versions := wanted.get(label, ())) == 1:
            return Placement(kind="DRIVER", driver_version=versions[0])
    return Placement()


def wanted_labels(spec: Json) -> dict[str, tuple[str, ...]]:
    """Return the labels that a pod demands of its node, each with the values that it may have.

    From the selector and the required affinity, as far as that is one term: of several, which are
    alternatives, none need hold.
    """
    found: dict[str, tuple[str, ...]] = {
        label: (value,)
        for label, value in objects.part(spec, "nodeSelector").items()
        if isinstance(value, str)
    }
    required = objects.part(
        spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = objects.parts(required, "nodeSelectorTerms")
    for one in objects.parts(terms[0], "matchExpressions") if len(terms) == 1 else ():
        values = one.get("values")
        if one.get("operator") == "In" and isinstance(values, list):
            texts = tuple(value for value in values if isinstance(value, str))
            found.setdefault(objects.text(one, "key"), texts)
    return found


def _tolerations(spec: Json) -> Iterable[Toleration]:
    for one in objects.parts(spec, "tolerations"):
        exists = one.get("operator") == "Exists"
        yield Toleration(
            key=objects.text(one, "key"),
            value=None if exists else objects.text(one, "value"),
            effect=objects.text(one, "effect"),
        )
