"""Compute specs: what may be one, who may change them, and which may go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Slice,
    Toleration,
)
from inference_ui.backend.models.servers import Owned, SpecSnapshot
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.spec_drafts import SpecDraft, draft_of, read_draft, size_text
from inference_ui.backend.services.specs import Specs
from tests.support.samples import a_plan, a_service, a_task

GIB = 1 << 30
CARD = PhysicalCard(1, "0", "MLU370-X8", AcceleratorType.MLU, memory_bytes=48 * GIB, divisible=4)
NODES = (
    Node("plain", True, "Linux", "6", 8000, 32 * GIB),
    Node("cards", True, "Linux", "6", 16_000, 64 * GIB, cards=(CARD, replace(CARD, slot=2))),
)
PLAIN = SpecDraft("small", cpu="1", memory="2GiB")
WITH_CARDS = SpecDraft(
    "x8", cpu="4", memory="16GiB", accelerator="MLU", card_model="MLU370-X8", cards="1"
)


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster(NODES)


@pytest.fixture
def specs(sqlite_store, cluster) -> Specs:
    return Specs(sqlite_store, cluster, Changes())


@pytest.fixture
def refused(specs, administrator):
    """What is wrong with a draft, by the check and by the registering alike."""

    def look(draft: SpecDraft, **changes: str) -> dict[str, str]:
        given = replace(draft, **changes)
        found = specs.check(administrator, given)
        with pytest.raises(InvalidFields) as error:
            specs.add(administrator, given)
        assert error.value.fields == found
        return {field: problem.code for field, problem in found.items()}

    return look


def using(spec):
    return SpecSnapshot(id=spec.id, name=spec.name, resources=spec.resources)


def put(store, row):
    with store.write() as session:
        session.add(row)
    return row


def test_a_spec_is_registered_as_it_was_typed_and_belongs_to_who_did(specs, administrator):
    assert specs.check(administrator, PLAIN) == {}
    made = specs.add(administrator, replace(PLAIN, name="  small "))
    assert (made.name, made.cpu_millis, made.memory_bytes) == ("small", 1000, 2 * GIB)
    [view] = specs.all(administrator)
    assert (view.spec.id, view.owner) == (made.id, administrator.name)
    assert (view.tasks, view.services, view.room.free, view.room.fits) == (0, 0, 2, 2)


def test_everything_that_can_be_said_of_a_slice_is_kept_and_typed_again_alike(specs, administrator):
    draft = SpecDraft(
        "quarter",
        cpu="2.5",
        memory="8GiB",
        accelerator="MLU",
        card_model="MLU370-X8",
        cards="2",
        sliced="1",
        slice_memory="12GiB",
        slice_share="25",
        tolerations="dedicated=vision:NoSchedule\nspot:NoExecute\nany",
        runtime_class="nvidia",
    )
    specs.add(administrator, draft)
    [view] = specs.all(administrator)
    assert view.spec.slice == Slice(memory_bytes=12 * GIB, share=25)
    assert view.spec.resources.tolerations == (
        Toleration(key="dedicated", value="vision", effect="NoSchedule"),
        Toleration(key="spot", effect="NoExecute"),
        Toleration(key="any"),
    )
    assert view.spec.runtime_class == "nvidia"
    assert draft_of("quarter", view.spec.resources) == draft


@pytest.mark.parametrize(
    ("typed", "millis"),
    [("0.5", 500), ("8", 8000), ("500m", 500), (" 1.25 ", 1250), ("４", 4000), ("10000", 10**7)],
)
def test_cpus_are_cores_or_thousandths(typed, millis):
    found, problems = read_draft(replace(PLAIN, cpu=typed))
    assert (problems, found.cpu_millis) == ({}, millis)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "SPEC_CPU_EMPTY"),
        ("0", "SPEC_CPU_RANGE"),
        ("-1", "SPEC_CPU_RANGE"),
        ("10001", "SPEC_CPU_RANGE"),
        ("0m", "SPEC_CPU_RANGE"),
        ("8k", "SPEC_CPU_FORM"),
        ("1e3", "SPEC_CPU_FORM"),
        ("0,5", "SPEC_CPU_FORM"),
        ("eight", "SPEC_CPU_FORM"),
        ("9" * 4000, "SPEC_CPU_FORM"),
    ],
)
def test_what_is_no_number_of_cpus_is_refused_at_its_field(refused, typed, code):
    assert refused(PLAIN, cpu=typed) == {"cpu": code}


@pytest.mark.parametrize(
    ("typed", "bytes"),
    [("4GiB", 4 * GIB), ("4Gi", 4 * GIB), ("512 Mi", 512 << 20), ("1.5TB", 1_500_000_000_000)],
)
def test_memory_has_a_unit(typed, bytes):
    found, problems = read_draft(replace(PLAIN, memory=typed))
    assert (problems, found.memory_bytes) == ({}, bytes)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "SPEC_MEMORY_EMPTY"),
        ("4", "SPEC_MEMORY_UNIT"),
        ("0.5", "SPEC_MEMORY_UNIT"),
        ("0GiB", "SPEC_MEMORY_RANGE"),
        ("-4GiB", "SPEC_MEMORY_RANGE"),
        ("500m", "SPEC_MEMORY_RANGE"),
        ("2PiB", "SPEC_MEMORY_RANGE"),
        ("4 gigabytes", "SPEC_MEMORY_FORM"),
        ("4XiB", "SPEC_MEMORY_FORM"),
        ("9" * 4000 + "GiB", "SPEC_MEMORY_FORM"),
    ],
)
def test_what_is_no_size_is_refused_at_its_field(refused, typed, code):
    assert refused(PLAIN, memory=typed) == {"memory": code}


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("accelerator", "TPU", "REQUIRED"),
        ("cards", "", "SPEC_CARDS_EMPTY"),
        ("cards", "0", "SPEC_CARDS_RANGE"),
        ("cards", "-1", "SPEC_CARDS_RANGE"),
        ("cards", "0.5", "SPEC_CARDS_RANGE"),
        ("cards", "65", "SPEC_CARDS_RANGE"),
        ("card_model", "x" * 65, "SPEC_LABEL_TOO_LONG"),
        ("card_model", "MLU\u200b370", "SPEC_INVISIBLE_CHARACTER"),
        ("slice_profile", "x" * 65, "SPEC_LABEL_TOO_LONG"),
        ("slice_memory", "12", "SPEC_MEMORY_UNIT"),
        ("slice_memory", "49GiB", "SPEC_SLICE_LARGER"),
        ("slice_share", "0", "SPEC_SHARE_RANGE"),
        ("slice_share", "101", "SPEC_SHARE_RANGE"),
        ("slice_share", "a third", "SPEC_SHARE_RANGE"),
        ("tolerations", "a=b:Never", "SPEC_TOLERATION_EFFECT"),
        ("tolerations", "ok\na b", "SPEC_TOLERATION_FORM"),
        ("tolerations", "=b", "SPEC_TOLERATION_FORM"),
        ("tolerations", "\n".join(f"key-{n}" for n in range(33)), "SPEC_TOLERATIONS_MANY"),
        ("runtime_class", "NVIDIA runtime", "SPEC_RUNTIME_CLASS_FORM"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(refused, field, typed, code):
    assert refused(replace(WITH_CARDS, sliced="1"), **{field: typed}) == {field: code}


def test_odd_but_possible_models_are_taken_and_an_empty_one_means_any(specs, administrator):
    odd = specs.add(administrator, replace(WITH_CARDS, card_model=" NVIDIA A100/80 GB (显卡) "))
    assert odd.card_model == "NVIDIA A100/80 GB (显卡)"
    anything = specs.add(administrator, replace(WITH_CARDS, name="any", card_model=" "))
    assert anything.card_model is None


def test_what_belongs_to_cards_is_passed_over_where_there_are_none(specs, administrator):
    made = specs.add(administrator, replace(WITH_CARDS, accelerator="CPU", cards="many"))
    assert (made.card_model, made.cards, made.slice) == (None, 0, None)
    whole = specs.add(administrator, replace(WITH_CARDS, name="whole", slice_share="nothing"))
    assert whole.slice is None


def test_a_name_is_used_once_and_a_spec_may_keep_its_own(specs, administrator, refused):
    made = specs.add(administrator, PLAIN)
    assert refused(PLAIN, cpu="2") == {"name": "NAME_TAKEN"}
    assert refused(PLAIN, name="a/b", cpu="") == {"name": "NAME_CHARACTER", "cpu": "SPEC_CPU_EMPTY"}
    assert specs.check(administrator, PLAIN, made.id) == {}


def test_a_change_keeps_the_spec_and_touches_no_task_that_has_it(
    specs, sqlite_store, administrator
):
    made = specs.add(administrator, PLAIN)
    plan = a_plan(spec=using(made))
    task = put(sqlite_store, a_task(owner_id=administrator.id, plan=plan))
    specs.change(administrator, made.id, replace(WITH_CARDS, sliced="1", slice_share="50%"))
    [view] = specs.all(administrator)
    assert (view.spec.id, view.spec.name, view.tasks) == (made.id, "x8", 1)
    assert view.spec.slice == Slice(share=50)
    assert task.plan.spec.resources.cpu_millis == 1000
    specs.change(administrator, made.id, PLAIN)
    assert specs.all(administrator)[0].spec.slice is None
    with pytest.raises(InvalidFields):
        specs.change(administrator, made.id, replace(PLAIN, memory="0"))
    with pytest.raises(NotFound):
        specs.change(administrator, "gone", PLAIN)


def test_a_spec_in_use_is_not_removed_and_the_first_user_is_named(
    specs, sqlite_store, administrator
):
    made = specs.add(administrator, PLAIN)
    tasks = [
        put(
            sqlite_store,
            a_task(
                id=f"{number:016d}",
                name=f"night {number}",
                owner_id=administrator.id,
                plan=a_plan(spec=using(made)),
                status=status,
            ),
        )
        for number, status in enumerate(("RUNNING", "QUEUED", "SUCCEEDED"))
    ]
    server = Owned(package=a_plan().package, spec=using(made))
    service = put(
        sqlite_store, a_service(owner_id=administrator.id, server=server, status="STOPPED")
    )
    [view] = specs.all(administrator)
    assert (view.tasks, view.services) == (2, 1)
    with pytest.raises(Conflict) as used:
        specs.remove(administrator, made.id)
    assert used.value.code == "SPEC_IN_USE"
    assert used.value.message.args == {
        "spec": "small",
        "count": 2,
        "names": "night 0, night 1",
        "others": 0,
    }
    for task in tasks:
        task.status = "STOPPED"
        put(sqlite_store, task)
    with pytest.raises(Conflict) as served:
        specs.remove(administrator, made.id)
    assert served.value.code == "SPEC_IN_USE_BY_SERVICE"
    assert served.value.message.args == {
        "spec": "small",
        "count": 1,
        "names": service.name,
        "others": 0,
    }
    with sqlite_store.write() as session:
        session.delete(session.merge(service))
    specs.remove(administrator, made.id)
    assert specs.all(administrator) == []
    with pytest.raises(NotFound):
        specs.remove(administrator, made.id)


def test_a_canary_is_no_use_of_a_spec_that_anybody_sees(specs, sqlite_store, administrator):
    made = specs.add(administrator, PLAIN)
    plan = a_plan(spec=using(made))
    put(sqlite_store, a_task(owner_id=administrator.id, plan=plan, canary=True))
    assert specs.all(administrator)[0].tasks == 0
    specs.remove(administrator, made.id)


def test_only_administrators_do_anything_and_everybody_looks(specs, administrator, people):
    made = specs.add(administrator, PLAIN)
    for role in (Role.VIEWER, Role.USER):
        actor = people[role]
        for act in (
            lambda actor=actor: specs.check(actor, PLAIN),
            lambda actor=actor: specs.add(actor, WITH_CARDS),
            lambda actor=actor: specs.change(actor, made.id, WITH_CARDS),
            lambda actor=actor: specs.remove(actor, made.id),
            lambda actor=actor: specs.accept(actor),
        ):
            with pytest.raises(Forbidden):
                act()
        assert [view.spec.name for view in specs.all(actor)] == ["small"]
        assert specs.suggestions(actor) == []


def test_where_a_spec_fits_is_told_and_what_is_short_where_it_does_not(
    specs, cluster, administrator
):
    def room(draft):
        made = specs.add(administrator, draft)
        [found] = [one.room for one in specs.all(administrator) if one.spec.id == made.id]
        return found.free, found.fits, found.short

    assert room(WITH_CARDS) == (1, 1, "")
    assert room(replace(PLAIN, name="a", cpu="12")) == (1, 1, "")
    assert room(replace(PLAIN, name="b", cpu="17")) == (0, 0, "cpu")
    assert room(replace(PLAIN, name="c", memory="65GiB")) == (0, 0, "memory")
    assert room(replace(WITH_CARDS, name="d", cards="3")) == (0, 0, "cards")
    cluster.offer([replace(NODES[0], cordoned=True)])
    assert room(replace(PLAIN, name="e")) == (0, 0, "closed")
    cluster.offer([])
    assert room(replace(PLAIN, name="f")) == (0, 0, "nodes")
    cluster.unreachable = True
    assert {one.room for one in specs.all(administrator)} == {None}


def test_what_is_suggested_is_added_by_name_or_all_at_once_and_not_suggested_again(
    specs, administrator
):
    names = [one.name for one in specs.suggestions(administrator)]
    assert {"cpu-half", "cpu-1c", "mlu370-x8-quarter", "mlu370-x8-1c"} < set(names)
    assert specs.accept(administrator, "mlu370-x8-1c") == 1
    assert specs.accept(administrator, "mlu370-x8-1c") == 0
    assert specs.accept(administrator) == len(names) - 1
    assert specs.suggestions(administrator) == []
    assert all(view.room.fits for view in specs.all(administrator))


def test_cards_whose_names_nobody_could_type_are_not_suggested_and_others_are(
    specs, cluster, administrator
):
    models = ("x" * 100, " X8 ", "zero\u200bwidth", "RTX™ Ⅱ", "")
    cards = tuple(
        replace(CARD, slot=slot, model=model, divisible=0)
        for slot, model in enumerate(models, start=1)
    )
    cluster.offer([replace(NODES[1], cards=cards)])
    assert specs.accept(administrator) > 0
    with_cards = [one.spec for one in specs.all(administrator) if one.spec.cards]
    assert {(spec.name, spec.card_model) for spec in with_cards} == {
        ("rtx-1c", "RTX™ Ⅱ"),
        ("mlu-1c", None),
    }


def test_specs_stand_by_accelerator_and_model_the_smallest_first(specs, administrator):
    for name, changes in (
        ("m2", {"cards": "2"}),
        ("m1", {"cards": "1"}),
        ("any", {"card_model": "", "cards": "8"}),
        ("a4", {"card_model": "A4", "cards": "4"}),
        ("gpu", {"accelerator": "GPU"}),
        ("cpu", {"accelerator": "CPU", "cpu": "64"}),
    ):
        specs.add(administrator, replace(WITH_CARDS, name=name, **changes))
    names = [view.spec.name for view in specs.all(administrator)]
    assert names == ["cpu", "gpu", "any", "a4", "m1", "m2"]


def test_nothing_is_suggested_that_is_there_under_another_name_or_size(specs, administrator):
    specs.add(administrator, replace(WITH_CARDS, name="own", cpu="1"))
    specs.add(administrator, SpecDraft("tiny", cpu="500m", memory="1GiB"))
    specs.add(administrator, SpecDraft("cpu-1c", cpu="3", memory="1GiB"))
    names = {one.name for one in specs.suggestions(administrator)}
    assert "mlu370-x8-2c" in names
    assert not {"mlu370-x8-1c", "cpu-half", "cpu-1c"} & names


def test_sizes_are_written_exactly_and_shortly():
    assert [size_text(n) for n in (48 * GIB, 1536 << 20, 48 * 10**9, 1025)] == [
        "48GiB",
        "1536MiB",
        "48GB",
        "1025B",
    ]
