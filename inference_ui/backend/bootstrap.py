"""The composition root: the only place that reads settings and picks a mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from inference_ui.backend.cluster.local import LocalCluster
from inference_ui.backend.cluster.local.inventory import node_source, read_inventory
from inference_ui.backend.deletion_reconciler import DeletionReconciler
from inference_ui.backend.engine import Engine
from inference_ui.backend.errors import CannotStart, ClusterError, Conflict
from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.imaging.decoders import Decoders
from inference_ui.backend.imaging.kept import Kept
from inference_ui.backend.models.account import Actor
from inference_ui.backend.ports import Cluster
from inference_ui.backend.reconciler import Reconciler
from inference_ui.backend.results.entries import Entries
from inference_ui.backend.service_reconciler import ServiceReconciler
from inference_ui.backend.services.accounts import Accounts
from inference_ui.backend.services.again import Again
from inference_ui.backend.services.canaries import Canaries
from inference_ui.backend.services.capacity import Capacity
from inference_ui.backend.services.catalog import Catalog
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.checks import Checks
from inference_ui.backend.services.choices import Choices
from inference_ui.backend.services.datasets import Datasets
from inference_ui.backend.services.deletions import Deletions
from inference_ui.backend.services.exports import Exports
from inference_ui.backend.services.failures import Failures
from inference_ui.backend.services.item_index import ItemIndexes
from inference_ui.backend.services.item_list import ItemList
from inference_ui.backend.services.online import OnlineServices
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.probing import Probes
from inference_ui.backend.services.queueing import Queueing
from inference_ui.backend.services.results import Results
from inference_ui.backend.services.specs import Specs
from inference_ui.backend.services.task_list import TaskList
from inference_ui.backend.services.task_logs import TaskLogs
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.services.trials import Trials
from inference_ui.backend.services.uploads import Uploads
from inference_ui.backend.services.volumes import VolumeDraft, Volumes
from inference_ui.backend.settings import Settings
from inference_ui.backend.store.database import Store


@dataclass(frozen=True, slots=True)
class Product:
    """Everything that pages, REST and commands call."""

    settings: Settings
    store: Store
    cluster: Cluster
    accounts: Accounts
    catalog: Catalog
    specs: Specs
    volumes: Volumes
    datasets: Datasets
    checks: Checks
    choices: Choices
    capacity: Capacity
    queueing: Queueing
    packages: Packages
    trials: Trials
    tasks: Tasks
    task_list: TaskList
    logs: TaskLogs
    again: Again
    deletions: Deletions
    canaries: Canaries
    items: ItemList
    item_indexes: ItemIndexes
    results: Results
    exports: Exports
    failures: Failures
    online: OnlineServices
    uploads: Uploads
    copies: Copies
    changes: Changes
    probes: Probes
    engine: Engine

    def claim(self) -> None:
        """Become the one web server of the database.

        Raises :class:`Conflict` when another one is (on PostgreSQL; with SQLite the lock of the
        data folder says it all).
        """
        if not self.store.claim():
            raise Conflict("DATABASE_HAS_SERVER")

    def close(self) -> None:
        """End trials, stop the engine and close the database. Other workloads go on."""
        self.trials.close()
        self.exports.close()
        self.uploads.close()
        self.engine.stop()
        self.probes.close()
        self.checks.close()
        self.volumes.close()
        self.item_indexes.close()
        self.copies.close()
        self.cluster.close()
        self.store.close()


def check(settings: Settings) -> None:
    """Raise :class:`CannotStart` for what can be known to be wrong before anything is made."""
    if settings.inventory_file is not None:
        read_inventory(settings.inventory_file)


def build(settings: Settings) -> Product:
    """Open the data folder and the database, and put the product together. Starts nothing.

    Raises :class:`CannotStart` when the data folder or the inventory cannot be used, and
    :class:`~inference_ui.backend.errors.StoreError` when the database cannot.
    """
    _prepare_folders(settings)
    store = Store(settings.database)
    store.migrate()
    cluster = _cluster(settings)
    changes = Changes()
    probes = Probes()
    checks = Checks(store, settings.data_folder / "checks", changes)
    tasks = Tasks(store, cluster, changes)
    copies = Copies(Kept(settings.data_folder / "cache" / "pictures"), Decoders())
    packages = Packages(store, changes)
    entries = Entries()
    results = Results(tasks, packages, entries, copies)
    item_indexes = ItemIndexes(settings.data_folder / "cache" / "items")
    items = ItemList(tasks, entries, item_indexes)
    task_list = TaskList(store, changes)
    return Product(
        settings=settings,
        store=store,
        cluster=cluster,
        accounts=Accounts(store, session_life=timedelta(days=settings.session_days)),
        catalog=Catalog(store),
        specs=Specs(store, cluster, changes),
        volumes=Volumes(
            store,
            roots=settings.volume_roots,
            claims=settings.claims,
            own=settings.data_folder,
        ),
        datasets=Datasets(store, checks, changes, copies),
        checks=checks,
        choices=Choices(store, cluster, changes),
        capacity=Capacity(store, cluster, changes),
        queueing=Queueing(store, cluster, changes),
        packages=packages,
        trials=Trials(store, cluster, changes, copies),
        tasks=tasks,
        task_list=task_list,
        logs=TaskLogs(store, cluster, tasks),
        again=Again(store, tasks, changes),
        deletions=Deletions(store, cluster, task_list, changes),
        canaries=Canaries(store, tasks, items, changes),
        items=items,
        item_indexes=item_indexes,
        results=results,
        exports=Exports(tasks, packages, settings.data_folder / "cache"),
        failures=Failures(tasks, results),
        online=OnlineServices(store, cluster, changes),
        uploads=Uploads(store, changes),
        copies=copies,
        changes=changes,
        probes=probes,
        engine=Engine(
            {
                "reconciler": Reconciler(store, cluster).run_once,
                "deletions": DeletionReconciler(store, cluster).run_once,
                "service-reconciler": ServiceReconciler(store, cluster, probes).run_once,
            },
            cluster,
            changes,
        ),
    )


def seed(product: Product) -> Actor:
    """Make what a first start needs and is not there: the administrator, the built-in volumes,
    specs that fit the nodes. Returns the administrator."""
    administrator = product.accounts.ensure_administrator()
    catalog = product.catalog
    if not catalog.volumes(administrator):
        for name in ("results", "datasets"):
            folder = str(product.settings.volumes_folder / name)
            product.volumes.add(administrator, VolumeDraft(name, folder))
    if not catalog.specs(administrator):
        product.specs.accept(administrator)
    return administrator


def _cluster(settings: Settings) -> Cluster:
    if settings.cluster == "local":
        offer = node_source(settings.inventory_file, settings.data_folder / "node-name")
        return LocalCluster(settings.runs_folder, offer)
    if not settings.image:
        raise CannotStart("K8S_NO_OWN_IMAGE")
    # The client of Kubernetes is large: whoever runs on one machine does not load it.
    from inference_ui.backend.cluster.kubernetes.cluster import connect

    try:
        return connect(
            settings.kubeconfig_file, settings.namespace, settings.image, settings.claims
        )
    except ClusterError as error:
        raise CannotStart(error.code, **error.message.args) from error


def _prepare_folders(settings: Settings) -> None:
    folders = (
        settings.runs_folder,
        settings.volumes_folder / "results",
        settings.volumes_folder / "datasets",
    )
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            folder_text = str(settings.data_folder)
            raise CannotStart(
                "DATA_FOLDER_UNUSABLE", folder=folder_text, error=error.strerror
            ) from error
