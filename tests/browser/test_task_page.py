"""The page of one task in a browser: watched to its end, and told why when it waits or fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch, Variable
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.records import (
    PROGRESS,
    BoundBy,
    ErrorGroup,
    Progress,
    Sample,
    WalkState,
    write_record,
)
from inference_ui.backend.services.spec_drafts import SpecDraft
from tests.support.installation import numbered_inputs
from tests.support.samples import a_plan
from tests.support.site import Site
from tests.support.waiting import wait_for

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])
SOON = 1_500
"""Milliseconds in which a page has to show what has changed."""

CHATTY = """
import itertools, time
for number in itertools.count():
    print("line", number, flush=True)
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def models(running: Site) -> Site:
    """The server with models to choose: one that takes its time, one that crashes, one that
    talks without end and never gets ready; and a dataset with four inputs that are no JSON."""
    inside = running.inside
    broken = {f"bad/{number}.json": b"not json" for number in range(4)}
    inside.dataset(numbered_inputs(196) | broken, "watched")
    inside.package("watched", DELAY_MS="300")
    inside.package("crashing", MODE="crash")
    launch = PackageLaunch(command=("{python}", "-c", CHATTY, "{port}"), ready_timeout_s=600)
    chatty = ModelPackage(
        name="chatty", version="1.0.0", owner_id="", service_type=ServiceType.SELDON, launch=launch
    )
    inside.product.packages.add(inside.administrator, chatty)
    node = inside.product.cluster.nodes()[0]
    whole = SpecDraft("whole", cpu=f"{node.cpu_millis - 200}m", memory="256MiB")
    inside.product.specs.add(inside.administrator, whole)
    return running


@contextmanager
def ended_after(running: Site, *tasks: InferenceTask) -> Iterator[None]:
    """Stop these tasks in the end, and wait until they have: others need the room."""
    inside = running.inside
    try:
        yield
    finally:
        for task in tasks:
            if not TaskStatus(inside.task(task.id).status).ended:
                inside.product.tasks.stop(inside.administrator, task.id)
        for task in tasks:
            wait_for(
                lambda task=task: TaskStatus(inside.task(task.id).status).ended,
                f"{task.name} has ended",
            )


def start_whole(running: Site, owner: Actor, name: str) -> InferenceTask:
    """Queue a task whose server takes the whole machine and never gets ready."""
    inside = running.inside
    specs = {spec.name: spec.id for spec in inside.product.catalog.specs(owner)}
    draft = replace(inside.draft(name, "chatty", "watched"), spec_id=specs["whole"])
    return inside.product.tasks.create(owner, draft)


def record_failed(running: Site, owner: Actor, name: str, folder: Path) -> InferenceTask:
    """Put a task into the database of which too many items failed, with its progress."""
    plan = a_plan(folder)
    progress = Path(plan.output_folder) / PROGRESS
    progress.parent.mkdir(parents=True)
    errors = (ErrorGroup("HTTP_503", 40, "/workspace/dataset/a/b.json", "the queue is full"),)
    history = tuple(Sample(at, 6 * at, 4 * at) for at in range(11))
    write_record(
        progress,
        Progress(
            updated_at=0,
            attempt=1,
            state=WalkState.ENDED,
            found=100,
            walked=True,
            succeeded=60,
            failed=40,
            p50_ms=12.0,
            p95_ms=30.0,
            errors=errors,
            history=history,
            bound_by=BoundBy.SERVER,
            bound_shares={BoundBy.SERVER: 0.9, BoundBy.DISK: 0.1},
        ),
    )
    return running.record(
        owner,
        name,
        plan=plan,
        status=TaskStatus.FAILED,
        end_reason=EndReason.TOO_MANY_FAILED,
        found=100,
        succeeded=60,
        failed=40,
    )


def number_in(box: Locator) -> int:
    """The number that a figure begins with."""
    return int(re.match(r"[\d,]+", box.inner_text())[0].replace(",", ""))


def log_of(page: Page) -> Locator:
    return page.get_by_test_id("log-text")


@BOTH
def test_a_task_is_watched_from_the_first_item_to_the_last(visit, models, locale):
    zh = locale == "zh"
    user = models.user()
    task = models.start(user, f"{user.name} watched", "watched", "watched")
    page = visit(user, routes.task(task.id), locale=locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(task.name)
    expect(page.get_by_test_id("facts")).to_contain_text("watched 1.0.0")
    expect(page.get_by_test_id("step-RUNNING")).to_have_attribute(
        "aria-current", "step", timeout=30_000
    )
    replica = page.get_by_test_id("replicas").get_by_role("row").nth(1)
    expect(replica).to_contain_text("server-0")
    expect(replica).to_contain_text("就绪" if zh else "Ready")
    expect(replica).to_contain_text(re.compile(r"127\.0\.0\.1:\d+"))
    done = page.get_by_test_id("done")
    wait_for(lambda: 0 < number_in(done) < 200, "some items are done")
    expect(page.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", "0")

    models.inside.wait_until(task.id, TaskStatus.SUCCEEDED)
    verdict = page.get_by_test_id("verdict")
    expect(verdict).to_contain_text(
        "完成，其中 4 项失败（2%）" if zh else "4 items failed (2%)", timeout=SOON
    )
    expect(done).to_have_text("200 / 200 项" if zh else "200 / 200 items")
    expect(page.get_by_test_id("causes")).to_contain_text(
        "输入不是 JSON" if zh else "Input is not JSON"
    )
    expect(page.get_by_test_id("step-SUCCEEDED")).to_be_visible()
    expect(page.get_by_test_id("rate-chart")).to_be_visible()
    expect(page.get_by_test_id("bounds")).to_contain_text(
        "受限于服务端" if zh else "Limited by the server"
    )
    expect(replica).to_contain_text("已释放" if zh else "Freed")
    expect(page.get_by_test_id("replicas").get_by_role("row").nth(2)).to_contain_text(
        "客户端" if zh else "Client"
    )
    expect(page.get_by_role("button", name="停止" if zh else "Stop")).to_have_count(0)
    results = page.get_by_role("link", name="检测结果" if zh else "Results", exact=True)
    expect(results).to_have_attribute("href", routes.task_results(task.id))

    page.reload()
    expect(log_of(page)).to_contain_text("196 of 200 succeeded, 4 failed")
    replica.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"\?part=logs$"))
    expect(log_of(page)).to_contain_text("loading the model")
    with page.expect_download() as saved:
        page.get_by_test_id("log-save").click()
    assert saved.value.suggested_filename == f"{task.name}-1-server-0.log"
    assert "loading the model" in Path(saved.value.path()).read_text()

    page.get_by_role("link", name="操作记录" if zh else "Activity").click()
    history = page.get_by_test_id("history").get_by_role("row")
    expect(history).to_have_count(6)
    expect(history.last).to_contain_text(user.name)
    expect(history.nth(2)).to_contain_text("全部推理完" if zh else "All items done")


@BOTH
def test_a_failure_gives_its_reason_the_evidence_and_what_helps(visit, models, locale):
    zh = locale == "zh"
    user = models.user()
    task = models.start(user, f"{user.name} crashes", "crashing", "watched")
    page = visit(user, routes.task(task.id), locale=locale)
    models.inside.wait_until(task.id, TaskStatus.FAILED)
    verdict = page.get_by_test_id("verdict")
    expect(verdict).to_contain_text("服务端出错" if zh else "Server failed", timeout=SOON)
    expect(verdict).to_contain_text("退出码 3" if zh else "code 3")
    expect(verdict).to_contain_text("没有推理任何一项" if zh else "No item was done")
    expect(page.get_by_test_id("evidence")).to_contain_text("no such file or directory")
    expect(page.get_by_test_id("remedies").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_test_id("step-RUNNING")).to_have_text(re.compile("–$"))
    expect(page.get_by_test_id("step-FAILED")).to_be_visible()
    page.get_by_role("link", name="完整日志" if zh else "Whole log", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?part=logs$"))
    expect(log_of(page)).to_contain_text("loading the model, mode crash")


def test_who_waits_is_told_why_and_stopping_asks_first(visit, models):
    user = models.user()
    first = start_whole(models, user, f"{user.name} first")
    models.inside.wait_until(first.id, TaskStatus.STARTING)
    second = start_whole(models, user, f"{user.name} second")
    with ended_after(models, first, second):
        page = visit(user, routes.task(second.id))
        verdict = page.get_by_test_id("verdict")
        expect(verdict).to_contain_text("一个节点上需要 CPU")
        expect(verdict).to_contain_text(re.compile(r"已等 \d+ 秒"))
        expect(page.get_by_test_id("step-QUEUED")).to_have_attribute("aria-current", "step")

        stop = page.get_by_role("button", name="停止", exact=True)
        question = page.get_by_role("alertdialog", name=f"停止“{second.name}”？")
        stop.click()
        expect(question.get_by_role("button", name="取消")).to_be_focused()
        expect(question).to_contain_text("还没有占用节点")
        page.keyboard.press("Enter")
        expect(question).to_have_count(0)
        assert models.inside.task(second.id).stop_requested_at is None

        stop.click()
        question.get_by_role("button", name="确认停止").click()
        models.inside.wait_until(second.id, TaskStatus.STOPPED)
        expect(verdict).to_contain_text(f"{user.name} 停止了这个任务", timeout=SOON)
        expect(page.get_by_test_id("step-STOPPED")).to_be_visible()
        expect(stop).to_have_count(0)


def test_a_log_goes_on_but_never_moves_its_reader(visit, models):
    user = models.user()
    task = models.start(user, f"{user.name} talks", "chatty", "watched")
    with ended_after(models, task):
        page = visit(user, routes.task(task.id, "logs"))
        log = log_of(page)
        expect(log).to_contain_text("line 9", timeout=30_000)
        scroll = "box => [box.scrollTop, box.scrollHeight - box.clientHeight - box.scrollTop]"
        wait_for(lambda: log.evaluate(scroll)[0] > 100, "the log is longer than its room")
        assert log.evaluate(scroll)[1] < 2

        log.evaluate("box => { box.scrollTop = 40 }")
        follow = page.get_by_test_id("log-follow")
        expect(follow).to_have_attribute("aria-pressed", "false")
        read = log.inner_text()
        expect(follow).to_have_text("有新的行", timeout=10_000)
        assert log.inner_text() == read
        assert log.evaluate(scroll)[0] == 40

        follow.click()
        expect(follow).to_have_attribute("aria-pressed", "true")
        wait_for(lambda: log.inner_text() != read, "the new lines are shown")
        assert log.evaluate(scroll)[1] < 2

        find, matches = page.get_by_test_id("log-find"), page.get_by_test_id("log-matches")
        find.fill("LINE 1")
        expect(matches).to_have_text(re.compile(r"^1 / \d+$"))
        expect(log.locator("mark.on")).to_have_text("line 1")
        expect(log.locator("mark.on")).to_be_in_viewport()
        place = log.evaluate(scroll)[0]
        expect(follow).to_have_text("有新的行", timeout=10_000)
        assert log.evaluate(scroll)[0] == place
        find.press("Enter")
        expect(matches).to_have_text(re.compile("^2 / "))
        find.press("Shift+Enter")
        find.press("Shift+Enter")
        expect(matches).to_have_text(re.compile(r"^(\d+) / \1$"))
        find.fill("never said")
        expect(matches).to_have_text("没有找到")
        find.press("Escape")
        expect(find).to_have_value("")
        page.get_by_role("button", name="更多操作").click()
        read = log.inner_text()
        follow.evaluate("button => button.click()")
        wait_for(lambda: log.inner_text() != read, "the log goes on below the open menu")
        expect(page.get_by_role("menuitem", name="再次运行")).to_be_visible()
        page.keyboard.press("Escape")
        expect(log.locator("mark")).to_have_count(0)


def test_only_its_owner_and_administrators_can_stop_a_task(visit, models):
    owner = models.user()
    task = models.start(owner, f"{owner.name} own", "chatty", "watched")
    with ended_after(models, task):
        page = visit(models.user(), routes.task(task.id))
        stop = page.get_by_role("button", name="停止", exact=True)
        expect(stop).to_be_disabled()
        expect(stop).to_have_attribute("title", "只有创建人和管理员能停止它")
        viewer = visit(models.user(Role.VIEWER), routes.task(task.id))
        expect(viewer.get_by_role("button", name="停止", exact=True)).to_be_disabled()
        administrator = visit(models.inside.administrator, routes.task(task.id))
        expect(administrator.get_by_role("button", name="停止", exact=True)).to_be_enabled()


@BOTH
def test_an_unknown_task_leads_back_to_the_list(visit, running, locale):
    page = visit(running.user(), routes.task("0123456789abcdef"), locale=locale)
    heading = "没有这个任务" if locale == "zh" else "There is no such task"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    back = "回到推理任务" if locale == "zh" else "To the inference tasks"
    page.get_by_role("link", name=back).click()
    expect(page).to_have_url(f"{running.address}/")


def test_the_plan_is_all_there_and_has_an_address(visit, running, tmp_path):
    user = running.user()
    task = record_failed(running, user, f"{user.name} plan", tmp_path)
    page = visit(user, routes.task(task.id))
    page.get_by_role("link", name="配置").click()
    page.reload()
    shown = page.locator("main")
    expect(page.get_by_role("link", name="detector 1.0.0").first).to_have_attribute(
        "href", routes.package("package")
    )
    expect(page.get_by_role("link", name="pages").first).to_have_attribute(
        "href", routes.dataset("dataset")
    )
    for text in (
        "detector 1.0.0", "Seldon", "xyxy", "serve {port}", "cpu-1c", "1 核 · 256 MiB", "任意节点",
        str(tmp_path / "dataset"), str(tmp_path / "output"), "最多 3 次", task.id,
    ):  # fmt: skip
        expect(shown).to_contain_text(text)
    page.go_back()
    expect(page.get_by_test_id("verdict")).to_contain_text("失败太多")


def test_a_task_shows_nothing_of_the_one_before(visit, running):
    user = running.user()
    names = [f"{user.name} {name}" for name in ("one", "two")]
    _, second = (
        running.record(user, name, status=TaskStatus.STOPPED, end_reason="STOPPED_BY_USER")
        for name in names
    )
    page = visit(user, "/?mine=1")
    expect(page.get_by_text("0 项，没有清点完")).to_have_count(2)
    page.get_by_role("link", name=names[0]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])
    page.go_back()
    page.evaluate(
        """() => {
            window.seen = [];
            const look = () => {
                const heading = document.querySelector('h1');
                window.seen.push([location.pathname, heading ? heading.innerText : '']);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    page.get_by_role("link", name=names[1]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    assert [routes.task(second.id), names[0]] not in page.evaluate("window.seen")
    expect(page).to_have_title(f"{names[1]} · inference-ui")


@pytest.mark.parametrize("width", [1440, 1200, 1024])
def test_a_long_name_pushes_nothing_out_of_sight(visit, running, tmp_path, width):
    user = running.user()
    name = f"{user.name} " + "巡检输电线无人机十一月批次华东" * 4
    task = record_failed(running, user, name[:63], tmp_path)
    page = visit(user, routes.task(task.id), width=width, locale="en")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_attribute("title", name[:63])
    expect(page.get_by_role("link", name="Results", exact=True)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".tk .body").evaluate("box => box.scrollWidth <= box.clientWidth")


@BOTH
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_out(visit, running, findings, tmp_path, locale, theme):
    user = running.user()
    task = record_failed(running, user, f"{user.name} axe {theme}", tmp_path)
    page = visit(user, routes.task(task.id), locale=locale, theme=theme)
    expect(page.get_by_test_id("causes")).to_be_visible()
    assert findings(page) == []
    for part, shown in (("plan", page.get_by_text(task.id)), ("history", page.locator(".hist"))):
        page.goto(running.address + routes.task(task.id, part))
        expect(shown).to_be_attached()
        assert findings(page) == []


SECRET = "pass-phrase-of-a-registry"


def test_settings_stand_beside_their_defaults_and_secrets_never_come(visit, running, tmp_path):
    plan = a_plan(tmp_path)
    launch = PackageLaunch(
        command=("serve",),
        variables=(
            Variable(name="BATCH", default="16"),
            Variable(name="TOKEN", default=SECRET, secret=True),
        ),
    )
    package = plan.package.model_copy(update={"launch": launch})
    server = Owned(
        package=package,
        spec=plan.spec,
        environment={"BATCH": "32", "TOKEN": SECRET + SECRET},
    )
    user = running.user()
    task = running.record(
        user,
        f"{user.name} settings",
        plan=plan.model_copy(update={"server": server}),
        status=TaskStatus.STOPPED,
        end_reason="STOPPED_BY_USER",
    )
    page = visit(user, routes.task(task.id), width=1024)
    said = []

    def listen(socket):
        socket.on("framereceived", lambda frame: said.append(str(frame)))

    page.on("websocket", listen)
    page.reload()
    page.get_by_role("link", name="配置 覆盖 2").click()
    batch, token = (page.get_by_test_id("variables").get_by_role("row").nth(n) for n in (1, 2))
    expect(batch).to_contain_text(re.compile("BATCH.*32.*覆盖.*16", re.DOTALL))
    expect(token).to_contain_text(re.compile("TOKEN.*已设置，不显示.*覆盖", re.DOTALL))
    assert said
    assert not [frame for frame in said if SECRET in frame]
    assert SECRET not in page.content()


def test_the_chart_is_read_by_pointer_and_by_keys(visit, running, tmp_path):
    user = running.user()
    task = record_failed(running, user, f"{user.name} chart", tmp_path)
    page = visit(user, routes.task(task.id))
    reading = page.get_by_test_id("chart-reading")
    reading.hover()
    tip = reading.locator(".tip")
    expect(tip).to_contain_text(re.compile(r"\d\d:\d\d:\d\d · 完成 10 项/秒 · 失败 4 项/秒"))
    page.mouse.move(0, 0)
    expect(tip).to_have_count(0)
    reading.focus()
    reading.press("Home")
    expect(reading).to_have_attribute("aria-valuenow", "1")
    reading.press("ArrowRight")
    expect(reading).to_have_attribute("aria-valuenow", "2")
    expect(reading).to_have_attribute("aria-valuetext", re.compile("完成 10 项/秒"))
    expect(tip).to_be_visible()
