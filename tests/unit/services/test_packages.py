"""Model packages: who may register what, what is refused and beside which field, and secrets."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.catalog import (
    ContainerLaunch,
    ModelPackage,
    PackageLaunch,
    RunParameter,
    Variable,
)
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.servers import Owned, SpecSnapshot
from inference_ui.backend.models.service import OnlineService, ServiceWish
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.accounts import Accounts
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.package_drafts import (
    PackageDraft,
    VariableDraft,
    command_line,
    draft_of,
    next_version,
    version_key,
)
from inference_ui.backend.services.packages import Packages
from tests.support.shelves import Shelves

SECRET = "correct horse battery"


class World:
    """A service over a database, a volume with a model on it, and what it published."""

    def __init__(self, store, folder, people):
        self.store, self.people, self.root = store, people, folder / "models"
        (self.root / "street" / "v2").mkdir(parents=True)
        (self.root / "file").write_text("")
        (self.root / "out").symlink_to(folder)
        shelves = Shelves(store, folder / "own", people[Role.ADMINISTRATOR])
        self.volume = shelves.volume("models", self.root)
        self.news = []
        changes = Changes()
        changes.subscribe(self.news.append)
        self.packages = Packages(store, changes)
        self.admin, self.user = people[Role.ADMINISTRATOR], people[Role.USER]
        self.draft = PackageDraft(
            name="street",
            version="1.0.0",
            service_type=ServiceType.SELDON,
            command="{python} -m serve --port {port}",
        )
        self.image = replace(self.draft, command="", image="registry.example.com/team/street:1")
        self.custom = replace(
            self.draft,
            service_type=ServiceType.CUSTOM,
            predict_path="/predict",
            readiness_path="/ready",
        )

    def other(self):
        """Somebody else."""
        return Accounts(self.store).create_user(self.admin, "somebody-else", None, Role.USER)

    def service(self, package, wish=ServiceWish.RUN):
        """A service that was deployed from a package."""
        spec = SpecSnapshot(id="s", name="s", resources=Resources(cpu_millis=1, memory_bytes=1))
        snapshot = package.snapshot
        row = OnlineService(
            name=f"service-{wish.lower()}",
            owner_id=self.admin.id,
            package=snapshot,
            server=Owned(package=snapshot, spec=spec),
            wish=wish,
        )
        with self.store.write() as session:
            session.add(row)


@pytest.fixture
def world(sqlite_store, tmp_path, people):
    return World(sqlite_store, tmp_path / "world", people)


def refused(world, actor, draft):
    """What is wrong with a draft, by field; checking says the same as registering."""
    with pytest.raises(InvalidFields) as error:
        world.packages.create(actor, draft)
    assert world.packages.check(actor, draft) == error.value.fields
    assert world.packages.all(actor) == []
    return {field: message.code for field, message in error.value.fields.items()}


def test_an_administrator_registers_a_package_with_everything(world):
    draft = PackageDraft(
        name=" 街景 ",
        version="1.2.3",
        service_type=ServiceType.CUSTOM,
        description=" finds people ",
        command="serve --port {port} --model {model} --title 'night shift'",
        image="registry.example.com/team/street:1.2.3",
        image_command="python -m serve",
        image_arguments="--port 9000",
        port="9000",
        pull_secret="regcred",
        shm_mib="512",
        model_volume_id=world.volume.id,
        model_path="/street/v2/",
        variables=(
            VariableDraft("CONF", "0.4", "least confidence"),
            VariableDraft("KEY", SECRET, "licence", secret=True),
        ),
        parameters=(RunParameter(name="batch", default="8", description="pictures at once"),),
        readiness_path="/ready",
        predict_path="/v1/detect",
        box_format="cxcywh_norm",
        image_template='{"img": "{image}"}',
        ready_timeout_s="1200",
    )
    assert world.packages.check(world.admin, draft) == {}
    package = world.packages.create(world.admin, draft)
    assert (package.name, package.version, package.owner_id) == ("街景", "1.2.3", world.admin.id)
    assert (package.description, package.box_format) == ("finds people", "cxcywh_norm")
    launch = world.packages.get(world.user, package.id).launch
    assert launch.command == (
        "serve", "--port", "{port}", "--model", "{model}", "--title", "night shift",
    )  # fmt: skip
    assert launch.environment == {"CONF": "0.4", "KEY": SECRET}
    assert launch.parameters == draft.parameters
    assert launch.container == ContainerLaunch(
        image=draft.image,
        command=("python", "-m", "serve"),
        arguments=("--port", "9000"),
        port=9000,
        pull_secret="regcred",
        shm_bytes=512 << 20,
    )
    assert launch.model_folder == str((world.root / "street" / "v2").resolve())
    assert launch.model_path == "street/v2"
    assert (launch.readiness_path, launch.predict_path) == ("/ready", "/v1/detect")
    assert launch.ready_timeout_s == 1200
    assert world.news == [frozenset({f"package:{package.id}"})]


def test_the_least_is_a_name_a_version_a_type_and_a_way_to_start(world):
    assert refused(world, world.admin, PackageDraft()) == {
        "name": "NAME_EMPTY",
        "version": "VERSION_PARTS",
        "service_type": "REQUIRED",
        "command": "COMMAND_OR_IMAGE",
    }
    assert world.packages.create(world.admin, world.draft).launch.ready_timeout_s == 600


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "a/b"}, {"name": "NAME_CHARACTER"}),
        ({"version": "1.0"}, {"version": "VERSION_PARTS"}),
        ({"version": "1.0.0 beta"}, {"version": "VERSION_PARTS"}),
        ({"version": "1.0." + "0" * 90}, {"version": "VERSION_PARTS"}),
        ({"service_type": "SOAP"}, {"service_type": "REQUIRED"}),
        ({"description": "a" * 4_001}, {"description": "TEXT_TOO_LONG"}),
        ({"service_type": "KSERVE_V1"}, {"model_name": "MODEL_NAME_NEEDED"}),
        (
            {"service_type": "KSERVE_V1", "model_name": "a b"},
            {"model_name": "MODEL_NAME_FORM"},
        ),
        ({"command": "serve 'half"}, {"command": "COMMAND_QUOTES"}),
        ({"command": "serve " + "a" * 9_000}, {"command": "COMMAND_TOO_LONG"}),
        ({"image_command": "python"}, {"image": "IMAGE_EMPTY"}),
        ({"image": "two words"}, {"image": "IMAGE_FORM"}),
        ({"image": "a", "image_arguments": '"'}, {"image_arguments": "COMMAND_QUOTES"}),
        ({"image": "a", "pull_secret": "My Secret"}, {"pull_secret": "PULL_SECRET_FORM"}),
        ({"image": "a", "port": "0"}, {"port": "NUMBER_RANGE"}),
        ({"image": "a", "port": "65536"}, {"port": "NUMBER_RANGE"}),
        ({"image": "a", "port": "http"}, {"port": "NUMBER_RANGE"}),
        ({"image": "a", "shm_mib": "-1"}, {"shm_mib": "NUMBER_RANGE"}),
        ({"ready_timeout_s": "0"}, {"ready_timeout_s": "NUMBER_RANGE"}),
        ({"ready_timeout_s": "1e9"}, {"ready_timeout_s": "NUMBER_RANGE"}),
        ({"ready_timeout_s": "٣"}, {"ready_timeout_s": "NUMBER_RANGE"}),
        ({"box_format": "diagonal"}, {"box_format": "REQUIRED"}),
        ({"predict_path": "predict"}, {"predict_path": "URL_PATH_WITHOUT_SLASH"}),
        ({"predict_path": "/a b"}, {"predict_path": "URL_PATH_FORM"}),
        ({"readiness_path": "/a\r\nHost: x"}, {"readiness_path": "URL_PATH_FORM"}),
        ({"model_volume_id": "nowhere"}, {"model_path": "MODEL_VOLUME_UNKNOWN"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(world, changes, expected):
    assert refused(world, world.admin, replace(world.draft, **changes)) == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../secrets", "PATH_OUTSIDE"),
        ("street/../../x", "PATH_OUTSIDE"),
        ("out", "PATH_OUTSIDE"),
        ("out/models", None),
        ("file", "MODEL_FOLDER_MISSING"),
        ("gone", "MODEL_FOLDER_MISSING"),
        ("\0", "PATH_OUTSIDE"),
        ("street", None),
        ("", None),
    ],
)
def test_the_models_files_lie_inside_of_their_volume_and_exist(world, path, code):
    draft = replace(world.draft, model_volume_id=world.volume.id, model_path=path)
    if code is None:
        folder = world.packages.create(world.admin, draft).launch.model_folder
        assert folder.startswith(str(world.root.resolve()))
    else:
        assert refused(world, world.admin, draft) == {"model_path": code}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("9LIVES",), {"variables.0": "VARIABLE_NAME"}),
        (("",), {"variables.0": "VARIABLE_NAME"}),
        (("A-B",), {"variables.0": "VARIABLE_NAME"}),
        (("Ä",), {"variables.0": "VARIABLE_NAME"}),
        (("A", "B", "A"), {"variables.2": "ROW_TWICE"}),
        (("PORT",), {"variables.0": "VARIABLE_GIVEN"}),
        (("MODEL_PATH",), {"variables.0": "VARIABLE_GIVEN"}),
        (("CUDA_VISIBLE_DEVICES",), {"variables.0": "VARIABLE_GIVEN"}),
        (("MLU_VISIBLE_DEVICES",), {"variables.0": "VARIABLE_GIVEN"}),
        (("CUDA_DEVICE_ORDER",), {"variables.0": "VARIABLE_GIVEN"}),
        (tuple(f"A{n}" for n in range(101)), {"variables": "TOO_MANY_ROWS"}),
    ],
)
def test_variables_have_names_that_are_theirs_alone(world, rows, expected):
    draft = replace(world.draft, variables=tuple(VariableDraft(name) for name in rows))
    assert refused(world, world.admin, draft) == expected


def test_values_have_an_end_and_no_nul(world):
    rows = (VariableDraft("A", "a" * 8_193), VariableDraft("B", "\0"))
    assert refused(world, world.admin, replace(world.draft, variables=rows)) == {
        "variables.0": "VALUE_TOO_LONG",
        "variables.1": "VALUE_CONTROL_CHARACTER",
    }


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "PATH"])
def test_what_changes_the_program_that_runs_is_for_administrators(world, name):
    draft = replace(world.image, variables=(VariableDraft(name, "x"),))
    assert refused(world, world.user, draft) == {"variables.0": "VARIABLE_FOR_ADMINISTRATORS"}
    world.packages.create(world.admin, draft)


@pytest.mark.parametrize("exception", ["as_root", "writable"])
def test_an_exception_from_a_containers_bounds_is_for_administrators(world, exception):
    draft = replace(world.image, **{exception: "yes"})
    assert refused(world, world.user, draft) == {exception: "EXCEPTION_FOR_ADMINISTRATORS"}
    container = world.packages.create(world.admin, draft).launch.container
    assert (container.as_root, container.writable) == (
        exception == "as_root",
        exception == "writable",
    )


def test_a_users_new_version_of_a_package_with_exceptions_is_refused_until_they_are_given_up(world):
    granted = replace(world.image, as_root="yes", writable="yes")
    package = world.packages.create(world.admin, granted)
    draft = world.packages.filled_in(world.user, package.id)
    with pytest.raises(InvalidFields) as error:
        world.packages.create(world.user, draft)
    assert {field: one.code for field, one in error.value.fields.items()} == {
        "as_root": "EXCEPTION_FOR_ADMINISTRATORS",
        "writable": "EXCEPTION_FOR_ADMINISTRATORS",
    }
    given_up = world.packages.create(world.user, replace(draft, as_root="", writable=""))
    assert given_up.launch.container == ContainerLaunch(image=world.image.image)
    kept = world.packages.create(world.admin, world.packages.filled_in(world.admin, package.id))
    assert (kept.launch.container.as_root, kept.launch.container.writable) == (True, True)


def test_a_package_that_comes_from_elsewhere_than_the_form_is_judged_alike(world):
    launch = PackageLaunch(container=ContainerLaunch(image="a", as_root=True))
    given = {"name": "x", "version": "1.0.0", "owner_id": "", "service_type": ServiceType.SELDON}
    with pytest.raises(InvalidFields) as error:
        world.packages.add(world.user, ModelPackage(**given, launch=launch))
    assert set(error.value.fields) == {"as_root"}


def test_a_user_registers_with_an_image_and_without_a_command(world):
    assert refused(world, world.user, world.draft) == {"command": "COMMAND_FOR_ADMINISTRATORS"}
    assert refused(world, world.user, replace(world.draft, command="")) == {"image": "IMAGE_EMPTY"}
    package = world.packages.create(world.user, world.image)
    assert package.owner_id == world.user.id
    launch = PackageLaunch(command=("sh", "-c", "id"))
    row = ModelPackage(name="x", version="1.0.0", owner_id="", service_type="SELDON", launch=launch)
    with pytest.raises(InvalidFields):
        world.packages.add(world.user, row)


def test_a_viewer_registers_nothing(world):
    viewer = world.people[Role.VIEWER]
    with pytest.raises(Forbidden, match="VIEWERS_ONLY_LOOK"):
        world.packages.create(viewer, world.image)
    with pytest.raises(Forbidden, match="VIEWERS_ONLY_LOOK"):
        world.packages.add(viewer, ModelPackage(name="x", version="1.0.0", owner_id=viewer.id))


def test_a_custom_type_says_where_it_is_asked(world):
    bare = replace(world.custom, predict_path="", readiness_path="")
    assert refused(world, world.admin, bare) == {
        "predict_path": "URL_PATH_NEEDED",
        "readiness_path": "URL_PATH_NEEDED",
    }


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ('{"img": "x"}', "TEMPLATE_WITHOUT_IMAGE"),
        ('{"img": "{image}"', "TEMPLATE_NO_JSON"),
        ('{"img": "{image}"}', None),
        ("", None),
    ],
)
def test_a_template_is_json_with_a_place_for_the_picture(world, template, code):
    draft = replace(world.custom, image_template=template)
    found = world.packages.check(world.admin, draft)
    assert {name: message.code for name, message in found.items()} == (
        {"image_template": code} if code else {}
    )


def test_run_parameters_are_unique_and_for_the_custom_type(world):
    rows = tuple(RunParameter(name=name) for name in ("batch", "--batch", "two words", "-x"))
    assert refused(world, world.admin, replace(world.custom, parameters=rows)) == {
        "parameters.1": "ROW_TWICE",
        "parameters.2": "PARAMETER_NAME",
    }
    launch = PackageLaunch(command=("serve",), parameters=(RunParameter(name="batch"),))
    with pytest.raises(InvalidFields) as error:
        world.packages.add(
            world.admin,
            ModelPackage(
                name="x", version="1.0.0", owner_id="", service_type="SELDON", launch=launch
            ),
        )
    assert error.value.fields["parameters"].code == "PARAMETERS_CUSTOM_ONLY"


def test_what_was_typed_for_another_type_is_left_out(world):
    draft = replace(
        world.custom,
        service_type=ServiceType.SELDON,
        model_name="left over",
        prompt="left over",
        image_template="left over",
        parameters=(RunParameter(name="left over"),),
    )
    package = world.packages.create(world.admin, draft)
    assert package.model_name == ""
    launch = package.launch
    assert (launch.prompt, launch.image_template, launch.parameters) == ("", "", ())


def test_a_version_of_a_name_is_registered_once(world):
    world.packages.create(world.admin, world.draft)
    found = world.packages.check(world.user, replace(world.image, name=" street "))
    assert {name: message.code for name, message in found.items()} == {"version": "VERSION_TAKEN"}
    world.packages.create(world.user, replace(world.image, version="1.0.1"))
    assert len(world.packages.all(world.user)) == 2


def test_a_new_version_begins_with_what_the_one_before_had_but_no_secret(world):
    draft = replace(
        world.image,
        variables=(VariableDraft("CONF", "0.4"), VariableDraft("KEY", SECRET, "", True)),
    )
    first = world.packages.create(world.user, draft)
    form = world.packages.filled_in(world.user, first.id)
    assert SECRET not in repr(form)
    assert form.version == "1.0.1"
    assert form.source_id == first.id
    second = world.packages.create(world.user, form)
    assert second.launch.environment == {"CONF": "0.4", "KEY": SECRET}
    third = replace(form, version="2.0.0", variables=(VariableDraft("KEY", "new", "", True, True),))
    assert world.packages.create(world.user, third).launch.environment == {"KEY": "new"}


def test_a_secret_is_not_copied_for_somebody_else_nor_into_what_is_shown(world):
    kept = VariableDraft("KEY", "", "", True, True)
    secret = replace(world.image, variables=(VariableDraft("KEY", SECRET, "", True),))
    theirs = world.packages.create(world.admin, secret)
    form = world.packages.filled_in(world.user, theirs.id)
    assert [one.kept for one in form.variables] == [False]
    stolen = replace(form, image="registry.example.com/mine:1", variables=(kept,))
    found = world.packages.check(world.user, stolen)
    assert {name: message.code for name, message in found.items()} == {
        "variables.0": "SECRET_AGAIN"
    }
    own = world.packages.create(world.user, replace(secret, version="3.0.0"))
    for shown in (replace(kept, secret=False), replace(kept, name="KEY2")):
        draft = replace(form, version="4.0.0", source_id=own.id, variables=(shown,))
        found = world.packages.check(world.user, draft)
        assert found["variables.0"].code == "SECRET_AGAIN"


def test_a_user_copies_an_administrators_package_without_its_command(world):
    package = world.packages.create(world.admin, replace(world.draft, image="a"))
    assert world.packages.filled_in(world.user, package.id).command == ""
    assert world.packages.filled_in(world.admin, package.id).command == world.draft.command


def test_the_owner_revises_how_results_are_read_and_nothing_else(world):
    package = world.packages.create(world.user, world.image)
    for who in (world.user, world.admin):
        world.packages.revise(who, package.id, box_format="xywh", description=" new ")
    changed = world.packages.get(world.user, package.id)
    assert (changed.box_format, changed.description) == ("xywh", "new")
    assert changed.launch == package.launch
    for who in (world.other(), world.people[Role.VIEWER]):
        with pytest.raises(Forbidden, match="NOT_YOUR_PACKAGE"):
            world.packages.revise(who, package.id, box_format="yxyx")
    with pytest.raises(InvalidFields) as error:
        world.packages.revise(world.user, package.id, box_format="round", prompt="what?")
    assert {name: one.code for name, one in error.value.fields.items()} == {
        "box_format": "REQUIRED",
        "prompt": "PROMPT_OPENAI_ONLY",
    }
    with pytest.raises(NotFound):
        world.packages.revise(world.admin, "gone", box_format="xywh")


def test_a_prompt_is_revised_where_there_is_one(world):
    draft = replace(world.image, service_type=ServiceType.OPENAI, prompt="old")
    package = world.packages.create(world.user, draft)
    world.packages.revise(world.user, package.id, prompt=" What is it? ")
    assert world.packages.get(world.user, package.id).launch.prompt == "What is it?"


def test_a_package_is_removed_by_its_owner_unless_a_service_runs_it(world):
    package = world.packages.create(world.user, world.image)
    with pytest.raises(Forbidden, match="NOT_YOUR_PACKAGE"):
        world.packages.remove(world.other(), package.id)
    world.service(package, ServiceWish.STOP)
    world.service(package)
    with pytest.raises(Conflict) as error:
        world.packages.remove(world.user, package.id)
    assert error.value.message.args["services"] == "service-run"
    unused = world.packages.create(world.user, replace(world.image, version="2.0.0"))
    world.packages.remove(world.admin, unused.id)
    assert [row.id for row in world.packages.all(world.user)] == [package.id]
    with pytest.raises(NotFound, match="PACKAGE_UNKNOWN"):
        world.packages.get(world.user, unused.id)


def test_versions_are_ordered_as_numbers_and_a_release_after_its_candidates(world):
    for version in ("1.0.0", "1.0.10", "1.0.2", "1.0.10-rc1"):
        world.packages.create(world.user, replace(world.image, version=version))
    entries = world.packages.entries(world.user)
    assert [entry.package.version for entry in entries] == [
        "1.0.10", "1.0.10-rc1", "1.0.2", "1.0.0",
    ]  # fmt: skip
    assert {entry.owner for entry in entries} == {world.user.name}
    view = world.packages.view(world.other(), entries[0].package.id)
    assert len(view.versions) == 4
    assert not view.may_change


def test_the_next_version_is_one_more_than_the_highest():
    assert next_version([]) == "1.0.0"
    assert next_version(["1.0.9", "1.0.10-rc1", "0.9.99"]) == "1.0.11"
    assert version_key("1.2.3+build") == version_key("1.2.3")


@pytest.mark.parametrize(
    "words",
    [("{python}", "-m", "a", "{model}/x"), ("a b", "", "it's", '"q"'), ("$HOME", "*", "a\tb")],
)
def test_a_command_that_is_shown_as_a_line_is_split_into_the_same_words(world, words):
    draft = replace(world.draft, command=command_line(words))
    assert world.packages.create(world.admin, draft).launch.command == words


def test_a_form_filled_in_from_a_package_makes_the_same_package(world):
    launch = PackageLaunch(
        command=("serve", "a b", "{port}"),
        variables=(Variable(name="A", default="1", description="one"),),
        parameters=(RunParameter(name="b", default="2"),),
        container=ContainerLaunch(image="i", command=("c",), arguments=("d",), port=81),
        readiness_path="/r",
        predict_path="/p",
        image_template='{"i":"{image}"}',
        ready_timeout_s=90,
    )
    row = ModelPackage(
        name="x",
        version="1.0.0",
        owner_id="",
        service_type="CUSTOM",
        box_format="xywh",
        launch=launch,
    )
    first = world.packages.add(world.admin, row)
    again = world.packages.create(world.admin, replace(draft_of(first), version="1.0.1"))
    assert again.launch == first.launch
    assert again.box_format == first.box_format
    untouched = {field.name for field in fields(PackageDraft)} - {"source_id", "version"}
    one, other = draft_of(first), draft_of(again)
    assert all(getattr(one, name) == getattr(other, name) for name in untouched)
