"""A product on a data folder of its own, with a small dataset and a test model to choose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import psutil

from inference_ui.backend import bootstrap
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.records import JournalLine
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.backend.settings import Settings
from tests.support import databases, model_server
from tests.support.waiting import wait_for


class Installation:
    """A product and the hands that a test needs to use it."""

    def __init__(self, folder: Path, inventory: str | None = None, **settings: Any) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder, inventory=inventory, **settings)
        databases.put_empty(folder)
        self.product: Product = bootstrap.build(self.settings)
        self.administrator: Actor = bootstrap.seed(self.product)

    def reopen(self) -> None:
        """Close the product without touching what runs, and open it again."""
        self.product.close()
        self.product = bootstrap.build(self.settings)

    def close(self) -> None:
        """Stop the engine, end what runs, close the database."""
        self.product.engine.stop()
        cluster = self.product.cluster

        def all_gone() -> bool:
            for name in cluster.names():
                cluster.remove(name, grace_s=0.5)
            return not cluster.names()

        wait_for(all_gone, "all workloads gone")
        self.product.close()

    def dataset(self, inputs: dict[str, bytes], name: str = "pages") -> None:
        """Register a dataset of these files."""
        root = self.folder / "volumes" / "datasets" / name
        for path, content in inputs.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.register(name)

    def register(self, name: str, path: str | None = None, volume: str = "datasets") -> str:
        """Register a folder of a volume as a dataset; return its id."""
        on = self.product.volumes.named(self.administrator, volume)
        return self.product.datasets.add(self.administrator, name, on.id, path or name).id

    def package(self, name: str = "model", ready_timeout_s: float = 60, **env: str) -> None:
        """Register the test model under this name, told by ``env`` how to behave."""
        command = ("{python}", str(Path(model_server.__file__)), "--port", "{port}")
        launch = PackageLaunch(command=command, environment=env, ready_timeout_s=ready_timeout_s)
        package = ModelPackage(
            name=name, version="1.0.0", owner_id="", service_type=ServiceType.SELDON, launch=launch
        )
        self.product.packages.add(self.administrator, package)

    def draft(self, name: str, package: str = "model", dataset: str = "pages") -> TaskDraft:
        """A filled in create form."""
        catalog, actor = self.product.catalog, self.administrator
        packages = {row.name: row.id for row in self.product.packages.all(actor)}
        datasets = {row.name: row.id for row, _ in catalog.datasets(actor)}
        volumes = {row.name: row.id for row in catalog.volumes(actor)}
        specs = {row.name: row.id for row in catalog.specs(actor)}
        return TaskDraft(
            name=name,
            dataset_id=datasets[dataset],
            service_type=ServiceType.SELDON,
            package_id=packages[package],
            spec_id=specs["cpu-half"],
            volume_id=volumes["results"],
        )

    def create(self, name: str, package: str = "model", dataset: str = "pages") -> InferenceTask:
        """Create a task."""
        return self.product.tasks.create(self.administrator, self.draft(name, package, dataset))

    def task(self, task_id: str) -> InferenceTask:
        """The task as it is now."""
        return self.product.tasks.get(self.administrator, task_id)

    def wait_until(self, task_id: str, *statuses: str, timeout_s: float = 60) -> InferenceTask:
        """Wait until the task is in one of these statuses; fails early when it ended otherwise."""

        def there() -> InferenceTask | None:
            task = self.task(task_id)
            assert task.status in statuses or not TaskStatus(task.status).ended, task
            return task if task.status in statuses else None

        try:
            return wait_for(there, f"task {task_id} {statuses}", timeout_s)
        except AssertionError as error:
            task, queue = self.task(task_id), self.product.cluster.nodes()
            raise AssertionError(f"{error}; {task.status} {task.waiting}; {queue}") from error

    def wait_for_lines(self, task_id: str, number: int) -> None:
        """Wait until the journal has so many lines."""
        path = Path(self.task(task_id).plan.output_folder) / "result.ndjson"
        wait_for(
            lambda: path.exists() and path.read_bytes().count(b"\n") >= number,
            f"{number} lines in {path}",
        )


def numbered_inputs(count: int) -> dict[str, bytes]:
    """Requests in nested folders, each with a text of its own."""
    return {
        f"part-{number % 3}/page-{number:04d}.json": json.dumps({"strData": f"{number}"}).encode()
        for number in range(count)
    }


def journal(task: InferenceTask) -> list[JournalLine]:
    """The lines of a task's journal; fails when one of them cannot be read."""
    path = Path(task.plan.output_folder) / "result.ndjson"
    return [msgspec.json.decode(line, type=JournalLine) for line in path.read_bytes().splitlines()]


def processes_of(folder: Path) -> list[psutil.Process]:
    """All processes whose command line or environment speaks of this data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except (psutil.Error, OSError):
            continue
        if process.pid != psutil.Process().pid and any(str(folder) in word for word in words):
            found.append(process)
    return found
