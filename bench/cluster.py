"""The arithmetic of a large cluster: 2,000 nodes with 8 cards, 20,000 pods.

What a look at the cluster costs when nothing is kept but the parsed objects: the nodes with what is
used of them, and for one spec what each node lacks and where a server of two replicas would sit.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench import cluster_pages
from bench.harness import Options, say
from bench.report import Row, save
from inference_ui.backend.capacity import nodes as room
from inference_ui.backend.capacity.fit import Demand, seat
from inference_ui.backend.cluster.kubernetes.inventory import inventory
from inference_ui.backend.cluster.kubernetes.nodes import NodeBase, node_base
from inference_ui.backend.cluster.kubernetes.pods import PodUse, pod_use
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import AcceleratorType, Node, Resources

NODES = 2_000
PODS = 20_000
CARDS = 8
RUNS = 7
TARGET_MS = 100.0

SPEC = Resources(
    cpu_millis=8_000,
    memory_bytes=32 << 30,
    accelerator=AcceleratorType.MLU,
    card_model="MLU370-X8",
    cards=2,
)


def run(options: Options) -> str:
    """Measure parsing, and what is done at each look; return the table."""
    drawn = random.Random(options.seed)  # noqa: S311 - pods, not secrets
    node_objects = [_node(number) for number in range(NODES)]
    pod_objects = [_pod(number, drawn) for number in range(options.items or PODS)]
    found: dict[str, list[float]] = {"parse": [], "inventory": [], "fit": [], "look": []}
    for _ in range(options.runs or RUNS):
        parsed, parse_ms = _timed(partial(_parsed, node_objects, pod_objects))
        nodes, inventory_ms = _timed(partial(inventory, *parsed))
        fitting, fit_ms = _timed(partial(_fit, nodes))
        if not 0 < fitting < NODES:
            raise SystemExit(f"{fitting} of {NODES} nodes have room: that says nothing")
        say(f"  parsed in {parse_ms:.0f} ms, summed in {inventory_ms:.0f}, fit in {fit_ms:.0f}")
        found["parse"].append(parse_ms)
        found["inventory"].append(inventory_ms)
        found["fit"].append(fit_ms)
        found["look"].append(inventory_ms + fit_ms)
    rows = [
        Row("a look: the use of all nodes, and the fit of a spec", "ms", found["look"],
            target=TARGET_MS, at_most=True),
        Row("… of which: the use", "ms", found["inventory"]),
        Row("… of which: the fit", "ms", found["fit"]),
        Row("parsing all objects, once", "ms", found["parse"]),
        *cluster_pages.measure(options),
    ]  # fmt: skip
    context = f"{NODES:,} nodes with {CARDS} cards, {len(pod_objects):,} pods or applications."
    return save("cluster", "A large cluster", rows, context)


def _parsed(
    node_objects: list[dict[str, Any]], pod_objects: list[dict[str, Any]]
) -> tuple[list[NodeBase], list[PodUse]]:
    return [node_base(one) for one in node_objects], [pod_use(one) for one in pod_objects]


def _fit(nodes: tuple[Node, ...]) -> int:
    """Say of each node whether it is idle for the spec, and seat a server; return how many are."""
    idle = [one for one in nodes if room.unfit(one, SPEC) is None and not room.lacks(one, SPEC)]
    answer = seat(Demand("server", "server", SPEC, replicas=2), nodes)
    if isinstance(answer, Message):
        raise SystemExit(f"no seat: {answer}")
    return len(idle)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - begun) * 1000


def _node(number: int) -> dict[str, Any]:
    amounts = {"cpu": "128", "memory": "1Ti", "cambricon.com/mlu": str(CARDS), "pods": "110"}
    return {
        "metadata": {
            "name": f"node-{number}",
            "labels": {"Model": "MLU370-X8", "DriverVersion": "v5.10.27"},
        },
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": "6.1.0"},
        },
    }


def _pod(number: int, drawn: random.Random) -> dict[str, Any]:
    """Ten pods a node; every second one has a card, so that some nodes are left with three."""
    requests = {"cpu": f"{drawn.randrange(1, 16) * 500}m", "memory": f"{drawn.randrange(1, 64)}Gi"}
    if drawn.random() < 0.5:
        requests["cambricon.com/mlu"] = "1"
    return {
        "metadata": {
            "namespace": "apps",
            "name": f"app-{number}",
            "labels": {"app": f"app-{number % 5_000}"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "nodeName": f"node-{number % NODES}",
            "containers": [{"name": "server", "resources": {"requests": requests}}],
        },
        "status": {"phase": "Running"},
    }
