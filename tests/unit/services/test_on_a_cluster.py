"""What a cluster that runs images can run: packages with an image, over volumes on its claims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inference_ui.backend.bootstrap import build, seed
from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.errors import InvalidFields, Message
from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.imaging.decoders import Decoders
from inference_ui.backend.imaging.kept import Kept
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ContainerLaunch, ModelPackage, PackageLaunch
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.asking import Question
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.backend.services.online import OnlineServices
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.service_drafts import DeployDraft
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.specs import Specs
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.services.trials import Trials
from inference_ui.backend.settings import Settings
from inference_ui.backend.store.database import Store
from tests.support.shelves import Shelves

COMMAND, IMAGE = ("serve",), ContainerLaunch(image="registry.example.com/team/street:1")


class World:
    """A catalogue half of which lies on a claim, and the services over a cluster."""

    def __init__(
        self, store: Store, folder: Path, administrator: Actor, *, runs_images: bool
    ) -> None:
        self.actor = administrator
        for name in ("claim/results", "claim/in/pages", "claim/models", "disk/in/pages"):
            (folder / name).mkdir(parents=True)
        for name in ("claim", "disk"):
            (folder / name / "in" / "pages" / "one.json").write_text("{}")
        shelves = Shelves(store, folder / "own", administrator, claims={"shared": folder / "claim"})
        self.results = shelves.volume("results", folder / "claim" / "results")
        self.models = shelves.volume("models", folder / "claim" / "models")
        inputs = shelves.volume("in", folder / "claim" / "in")
        self.pages = shelves.dataset("pages", inputs, "pages")
        self.disk = shelves.volume("disk", folder / "disk")
        self.off = shelves.dataset("off", self.disk, "in/pages")
        self.cluster = cluster = MemoryCluster(runs_images=runs_images)
        changes = Changes()
        self.packages = Packages(store, changes)
        self.tasks = Tasks(store, cluster, changes)
        self.online = OnlineServices(store, cluster, changes)
        self.trials = Trials(
            store, cluster, changes, Copies(Kept(folder / "own" / "cache"), Decoders())
        )
        specs = Specs(store, cluster, changes)
        self.spec = specs.add(administrator, SpecDraft("small", cpu="1", memory="1GiB"))
        self.draft = TaskDraft(
            name="night",
            dataset_id=self.pages.id,
            service_type=ServiceType.SELDON,
            package_id=self.package("image", container=IMAGE),
            spec_id=self.spec.id,
            volume_id=self.results.id,
        )

    def package(self, name: str, **launch: object) -> str:
        """Register a package; return its id."""
        row = ModelPackage(
            name=name,
            version="1.0.0",
            owner_id="",
            service_type=ServiceType.SELDON,
            launch=PackageLaunch(**launch),
        )
        return self.packages.add(self.actor, row).id

    def problems(self, **changes: str) -> dict[str, Message]:
        """Return what is wrong with the draft, so changed; creating it says the same."""
        draft = replace(self.draft, **changes)
        found = self.tasks.check(self.actor, draft).problems
        if found:
            with pytest.raises(InvalidFields) as error:
                self.tasks.create(self.actor, draft)
            assert error.value.fields == found
        return found


@pytest.fixture
def world(sqlite_store: Store, tmp_path: Path, administrator: Actor) -> World:
    return World(sqlite_store, tmp_path / "world", administrator, runs_images=True)


def off_claim(field: str) -> dict[str, Message]:
    return {field: Message("VOLUME_NOT_ON_CLAIM", {"name": "disk"})}


def test_a_package_with_an_image_over_volumes_on_claims_runs(world: World) -> None:
    on_claim = world.package("m", container=IMAGE, model_volume_id=world.models.id)
    assert world.problems() == {}
    assert world.problems(package_id=on_claim) == {}
    assert world.tasks.create(world.actor, replace(world.draft, package_id=on_claim))


def test_a_package_without_an_image_is_refused_everywhere(world: World) -> None:
    package = world.package("machine-alone", command=COMMAND)
    refusal = {"package_id": Message("PACKAGE_WITHOUT_IMAGE", {"name": "machine-alone"})}
    assert world.problems(package_id=package) == refusal
    server = replace(world.draft, package_id=package).server
    with pytest.raises(InvalidFields) as error:
        world.online.deploy(world.actor, DeployDraft("detect", server))
    assert error.value.fields == refusal
    with pytest.raises(InvalidFields) as error:
        world.trials.start(world.actor, package, world.spec.id, Question(json="{}"))
    assert error.value.fields == refusal


def test_model_files_that_lie_on_no_claim_are_refused_everywhere(world: World) -> None:
    package = world.package("m", container=IMAGE, model_volume_id=world.disk.id)
    assert world.problems(package_id=package) == off_claim("package_id")
    server = replace(world.draft, package_id=package).server
    with pytest.raises(InvalidFields) as error:
        world.online.deploy(world.actor, DeployDraft("detect", server))
    assert error.value.fields == off_claim("package_id")
    with pytest.raises(InvalidFields) as error:
        world.trials.start(world.actor, package, world.spec.id, Question(json="{}"))
    assert error.value.fields == off_claim("package_id")


def test_a_dataset_and_an_output_that_lie_on_no_claim_are_refused(world: World) -> None:
    assert world.problems(dataset_id=world.off.id) == off_claim("dataset_id")
    assert world.problems(volume_id=world.disk.id) == off_claim("volume_id")


def test_going_on_from_a_task_that_wrote_to_no_claim_is_refused(
    sqlite_store: Store, tmp_path: Path, administrator: Actor
) -> None:
    world = World(sqlite_store, tmp_path / "world", administrator, runs_images=False)
    machine = world.package("machine", command=COMMAND)
    before = replace(world.draft, package_id=machine)
    on_disk = world.tasks.create(world.actor, replace(before, volume_id=world.disk.id))
    on_claim = world.tasks.create(world.actor, replace(before, name="day"))
    world.tasks = Tasks(sqlite_store, MemoryCluster(runs_images=True), Changes())
    world.draft = replace(world.draft, name="next")
    assert world.problems(since_task_id=on_disk.id) == off_claim("since_task_id")
    assert world.problems(since_task_id=on_claim.id) == {}


def test_one_machine_needs_neither_images_nor_claims(
    sqlite_store: Store, tmp_path: Path, administrator: Actor
) -> None:
    world = World(sqlite_store, tmp_path / "world", administrator, runs_images=False)
    package = world.package("m", command=COMMAND, model_volume_id=world.disk.id)
    off = {"package_id": package, "dataset_id": world.off.id, "volume_id": world.disk.id}
    assert world.problems(**off) == {}


def test_the_built_in_volumes_lie_on_the_claim_that_holds_the_data_folder(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    product = build(Settings(data_dir=mount / "data", sample=False, claims={"shared": mount}))
    try:
        volumes = product.catalog.volumes(seed(product))
        places = {row.name: (row.claim, row.sub_path) for row in volumes}
    finally:
        product.close()
    assert places == {
        "results": ("shared", "data/volumes/results"),
        "datasets": ("shared", "data/volumes/datasets"),
    }


def test_a_service_whose_cluster_answers_no_more_says_so_and_why_its_log_is_missing(
    world: World,
) -> None:
    made = world.online.deploy(world.actor, DeployDraft("live", world.draft.server))
    world.cluster.unreachable = True
    seen = world.online.view(world.actor, made.id)
    assert seen.unseen is not None
    assert (seen.unseen.code, seen.seen) == ("CLUSTER_UNREACHABLE", None)
    told = world.online.logs(world.actor, made.id)
    assert told.unseen == seen.unseen
