"""What the create form asks about a server: variables, secrets, nodes, drivers, services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch, Variable
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.server_drafts import ServerDraft
from inference_ui.backend.services.service_drafts import DeployDraft
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.store.online import tasks_through
from tests.support import model_server
from tests.support.create_form import choose, control, created, message, variable
from tests.support.installation import numbered_inputs
from tests.support.site import NO_SAMPLE, Site, site
from tests.support.waiting import wait_for

DEFAULT_KEY, TYPED_KEY = "default-key-1e7c", "typed-key-93ab"


@pytest.fixture(scope="module", autouse=True)
def things(running: Site) -> Iterator[None]:
    """A dataset, and a package with two variables and a secret, whose server tells what it got."""
    running.inside.dataset(numbered_inputs(2), "own-pages")
    command = ("{python}", str(Path(model_server.__file__)), "--port", "{port}")
    variables = (
        Variable(name="GREETING", default="hello", description="How it greets"),
        Variable(name="BATCH", default="16"),
        Variable(name="KEY", default=DEFAULT_KEY, secret=True),
        Variable(name="TELL", default="GREETING,BATCH"),
    )
    package = ModelPackage(
        name="own-model",
        version="1.0.0",
        owner_id="",
        service_type=ServiceType.SELDON,
        launch=PackageLaunch(command=command, variables=variables, ready_timeout_s=60),
    )
    admin, product = running.inside.administrator, running.inside.product
    product.packages.add(admin, package)
    yield
    mine = [row for row in product.choices.services(admin) if row.package.name == "own-model"]
    for service in mine:  # they hold room that other tests need
        wait_for(lambda one=service.id: not tasks_of(running, one), f"{service.name} unused", 60)
        product.online.delete(admin, service.id)
    left = {service.id for service in mine}
    wait_for(
        lambda: left.isdisjoint(row.service.id for row in product.online.all(admin)),
        "services are gone",
        60,
    )


def tasks_of(running: Site, service_id: str) -> list[InferenceTask]:
    """Return the tasks that go through a service and have not ended."""
    with running.inside.product.store.read() as session:
        return tasks_through(session, service_id)


def fill(page: Page, name: str) -> None:
    """Fill in everything that is required."""
    choose(page, "dataset_id", "datasets / own-pages")
    choose(page, "service_type", "Seldon")
    choose(page, "package_id", "own-model 1.0.0")
    page.get_by_text("cpu-half").click()
    choose(page, "volume_id", "results")
    control(page, "name").fill(name)
    control(page, "name").blur()
    expect(message(page, "name")).to_contain_text("名称可用")


def put(page: Page, name: str, value: str) -> None:
    """Type a variable's value, and leave it."""
    variable(page, name).fill(value)
    variable(page, name).blur()


def row_of(page: Page, name: str) -> Locator:
    return page.locator("table.over tr").filter(has=variable(page, name))


def only_task(running: Site, user: Actor) -> InferenceTask:
    [task] = running.inside.product.task_list.page(user, mine=True).tasks
    return running.inside.task(task.id)


def test_one_of_two_variables_is_overridden_and_the_server_gets_both(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    fill(page, f"{user.name} told")
    expect(row_of(page, "GREETING")).to_contain_text("How it greets")
    put(page, "GREETING", "servus")
    reset = page.get_by_role("button", name="恢复 GREETING 的默认值")
    expect(reset).to_be_visible()
    variable(page, "BATCH").focus()
    variable(page, "BATCH").blur()  # looked at, not changed
    page.get_by_role("button", name="创建", exact=True).click()
    created(page)
    task = only_task(running, user)
    assert task.plan.server.environment == {"GREETING": "servus"}
    running.inside.wait_until(task.id, "SUCCEEDED")
    folder = Path(task.plan.output_folder)
    told = [path.read_text() for path in folder.rglob("*.json") if "echo" in path.read_text()]
    assert told
    assert all('"servus"' in text and '"16"' in text for text in told)


def test_a_value_that_is_sent_by_enter_before_it_was_left_counts(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    fill(page, f"{user.name} enter")
    variable(page, "KEY").fill(TYPED_KEY)
    variable(page, "GREETING").fill("grüezi")
    variable(page, "GREETING").press("Enter")
    created(page)
    environment = only_task(running, user).plan.server.environment
    assert environment == {"GREETING": "grüezi", "KEY": TYPED_KEY}


def test_a_variable_goes_back_to_its_default(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    fill(page, "back again")
    put(page, "GREETING", "servus")
    page.get_by_role("button", name="恢复 GREETING 的默认值").click()
    expect(variable(page, "GREETING")).to_have_value("")
    expect(page.get_by_role("button", name="恢复 GREETING 的默认值")).to_have_count(0)


def test_a_secret_never_comes_back_to_the_browser(visit, running):
    frames: list[str] = []
    user = running.user()
    page = visit(user)
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))),
    )
    page.goto(running.address + routes.NEW_TASK)
    fill(page, f"{user.name} secret")
    put(page, "KEY", TYPED_KEY)
    expect(page.get_by_role("button", name="恢复 KEY 的默认值")).to_be_visible()
    expect(variable(page, "KEY")).to_have_value("")
    expect(variable(page, "KEY")).to_have_attribute("placeholder", "已设置，不再显示；输入新值覆盖")
    page.reload()
    expect(page.get_by_role("button", name="恢复 KEY 的默认值")).to_be_visible()
    seen = [page.content(), page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")]
    assert len(frames) > 5
    for text in (*frames, *seen):
        assert TYPED_KEY not in text
        assert DEFAULT_KEY not in text
    page.get_by_role("button", name="创建", exact=True).click()
    created(page)
    assert only_task(running, user).plan.server.environment == {"KEY": TYPED_KEY}


def test_overrides_outlive_the_servers_memory_all_but_secrets(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    fill(page, "remembered too")
    put(page, "GREETING", "servus")
    put(page, "KEY", TYPED_KEY)
    expect(page.get_by_role("button", name="恢复 KEY 的默认值")).to_be_visible()
    page.evaluate("sessionStorage.removeItem('token')")  # the server knows this tab no more
    page.reload()
    expect(control(page, "name")).to_have_value("remembered too")
    expect(variable(page, "GREETING")).to_have_value("servus")
    expect(page.get_by_role("button", name="恢复 KEY 的默认值")).to_have_count(0)


def test_a_wrong_value_is_told_at_the_table_and_gets_the_focus(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    fill(page, f"{user.name} long")
    put(page, "BATCH", "x" * 8_193)
    expect(message(page, "environment")).to_have_text("BATCH 的值最多 8,192 个字符")
    page.get_by_role("button", name="创建", exact=True).click()
    expect(variable(page, "BATCH")).to_be_focused()


@pytest.fixture(scope="module")
def cards_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inventory of nodes with cards, and drivers of two versions."""
    cards = [{"model": "MLU370-X8", "type": "MLU", "count": 4}]
    nodes = [
        {"name": f"node-{number}", "cpu": 32, "memory": "64GiB", "cards": cards,
         "driver": f"v5.10.{number % 2}"}
        for number in range(1, 10)
    ]  # fmt: skip
    nodes.append({"name": "plain", "cpu": 8, "memory": "16GiB"})
    inventory = tmp_path_factory.mktemp("cards") / "nodes.json"
    inventory.write_text(json.dumps({"nodes": nodes}))
    return inventory


@pytest.fixture(scope="module")
def with_cards(tmp_path_factory: pytest.TempPathFactory, cards_file: Path) -> Iterator[Site]:
    """A server over that cluster."""
    folder = tmp_path_factory.mktemp("with-cards")
    with site(folder, {**NO_SAMPLE, "INFERENCE_UI_INVENTORY": str(cards_file)}) as served:
        spec = SpecDraft(
            "x8-2c", cpu="4", memory="8GiB", accelerator="MLU", card_model="MLU370-X8", cards="2"
        )
        served.inside.product.specs.add(served.inside.administrator, spec)
        yield served


def with_mlu(visit, served: Site, **look) -> Page:
    page = visit(served.user(), routes.NEW_TASK, at=served, **look)
    page.get_by_role("button", name="MLU", exact=True).click()
    page.get_by_text("x8-2c", exact=True).click()
    chosen = page.get_by_role("row").filter(has=page.get_by_text("x8-2c", exact=True))
    expect(chosen).to_contain_text("9 个节点中 9 个")
    return page


def picker(page: Page) -> Locator:
    return page.get_by_test_id("nodes").locator(".face")


def test_chosen_nodes_lock_the_driver_version_until_they_are_cleared(visit, with_cards):
    page = with_mlu(visit, with_cards)
    picker(page).click()
    page.get_by_role("checkbox", name="node-2").check()
    page.get_by_role("checkbox", name="node-3").check()
    expect(page.get_by_role("checkbox", name="plain")).to_be_disabled()
    expect(page.get_by_test_id("nodes")).to_contain_text("需要 2 张 MLU370-X8，这里没有")
    page.keyboard.press("Escape")
    expect(picker(page)).to_be_focused()
    expect(page.get_by_role("button", name="去掉 node-3")).to_be_visible()
    expect(control(page, "driver_version")).to_be_disabled()
    expect(message(page, "driver_version")).to_contain_text("已选节点名称，两者不能同时指定")
    page.get_by_role("button", name="清空节点名称").click()
    expect(control(page, "driver_version")).to_be_enabled()
    expect(page.get_by_role("button", name="去掉 node-3")).to_have_count(0)


def test_a_driver_version_locks_the_nodes_until_it_is_cleared(visit, with_cards):
    page = with_mlu(visit, with_cards)
    expect(control(page, "driver_version").locator("option")).to_have_text(
        ["任意版本", "v5.10.0", "v5.10.1"]
    )
    choose(page, "driver_version", "v5.10.1")
    expect(message(page, "nodes")).to_contain_text("已选驱动版本，两者不能同时指定")
    expect(picker(page)).to_have_count(0)
    page.get_by_role("button", name="清空驱动版本").click()
    expect(picker(page)).to_be_visible()
    expect(control(page, "driver_version")).to_have_value("")


def test_a_spec_without_cards_has_no_driver_version(visit, with_cards):
    page = with_mlu(visit, with_cards)
    choose(page, "driver_version", "v5.10.1")
    page.get_by_role("button", name="CPU", exact=True).click()
    page.get_by_text("cpu-1c").click()
    expect(control(page, "driver_version")).to_be_disabled()
    expect(control(page, "driver_version")).to_have_value("")
    expect(picker(page)).to_be_visible()


def test_among_many_nodes_one_is_found_by_its_name_and_by_keyboard(visit, with_cards, findings):
    page = with_mlu(visit, with_cards)
    picker(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("E-7")
    expect(page.locator(".opt")).to_have_count(1)
    assert findings(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="去掉 node-7")).to_be_visible()
    page.keyboard.press("Escape")
    expect(picker(page)).to_be_focused()


def a_service(running: Site, name: str) -> str:
    """Deploy the package as a service with a secret of its own; return the service's id."""
    inside = running.inside
    packages = {row.name: row.id for row in inside.product.packages.all(inside.administrator)}
    specs = {row.name: row.id for row in inside.product.catalog.specs(inside.administrator)}
    server = ServerDraft(
        service_type=ServiceType.SELDON,
        package_id=packages["own-model"],
        spec_id=specs["cpu-half"],
        environment={"GREETING": "from the service", "KEY": TYPED_KEY},
    )
    service = inside.product.online.deploy(inside.administrator, DeployDraft(name, server, 4))
    return service.id


def running_service(running: Site, name: str) -> str:
    service_id = a_service(running, name)
    admin, online = running.inside.administrator, running.inside.product.online
    wait_for(lambda: online.view(admin, service_id).service.status == "RUNNING", "a service", 60)
    return service_id


def test_through_a_running_service_or_with_a_copy_of_it(visit, running):
    user = running.user()
    service_id = running_service(running, f"{user.name}-live")
    page = visit(user, routes.new_task(service=service_id))
    expect(control(page, "service_id")).to_have_value(service_id)
    expect(page.get_by_text("own-model 1.0.0")).to_be_visible()
    expect(page.get_by_text("并发上限 4")).to_be_visible()
    expect(control(page, "spec_id")).to_have_count(0)
    page.get_by_role("button", name="部署一份副本").click()
    expect(control(page, "package_id").locator("option:checked")).to_have_text("own-model 1.0.0")
    expect(variable(page, "GREETING")).to_have_value("from the service")
    expect(page.get_by_role("button", name="恢复 KEY 的默认值")).to_be_visible()
    assert TYPED_KEY not in page.content()
    choose(page, "dataset_id", "datasets / own-pages")
    choose(page, "volume_id", "results")
    control(page, "name").fill(f"{user.name} copied")
    page.get_by_role("button", name="创建", exact=True).click()
    created(page)
    copied = only_task(running, user).plan.server
    assert copied.kind == "OWNED"
    assert copied.environment == {"GREETING": "from the service", "KEY": TYPED_KEY}

    page.goto(running.address + routes.new_task(service=service_id))
    choose(page, "dataset_id", "datasets / own-pages")
    choose(page, "volume_id", "results")
    control(page, "name").fill(f"{user.name} through")
    page.get_by_role("button", name="创建", exact=True).click()
    created(page)
    tasks = running.inside.product.task_list.page(user, mine=True).tasks
    through = next(task for task in tasks if task.name.endswith("through"))
    assert (through.service_id, through.plan.server.kind) == (service_id, "SHARED")
    running.inside.wait_until(through.id, "SUCCEEDED")


def test_the_head_leads_to_services_and_back(visit, running, findings):
    page = visit(running.user(), routes.NEW_TASK)
    page.get_by_role("button", name="改为从在线服务创建").click()
    expect(control(page, "service_id")).to_be_visible()
    expect(control(page, "package_id")).to_have_count(0)
    page.get_by_role("button", name="创建", exact=True).click()
    expect(message(page, "service_id")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="改为部署模型包").click()
    expect(control(page, "package_id")).to_be_visible()


def test_a_chosen_node_that_vanishes_is_told_and_can_be_taken_out(visit, with_cards, cards_file):
    before = cards_file.read_text()
    page = with_mlu(visit, with_cards)
    picker(page).click()
    page.get_by_role("checkbox", name="node-9").check()
    nodes = [one for one in json.loads(before)["nodes"] if one["name"] != "node-9"]
    cards_file.write_text(json.dumps({"nodes": nodes}))
    try:
        told = "没有叫 node-9 的节点"
        expect(message(page, "nodes")).to_have_text(told, timeout=15_000)
        expect(page.locator(".opt", has_text="node-9")).to_contain_text(told)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="去掉 node-9").click()
        expect(message(page, "nodes")).not_to_contain_text("node-9")
    finally:
        cards_file.write_text(before)
