"""The cluster and the product of `bench.kubernetes_tasks`: who asked the API server for what."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlmodel import col, select

from bench.harness import REPOSITORY, BenchError
from bench.kubernetes_controllers import Controllers
from inference_ui.backend.models.catalog import ContainerLaunch
from inference_ui.backend.models.compute import Node
from inference_ui.backend.models.task import InferenceTask, TaskEvent
from inference_ui.backend.ports import workload_name
from tests.support import server as servers
from tests.support.control_plane.machines import node_object_of
from tests.support.control_plane.requests import Call, Reply, parsed
from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import Store
from tests.support.installation import numbered_inputs
from tests.support.kubernetes_installation import ACCOUNT, CLAIM, OnKubernetes
from tests.support.server import Served

NAMESPACE = "apps"
IMAGE = "registry.example/team/inference-ui:1.0.0"
GIB = 1 << 30
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class Asked:
    """A request: the `name` of what it is about (empty for lists), `at` in Unix seconds."""

    verb: str
    kind: str
    name: str
    at: float


class Log(list[Asked]):
    """What the API server was asked for."""

    def since(self, number: int) -> Counter[str]:
        """Return how often what was asked for after the first `number` requests."""
        return Counter(f"{one.verb} {one.kind}" for one in self[number:])


class Api(ApiServer):
    """An API server that notes for every request which object it is about, and when it came."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, token="token-of-this-cluster")  # noqa: S106
        self.log = Log()

    def answer(self, call: Call) -> Reply:
        """Answer one call; what is created is named in its body alone."""
        at, request = time.time(), parsed(call)
        name = request.name
        if request.verb == "create":
            name = json.loads(call.body)["metadata"]["name"]
        self.log.append(Asked(request.verb, request.resource, name or "", at))
        return super().answer(call)


@dataclass
class World:
    """The API server's requests, the cluster's other hands, and the product from inside."""

    store: Store
    log: Log
    controllers: Controllers
    inside: OnKubernetes
    environment: dict[str, str]

    @property
    def data(self) -> Path:
        """Return the product's data folder."""
        return self.inside.folder

    def create(self, count: int, word: str) -> list[str]:
        """Create so many tasks as the create form does; return their ids."""
        product, actor = self.inside.product, self.inside.administrator
        draft = self.inside.draft(word, "detector")
        return [
            product.tasks.create(actor, replace(draft, name=f"{word}-{n:04}")).id
            for n in range(count)
        ]

    def statuses(self) -> Counter[str]:
        """Return how many tasks are in which status."""
        with self.inside.product.store.read() as session:
            return Counter(session.exec(select(InferenceTask.status)).all())

    def task(self, task_id: str) -> InferenceTask:
        """Return a task as the database has it now."""
        with self.inside.product.store.read() as session:
            return session.exec(select(InferenceTask).where(InferenceTask.id == task_id)).one()

    def state_changes(self) -> dict[str, list[TaskEvent]]:
        """Return how each task came to its states, from its creation on."""
        found: dict[str, list[TaskEvent]] = {}
        with self.inside.product.store.read() as session:
            for event in session.exec(select(TaskEvent).order_by(col(TaskEvent.id))):
                if event.code != "STOP_REQUESTED":
                    found.setdefault(event.task_id, []).append(event)
        return found

    def until(self, condition: Callable[[], bool], what: str, timeout_s: float = 240) -> float:
        """Wait for a condition; return the seconds that it took."""
        begun = time.perf_counter()
        while not condition():
            if self.controllers.error is not None:
                raise self.controllers.error
            if time.perf_counter() - begun > timeout_s:
                raise BenchError(f"not within {timeout_s} s: {what}; {self.statuses()}")
            time.sleep(0.1)
        return time.perf_counter() - begun

    @contextmanager
    def serving(self) -> Iterator[Served]:
        """Run the web server with its engine; in the end let it go, and tasks go on."""
        served = servers.start(self.data, self.environment)
        try:
            yield served
        finally:
            servers.interrupt(served)

    def engine(self, passes: int) -> dict[str, Any]:
        """Run `bench.kubernetes_engine`; return what it told."""
        return told_by("bench.kubernetes_engine", str(passes), environment=self.environment)

    @contextmanager
    def progressing(self, task_ids: list[str]) -> Iterator[None]:
        """Write the progress of these tasks, as their clients do."""
        folders = [self.task(one).plan.output_folder for one in task_ids]
        command = [sys.executable, "-m", "bench.kubernetes_progress"]
        with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, text=True) as process:
            if process.stdin is None:
                raise BenchError("the progress writer has no standard input")
            process.stdin.write("\n".join(folders))
            process.stdin.close()
            try:
                yield
            finally:
                process.terminate()


@contextmanager
def world(folder: Path, nodes: int, held: str) -> Iterator[World]:
    """Yield a cluster and a product on it that has no engine yet. Tasks whose name begins with
    `held` find no node."""
    data = folder / "data"
    (data / "volumes").mkdir(parents=True)
    store = _cluster(nodes)
    with Api(store) as api:
        settings: dict[str, Any] = {
            "cluster": "kubernetes",
            "kubeconfig_file": api.kubeconfig(folder / "kubeconfig", namespace=NAMESPACE),
            "image": IMAGE,
            "claims": {CLAIM: data / "volumes"},
        }
        inside = OnKubernetes(data, **settings)
        try:
            inside.dataset(numbered_inputs(60))
            command = ("python", "/server.py", "--port", "{port}")
            container = ContainerLaunch(image="registry.example/team/detector:1", command=command)
            inside.register_package("detector", container, {"THRESHOLD": "0.5"})

            def is_held(workload: str) -> bool:
                parts = workload.split("-")
                return parts[-1] == "server" and found.task(parts[1]).name.startswith(held)

            with Controllers(store, is_held) as controllers:
                found = World(store, api.log, controllers, inside, _environment(data, settings))
                yield found
        finally:
            inside.product.close()


def server_of(task_id: str) -> str:
    """Return the name of a task's server."""
    return workload_name(task_id, 1, "server")


def told_by(module: str, *arguments: str, environment: dict[str, str]) -> dict[str, Any]:
    """Run a module to its end; return the JSON that it prints."""
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def cpu_of(process_id: int) -> float:
    """Return the seconds of CPU that a process and its children have used."""
    process = psutil.Process(process_id)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def writes_by_change(one: World) -> dict[tuple[str, str], int]:
    """Count writes by task and state change: each belongs to the change that it follows."""
    counts: dict[tuple[str, str], int] = {}
    events = one.state_changes()
    for asked in one.log:
        if asked.verb not in WRITES:
            continue
        task_id = _task_of(asked.name)
        if task_id is None:
            raise BenchError(f"a write that is no task's: {asked}")
        then = datetime.fromtimestamp(asked.at, UTC)
        code = [event.code for event in events[task_id] if event.at <= then][-1]
        counts[task_id, code] = counts.get((task_id, code), 0) + 1
    return counts


def of_tasks(asked: list[Asked]) -> int:
    """Count the requests that are about one task."""
    return sum(_task_of(one.name) is not None for one in asked)


def _task_of(name: str) -> str | None:
    parts = name.split("-")
    return parts[1] if parts[0] == "task" and len(parts) >= 4 else None


def _cluster(nodes: int) -> Store:
    store = Store()
    store.create("namespaces", {"metadata": {"name": NAMESPACE}})
    store.create("serviceaccounts", {"metadata": {"name": ACCOUNT, "namespace": NAMESPACE}})
    for number in range(nodes):
        machine = Node(
            name=f"node-{number}", ready=True, os="Debian GNU/Linux 12 (bookworm)", kernel="6.1.0",
            cpu_millis=64_000, memory_bytes=256 * GIB,
        )  # fmt: skip
        store.create("nodes", node_object_of(machine))
    meta = {"name": CLAIM, "namespace": NAMESPACE}
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    store.create("persistentvolumeclaims", {"metadata": meta, "spec": spec})
    bound = {"phase": "Bound", "accessModes": ["ReadWriteMany"]}
    store.put_status("persistentvolumeclaims", NAMESPACE, CLAIM, bound)
    return store


def _environment(data: Path, settings: dict[str, Any]) -> dict[str, str]:
    claims = {name: str(path) for name, path in settings["claims"].items()}
    return {
        "INFERENCE_UI_DATA_DIR": str(data),
        "INFERENCE_UI_CLUSTER": settings["cluster"],
        "INFERENCE_UI_KUBECONFIG_FILE": str(settings["kubeconfig_file"]),
        "INFERENCE_UI_IMAGE": settings["image"],
        "INFERENCE_UI_CLAIMS": json.dumps(claims),
        "INFERENCE_UI_SAMPLE": "false",
    }
