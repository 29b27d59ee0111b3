"""What `bench.kubernetes` measures, in a process of its own: `PORT SECONDS FOLDER`, prints JSON."""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from inference_ui.backend.cluster.kubernetes.caches import NodePods
from inference_ui.backend.cluster.kubernetes.connection import Access, Connection
from inference_ui.backend.cluster.kubernetes.kinds import NODES, PODS
from inference_ui.backend.cluster.kubernetes.watching import Watch

TICK_S = 0.001
LOOK_S = 0.5


class Counted:
    """A sink before another one that counts the updates and how many of them changed anything."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self.begin, self.finish, self.drop = sink.begin, sink.finish, sink.drop
        self.adds = self.puts = self.changes = 0

    def add(self, thing: Any) -> bool:
        """Count an object of the list."""
        self.adds += 1
        return bool(self._sink.add(thing))

    def put(self, thing: Any) -> bool:
        """Count an update."""
        self.puts += 1
        changed = bool(self._sink.put(thing))
        self.changes += changed
        return changed


async def lateness(until: Any) -> list[float]:
    """Milliseconds that a timer of the loop was late, each time, until told to end."""
    late: list[float] = []
    while not until():
        due = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        late.append((time.perf_counter() - due) * 1000)
    return late


def after(seconds: float) -> Any:
    """Tell when so much time has passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


async def looks(cache: NodePods, until: Any) -> list[float]:
    """Milliseconds of a look at the nodes, in a thread, about twice a second."""
    took: list[float] = []
    while not until():
        await asyncio.sleep(LOOK_S)
        took.append(await asyncio.to_thread(_look, cache))
    return took


def _look(cache: NodePods) -> float:
    begun = time.perf_counter()
    cache.nodes()
    return (time.perf_counter() - begun) * 1000


async def measure(port: int, seconds: float, folder: Path) -> dict[str, Any]:
    """Fill both caches, then watch updates for so many seconds."""
    connection = Connection(Access(_kubeconfig(folder, port)))
    cache = NodePods()
    counted = Counted(cache.pod_sink)
    quiet = await lateness(after(3))
    before = _rss()
    watches = [
        Watch(connection, NODES, cache.node_sink, lambda: None),
        Watch(connection, PODS, counted, lambda: None),
    ]
    begun = time.monotonic()
    for one in watches:
        one.start()
    filling = await lateness(lambda: all(one.synced for one in watches))
    filled_s = time.monotonic() - begun
    filled = _rss()
    first_look = await asyncio.to_thread(_look, cache)
    puts, changes, cpu = counted.puts, counted.changes, time.process_time()
    updating, took = await asyncio.gather(lateness(after(seconds)), looks(cache, after(seconds)))
    cpu = time.process_time() - cpu
    stopped = time.monotonic()
    ended = sum([one.stop() for one in watches]) == len(watches)
    stopped = time.monotonic() - stopped
    connection.close()
    nodes = cache.nodes()
    return {
        "nodes": len(nodes),
        "pods": counted.adds,
        "before": before,
        "filled": filled,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "filled_s": filled_s,
        "quiet": quiet,
        "filling": filling,
        "updating": updating,
        "puts": counted.puts - puts,
        "changes": counted.changes - changes,
        "cpu": cpu,
        "first_look": first_look,
        "looks": took,
        "ended": ended,
        "stopped_s": stopped,
    }


def _rss() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def _kubeconfig(folder: Path, port: int) -> Path:
    context = {"cluster": "c", "user": "u", "namespace": "bench"}
    content = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": context}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {}}],
    }
    path = folder / "kubeconfig.json"
    path.write_text(json.dumps(content))
    return path


if __name__ == "__main__":
    found = asyncio.run(measure(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
    print(json.dumps(found))
