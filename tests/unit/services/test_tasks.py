"""Creating, seeing and stopping tasks: what is refused, beside which field, and for whom."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.catalog import (
    ContainerLaunch,
    ModelPackage,
    PackageLaunch,
    RunParameter,
    Variable,
)
from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard
from inference_ui.backend.models.service import Elsewhere, OnlineService
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.accounts import Accounts
from inference_ui.backend.services.changes import Changes, moved
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.server_drafts import MAX_NODES
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.specs import Specs
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.store import tasks as queries
from tests.support.shelves import Shelves

GIB = 1 << 30
THREADS = RunParameter(name="threads", default="4")


def node(name, *cards, driver_version=None):
    return Node(
        name=name,
        ready=True,
        os="",
        kernel="",
        cpu_millis=8000,
        memory_bytes=64 * GIB,
        cards=cards,
        driver_version=driver_version,
    )


A100 = PhysicalCard(slot=1, index="0", model="A100", accelerator=AcceleratorType.GPU)
NODES = (
    node("cpu-1"),
    node("gpu-1", A100, driver_version="550"),
    node("gpu-2", A100, driver_version="535"),
)


class World:
    """A catalogue on disk, and the tasks service over it."""

    def __init__(self, store, folder, administrator):
        self.store, self.folder = store, folder
        self.results = folder / "results"
        self.pages = folder / "datasets" / "pages"
        for path in (self.results, self.pages / "deep"):
            path.mkdir(parents=True)
        (self.pages / "deep" / "one.json").write_text("{}")
        shelves = Shelves(store, folder / "own", administrator)
        volume = shelves.volume("results", self.results)
        on = shelves.volume("datasets", folder / "datasets")
        dataset = shelves.dataset("pages", on, "pages")
        self.shelves, self.packages = shelves, Packages(store, Changes())
        package = self.packages.add(
            administrator,
            ModelPackage(
                name="detector",
                version="1.0.0",
                owner_id="",
                service_type=ServiceType.SELDON,
                launch=PackageLaunch(
                    command=("serve",),
                    variables=(Variable(name="MODE"), Variable(name="BATCH", default="16")),
                ),
            ),
        )
        specs = Specs(store, MemoryCluster(NODES), Changes())
        spec = specs.add(administrator, SpecDraft("small", cpu="1", memory="1GiB"))
        self.huge = specs.add(administrator, SpecDraft("huge", cpu="10000", memory="1GiB"))
        self.card = specs.add(
            administrator, SpecDraft("card", cpu="1", memory="1GiB", accelerator="GPU", cards="1")
        )
        self.changes = Changes()
        self.cluster = MemoryCluster(NODES)
        self.tasks = Tasks(store, self.cluster, self.changes)
        self.draft = TaskDraft(
            name="night",
            dataset_id=dataset.id,
            service_type=ServiceType.SELDON,
            package_id=package.id,
            spec_id=spec.id,
            volume_id=volume.id,
        )

    def rows(self):
        with self.store.read() as session:
            return queries.unfinished(session)


@pytest.fixture
def world(sqlite_store, tmp_path, administrator):
    return World(sqlite_store, tmp_path / "world", administrator)


def refusals(world, user, **changes):
    """Return what is wrong with the draft, so changed, by field; creating it is refused, too."""
    wrong = replace(world.draft, **changes)
    with pytest.raises(InvalidFields) as error:
        world.tasks.create(user, wrong)
    assert error.value.fields == world.tasks.check(user, wrong).problems
    return error.value.fields


def refused(world, actor, **changes):
    before = sorted(world.results.iterdir())
    with pytest.raises(InvalidFields) as error:
        world.tasks.create(actor, replace(world.draft, **changes))
    assert world.rows() == []
    assert sorted(world.results.iterdir()) == before
    return {field: message.code for field, message in error.value.fields.items()}


def test_a_task_is_queued_with_a_snapshot_and_its_folder_made(world, people):
    heard = []
    world.changes.subscribe(heard.append)
    task = world.tasks.create(people[Role.USER], replace(world.draft, name=" 夜间 "))
    assert task.name == "夜间"
    assert task.status == TaskStatus.QUEUED
    assert task.plan.package.launch.command == ("serve",)
    assert (world.results / "夜间").is_dir()
    assert heard == [moved(task.id)]
    view = world.tasks.view(people[Role.USER], task.id)
    assert (view.owner, [event.code for event in view.events]) == ("user", ["SUBMITTED"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "NAME_EMPTY"),
        ("x" * 64, "NAME_TOO_LONG"),
        ("a/b", "NAME_CHARACTER"),
        ("..", "NAME_DOTS"),
        ("a\x07", "NAME_CONTROL_CHARACTER"),
    ],
)
def test_a_bad_name_is_refused_beside_its_field(world, people, name, code):
    assert refused(world, people[Role.USER], name=name) == {"name": code}


def test_an_empty_form_names_every_field_that_is_required(world, people):
    fields = ("name", "dataset_id", "service_type", "package_id", "spec_id", "volume_id")
    problems = refused(world, people[Role.USER], **dict.fromkeys(fields, ""))
    assert problems == dict.fromkeys(fields, "REQUIRED") | {"name": "NAME_EMPTY"}


def test_a_taken_name_is_refused(world, people):
    user = people[Role.USER]
    world.tasks.create(user, world.draft)
    assert world.tasks.name_problem(user, " night ").code == "NAME_TAKEN"
    with pytest.raises(InvalidFields) as error:
        world.tasks.create(people[Role.ADMINISTRATOR], world.draft)
    assert error.value.fields["name"].code == "NAME_TAKEN"
    assert len(world.rows()) == 1


def test_two_clicks_at_once_create_one_task(world, people):
    outcomes = []
    barrier = threading.Barrier(8)

    def click():
        barrier.wait()
        try:
            outcomes.append(world.tasks.create(people[Role.USER], world.draft))
        except InvalidFields as error:
            outcomes.append(error)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert sum(not isinstance(outcome, InvalidFields) for outcome in outcomes) == 1
    assert len(world.rows()) == 1
    assert (world.results / "night").is_dir()


def test_a_folder_of_that_name_is_never_written_into(world, people):
    (world.results / "night").mkdir()
    assert refused(world, people[Role.USER]) == {"name": "OUTPUT_EXISTS"}


def test_even_a_dangling_link_of_that_name_is_in_the_way(world, people):
    (world.results / "night").symlink_to("/nowhere")
    assert refused(world, people[Role.USER]) == {"name": "OUTPUT_EXISTS"}


def test_an_output_that_cannot_be_written_is_refused(world, people):
    world.results.rmdir()
    world.results.symlink_to("/proc/self")  # nobody, not even root, makes a folder there
    problems = {"volume_id": "OUTPUT_NOT_WRITABLE"}
    with pytest.raises(InvalidFields) as error:
        world.tasks.create(people[Role.USER], world.draft)
    assert {field: m.code for field, m in error.value.fields.items()} == problems
    assert world.rows() == []


def test_a_volume_whose_folder_is_gone_is_refused(world, people):
    world.results.rmdir()
    with pytest.raises(InvalidFields) as error:
        world.tasks.create(people[Role.USER], world.draft)
    assert error.value.fields["volume_id"].code == "VOLUME_MISSING"


def test_a_dataset_without_json_is_refused_with_what_was_found(world, people):
    (world.pages / "deep" / "one.json").rename(world.pages / "deep" / "one.txt")
    (world.pages / "two.jpeg").touch()
    with pytest.raises(InvalidFields) as error:
        world.tasks.create(people[Role.USER], world.draft)
    problem = error.value.fields["dataset_id"]
    assert problem.code == "DATASET_WITHOUT_JSON"
    assert (problem.args["found"], problem.args["others"]) == (0, 2)
    images = replace(world.draft, input_kind=InputKind.IMAGES)
    assert world.tasks.create(people[Role.USER], images)


def test_a_dataset_whose_folder_is_gone_is_refused(world, people):
    (world.pages / "deep" / "one.json").unlink()
    (world.pages / "deep").rmdir()
    world.pages.rmdir()
    assert refused(world, people[Role.USER]) == {"dataset_id": "DATASET_MISSING"}


def test_a_package_of_another_service_type_is_refused(world, people):
    problems = refused(world, people[Role.USER], service_type=ServiceType.OPENAI)
    assert problems == {"package_id": "PACKAGE_OTHER_TYPE"}


def test_a_package_that_no_command_starts_here_is_refused(world, people):
    image = ContainerLaunch(image="registry.example.com/reader:1")
    package = world.packages.add(
        people[Role.USER],
        ModelPackage(
            name="image-alone",
            version="1.0.0",
            owner_id="",
            service_type=ServiceType.SELDON,
            launch=PackageLaunch(container=image),
        ),
    )
    problems = refused(world, people[Role.USER], package_id=package.id)
    assert problems == {"package_id": "PACKAGE_WITHOUT_COMMAND"}


def test_what_can_never_run_is_refused(world, people):
    user = people[Role.USER]
    assert refused(world, user, spec_id=world.huge.id) == {"spec_id": "SPEC_TOO_LARGE"}
    assert refused(world, user, node_count=500) == {"node_count": "SPEC_FEW_SEATS"}
    for count in (0, -1, MAX_NODES + 1):
        assert refused(world, user, node_count=count) == {"node_count": "NODE_COUNT_RANGE"}


def test_viewers_look_and_create_nothing(world, people):
    with pytest.raises(Forbidden):
        world.tasks.create(people[Role.VIEWER], world.draft)
    task = world.tasks.create(people[Role.USER], world.draft)
    assert world.tasks.get(people[Role.VIEWER], task.id).name == "night"
    with pytest.raises(Forbidden):
        world.tasks.stop(people[Role.VIEWER], task.id)


def test_a_task_is_stopped_by_its_owner_or_an_administrator_alone(world, people, administrator):
    task = world.tasks.create(people[Role.ADMINISTRATOR], world.draft)
    with pytest.raises(Forbidden):
        world.tasks.stop(people[Role.USER], task.id)
    assert world.rows()[0].stop_requested_at is None
    other = Accounts(world.store).create_user(administrator, "boss", None, Role.ADMINISTRATOR)
    world.tasks.stop(other, task.id)
    world.tasks.stop(other, task.id)
    stopped = world.tasks.get(other, task.id)
    assert stopped.stop_requested_by == other.id
    codes = [event.code for event in world.tasks.view(other, task.id).events]
    assert codes == ["SUBMITTED", "STOP_REQUESTED"]


def test_an_ended_task_is_not_stopped(world, people):
    user = people[Role.USER]
    task = world.tasks.create(user, world.draft)
    with world.store.write() as session:
        queries.change(session, task, {"status": TaskStatus.SUCCEEDED})
    with pytest.raises(Conflict, match="TASK_ENDED"):
        world.tasks.stop(user, task.id)


def test_what_does_not_exist_is_not_found(world, people):
    for call in (world.tasks.get, world.tasks.view, world.tasks.stop):
        with pytest.raises(NotFound):
            call(people[Role.ADMINISTRATOR], "no-such-task")


def test_checking_a_draft_tells_each_field_and_changes_nothing(world, people):
    wrong = replace(world.draft, name="a/b", dataset_id="", spec_id=world.huge.id)
    found = world.tasks.check(people[Role.USER], wrong)
    assert {field: message.code for field, message in found.problems.items()} == {
        "name": "NAME_CHARACTER",
        "dataset_id": "REQUIRED",
        "spec_id": "SPEC_TOO_LARGE",
    }
    assert world.tasks.check(people[Role.USER], world.draft).problems == {}
    assert list(world.results.iterdir()) == []
    assert world.rows() == []
    with pytest.raises(Forbidden, match="VIEWERS_ONLY_LOOK"):
        world.tasks.check(people[Role.VIEWER], world.draft)


def test_checking_a_draft_tells_whether_it_would_start_at_once(world, people):
    check = world.tasks.check
    assert check(people[Role.USER], world.draft).waiting is None
    busy = check(people[Role.USER], replace(world.draft, spec_id=world.huge.id)).waiting
    assert busy is not None
    assert busy.code == "QUEUED_NO_ROOM"
    assert check(people[Role.USER], replace(world.draft, node_count=0)).waiting is None


def test_only_what_the_package_defines_may_be_overridden(world, people):
    user = people[Role.USER]
    unknown = refusals(world, user, environment={"LD_PRELOAD": "evil.so"})
    assert (unknown["environment"].code, unknown["environment"].args["name"]) == (
        "VARIABLE_UNKNOWN", "LD_PRELOAD",
    )  # fmt: skip
    parameter = refusals(world, user, parameters={"threads": "8"})
    assert parameter["parameters"].code == "PARAMETER_UNKNOWN"


def test_parameters_of_a_custom_package_may_be_set(world, people, administrator):
    launch = PackageLaunch(
        command=("serve",), predict_path="/ask", readiness_path="/up", parameters=(THREADS,)
    )
    package = world.packages.add(
        administrator,
        ModelPackage(
            name="threaded", version="1.0.0", owner_id="", service_type=ServiceType.CUSTOM,
            launch=launch,
        ),
    )  # fmt: skip
    wanted = replace(
        world.draft,
        package_id=package.id,
        service_type=ServiceType.CUSTOM,
        parameters={"threads": "8"},
    )
    task = world.tasks.create(people[Role.USER], wanted)
    assert task.plan.server.parameters == {"threads": "8"}


@pytest.mark.parametrize(
    ("value", "code"),
    [("x" * 8_193, "VALUE_TOO_LONG"), ("a\0b", "VALUE_CONTROL_CHARACTER")],
)
def test_a_wrong_value_is_told_with_its_variables_name(world, people, value, code):
    problem = refusals(world, people[Role.USER], environment={"MODE": value})["environment"]
    assert (problem.code, problem.args["name"]) == (code, "MODE")


def test_an_override_is_kept_where_it_differs_from_the_default(world, people):
    overrides = {"MODE": "quick", "BATCH": "16"}
    task = world.tasks.create(people[Role.USER], replace(world.draft, environment=overrides))
    assert task.plan.server.environment == {"MODE": "quick"}


def test_nodes_and_a_driver_version_exclude_each_other(world, people):
    card = {"spec_id": world.card.id}
    user = people[Role.USER]
    both = refusals(world, user, nodes=("gpu-1",), driver_version="550", **card)
    assert {field: m.code for field, m in both.items()} == {"driver_version": "NODES_AND_DRIVER"}
    for place in ({"nodes": ("gpu-1", "gpu-2")}, {"driver_version": "550"}):
        assert world.tasks.check(user, replace(world.draft, **card, **place)).problems == {}


def test_a_driver_version_is_for_specs_with_cards(world, people):
    problem = refusals(world, people[Role.USER], driver_version="550")["driver_version"]
    assert problem.code == "DRIVER_WITHOUT_CARDS"


def test_a_place_that_can_never_take_it_is_told_at_the_field_that_chose_it(world, people):
    user, card = people[Role.USER], {"spec_id": world.card.id}
    assert refusals(world, user, nodes=("gone",))["nodes"].code == "NODES_UNKNOWN"
    assert refusals(world, user, nodes=("cpu-1",), **card)["nodes"].code == "SPEC_NO_CARDS"
    unknown = refusals(world, user, driver_version="1.0", **card)
    assert unknown["driver_version"].code == "DRIVER_UNKNOWN"


@pytest.mark.parametrize("text", ["5%", "100", " 0.5% ", None, ""])
def test_a_failure_limit_is_a_number_or_a_share_or_none(world, people, text):
    limited = replace(world.draft, max_failed=text)
    assert world.tasks.check(people[Role.USER], limited).problems == {}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        *(("max_failed", text, "MAX_FAILED_FORM") for text in ("many", "-1", "101%", "5 %%")),
        *(("item_timeout_s", given, "TIMEOUT_RANGE") for given in (0.0, -1.0, 86_401.0)),
        ("item_timeout_s", float("nan"), "TIMEOUT_RANGE"),
        *(("retries", given, "RETRIES_RANGE") for given in (-1, 101)),
        ("prompt", "x" * 20_001, "PROMPT_TOO_LONG"),
    ],
)
def test_how_items_are_treated_is_checked(world, people, field, value, code):
    assert refusals(world, people[Role.USER], **{field: value})[field].code == code


def test_what_is_new_or_changed_is_told_from_a_task_over_the_same_dataset(world, people):
    user = people[Role.USER]
    earlier = world.tasks.create(user, world.draft)
    (world.folder / "datasets" / "more").mkdir()
    (world.folder / "datasets" / "more" / "one.json").write_text("{}")
    on = next(
        one.volume for one in world.shelves.volumes.all(user) if one.volume.name == "datasets"
    )
    other = world.shelves.dataset("more", on, "more")
    since = {"name": "next", "since_task_id": earlier.id}
    assert refusals(world, user, dataset_id=other.id, **since)["since_task_id"].code == (
        "SINCE_OTHER_DATASET"
    )
    gone = refusals(world, user, name="next", since_task_id="no-such-task")
    assert gone["since_task_id"].code == "TASK_UNKNOWN"
    task = world.tasks.create(user, replace(world.draft, **since))
    assert task.plan.since is not None
    assert task.plan.since.output_folder == earlier.plan.output_folder


def test_through_a_service_nothing_of_a_server_is_asked(world, people, administrator):
    user = people[Role.USER]
    bare = replace(
        world.draft, service_type="", package_id="", spec_id="", node_count=0, service_id="none"
    )
    assert {f: m.code for f, m in world.tasks.check(user, bare).problems.items()} == {
        "service_id": "SERVICE_GONE"
    }
    service = OnlineService(
        name="live", owner_id=administrator.id, max_in_flight=8, status="RUNNING",
        package=world.packages.all(user)[0].snapshot,
        elsewhere=Elsewhere(url="http://127.0.0.1:1"),
    )  # fmt: skip
    with world.store.write() as session:
        session.add(service)
    task = world.tasks.create(user, replace(bare, service_id=service.id))
    assert (task.service_id, task.plan.server.max_in_flight) == (service.id, 8)
    with world.store.write() as session:
        session.get(OnlineService, service.id).wish = "STOP"
    assert refusals(world, user, service_id=service.id)["service_id"].code == "SERVICE_STOPPED"


def test_a_task_is_shown_without_its_cluster_and_says_why_it_cannot_be_asked(world, people):
    user = people[Role.USER]
    task = world.tasks.create(user, world.draft)
    world.cluster.unreachable = True
    away = world.tasks.view(user, task.id)
    assert (away.task.id, away.unseen.code, away.server, away.nodes) == (
        task.id, "CLUSTER_UNREACHABLE", None, ())  # fmt: skip
    world.cluster.unreachable = False
    back = world.tasks.view(user, task.id)
    assert (back.unseen, back.server.phase, len(back.nodes)) == (None, "GONE", 3)


def test_while_the_cluster_cannot_be_asked_nobody_can_tell_whether_a_spec_fits(world, people):
    world.cluster.unreachable = True
    found = world.tasks.check(people[Role.USER], world.draft)
    assert (found.problems["spec_id"].code, found.waiting.code) == ("CLUSTER_UNREACHABLE",) * 2
    assert refused(world, people[Role.USER]) == {"spec_id": "CLUSTER_UNREACHABLE"}
