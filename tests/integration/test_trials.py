"""Trying a package: a real server is started once, asked once, and stopped; nothing stays."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound, Refused
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import ContainerLaunch, ModelPackage, PackageLaunch
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.ports import Probe, ServerWorkload
from inference_ui.backend.services import trials as module
from inference_ui.backend.services.asking import Question
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.trial import Trial, TrialPhase
from tests.support.installation import Installation, processes_of
from tests.support.waiting import wait_for

TEXT = Question(json='{"strData": "hello"}')


class Trying:
    """An installation, a user of it, and hands to try packages."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.user = self.somebody("user")

    @property
    def product(self) -> Any:
        return self.installation.product

    def somebody(self, name: str, role: Role = Role.USER) -> Actor:
        accounts = self.product.accounts
        return accounts.create_user(self.installation.administrator, name, None, role)

    def package(self, name: str = "model", ready_timeout_s: float = 60, **env: str) -> str:
        """Register the test model; return the package's id."""
        self.installation.package(name, ready_timeout_s, **env)
        rows = self.product.packages.all(self.user)
        return next(row.id for row in rows if row.name == name)

    @property
    def spec(self) -> str:
        return self.spec_called("cpu-half")

    def spec_called(self, name: str) -> str:
        rows = self.product.catalog.specs(self.user)
        return next(row.id for row in rows if row.name == name)

    def start(self, package_id: str, question: Question = TEXT, **more: Any) -> str:
        actor = more.pop("actor", self.user)
        spec = more.pop("spec", self.spec)
        return self.product.trials.start(actor, package_id, spec, question, **more)

    def last(self, package_id: str) -> Trial:
        trial = self.product.trials.last(self.user, package_id)
        assert trial is not None
        return trial

    def until(self, package_id: str, *phases: TrialPhase) -> Trial:
        def there() -> Trial | None:
            trial = self.last(package_id)
            assert trial.phase in phases or not trial.phase.ended, trial
            return trial if trial.phase in phases else None

        return wait_for(there, f"trial {phases}", 60)

    def nothing_runs(self) -> bool:
        return not self.product.cluster.names() and not processes_of(self.installation.folder)


@pytest.fixture
def trying(tmp_path: Path) -> Iterator[Trying]:
    installation = Installation(tmp_path / "data")
    yield Trying(installation)
    installation.close()


def test_a_package_that_works_is_started_asked_and_stopped_with_its_log(trying: Trying) -> None:
    package = trying.package()
    news: list[frozenset[str]] = []
    trying.product.changes.subscribe(news.append)
    trial_id = trying.start(package)
    trial = trying.until(package, TrialPhase.DONE)
    assert trial.id == trial_id
    assert trial.answer is not None
    assert (trial.answer.status, trial.answer.text) == (200, '{"jsonData": {"echo": "hello"}}')
    assert trial.answer.ms > 0
    assert trial.ready_s is not None
    assert "loading the model, mode good" in trial.log
    assert (trial.reason, trial.waiting, trial.exit_code) == (None, None, None)
    assert trial.ended_at is not None
    assert trying.nothing_runs()
    assert set().union(*news) == {f"package:{package}"}


def test_a_package_that_exits_says_why_with_its_last_lines_and_is_not_started_again(
    trying: Trying,
) -> None:
    package = trying.package(MODE="crash")
    trying.start(package)
    trial = trying.until(package, TrialPhase.FAILED)
    assert trial.reason is not None
    assert trial.reason.code == "PROCESS_EXITED"
    assert trial.exit_code == 3
    assert "no such file or directory" in trial.log
    assert trial.log.count("loading the model") == 1
    assert trial.answer is None
    assert trying.nothing_runs()


def test_a_package_that_does_not_get_ready_is_given_up_after_its_own_time(trying: Trying) -> None:
    package = trying.package(ready_timeout_s=1, MODE="never")
    trying.start(package)
    trial = trying.until(package, TrialPhase.FAILED)
    assert trial.reason is not None
    assert trial.reason.code == "TRIAL_NOT_READY"
    assert "mode never" in trial.log
    assert trying.nothing_runs()


def test_what_the_server_says_is_an_answer_whatever_it_is(trying: Trying) -> None:
    package = trying.package(MODE="refuse")
    trying.start(package)
    answer = trying.until(package, TrialPhase.DONE).answer
    assert answer is not None
    assert (answer.status, answer.error) == (400, "unexpected protocol")


def test_variables_may_be_given_for_the_trial_alone(trying: Trying) -> None:
    package = trying.package(MODE="crash")
    trying.start(package, environment={"MODE": "good"})
    assert "mode good" in trying.until(package, TrialPhase.DONE).log
    with pytest.raises(InvalidFields):
        trying.start(package, environment={"LD_PRELOAD": "x"})


def test_a_trial_that_starts_is_stopped_by_its_owner(trying: Trying) -> None:
    package = trying.package(MODE="never")
    trying.start(package)
    trying.until(package, TrialPhase.STARTING)
    with pytest.raises(Forbidden, match="NOT_YOUR_TRIAL"):
        trying.product.trials.stop(trying.somebody("other"), package)
    trying.product.trials.stop(trying.user, package)
    trial = trying.until(package, TrialPhase.FAILED)
    assert trial.reason is not None
    assert trial.reason.code == "TRIAL_STOPPED"
    assert trying.nothing_runs()
    trying.product.trials.stop(trying.user, package)


def test_a_trial_that_waits_for_its_answer_is_stopped_at_once(trying: Trying) -> None:
    package = trying.package(DELAY_MS="100000")
    trying.start(package)
    trying.until(package, TrialPhase.ASKING)
    trying.product.trials.stop(trying.installation.administrator, package)
    trial = trying.until(package, TrialPhase.FAILED)
    assert trial.reason is not None
    assert trial.reason.code == "TRIAL_STOPPED"
    assert trying.nothing_runs()


def test_a_user_has_one_trial_at_a_time_and_so_has_a_package(trying: Trying) -> None:
    first, second = trying.package("first", MODE="never"), trying.package("second")
    trying.start(first)
    with pytest.raises(Conflict, match="ONE_TRIAL_EACH"):
        trying.start(second)
    other = trying.somebody("other")
    with pytest.raises(Conflict, match="TRIAL_RUNS"):
        trying.start(first, actor=other)
    trying.start(second, actor=other)
    trying.until(second, TrialPhase.DONE)
    trying.product.trials.stop(trying.user, first)
    trying.until(first, TrialPhase.FAILED)
    trying.start(second)
    trying.until(second, TrialPhase.DONE)


def test_a_trial_waits_for_room_and_says_for_what(trying: Trying) -> None:
    (node,) = trying.product.cluster.nodes()
    draft = SpecDraft("whole", cpu=f"{node.cpu_millis}m", memory="64MiB")
    whole = trying.product.specs.add(trying.installation.administrator, draft)
    blocker, package = trying.package("blocker", MODE="never"), trying.package()
    trying.start(blocker, actor=trying.somebody("other"), spec=whole.id)
    trying.until(blocker, TrialPhase.STARTING)
    trying.start(package)
    waiting = wait_for(lambda: trying.last(package).waiting, "a reason to wait")
    assert waiting.code.startswith("QUEUED")
    trying.product.trials.stop(trying.installation.administrator, blocker)
    trying.until(package, TrialPhase.DONE)


def test_what_cannot_be_tried_starts_nothing(trying: Trying) -> None:
    package = trying.package()
    with pytest.raises(Forbidden, match="VIEWERS_ONLY_LOOK"):
        trying.start(package, actor=trying.somebody("viewer", Role.VIEWER))
    with pytest.raises(NotFound, match="PACKAGE_UNKNOWN"):
        trying.start("gone")
    with pytest.raises(InvalidFields) as error:
        trying.start(package, spec="gone")
    assert set(error.value.fields) == {"spec_id"}
    for question, code in (
        (Question(), "QUESTION_EMPTY"),
        (Question(json="{"), "QUESTION_NO_JSON"),
        (Question(picture=b"no picture", suffix=".png"), "PICTURE_UNKNOWN"),
    ):
        with pytest.raises(Refused, match=code):
            trying.start(package, question)
    assert trying.product.trials.last(trying.user, package) is None
    assert trying.nothing_runs()
    with pytest.raises(NotFound, match="TRIAL_UNKNOWN"):
        trying.product.trials.stop(trying.user, package)


def test_a_package_without_a_command_cannot_be_tried_on_one_machine(trying: Trying) -> None:
    launch = PackageLaunch(container=ContainerLaunch(image="registry.example.com/a:1"))
    row = ModelPackage(name="i", version="1.0.0", owner_id="", service_type="SELDON", launch=launch)
    package = trying.product.packages.add(trying.user, row)
    with pytest.raises(InvalidFields) as refused:
        trying.start(package.id)
    assert refused.value.fields["package_id"].code == "PACKAGE_WITHOUT_COMMAND"


def test_the_picture_of_a_trial_is_kept_for_its_page_but_not_for_ever(
    trying: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PICTURES_KEPT", 1)
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "PNG")
    question = Question(picture=target.getvalue(), suffix=".png")
    packages = [trying.package(f"model-{number}", MODE="crash") for number in range(3)]
    for package in packages:
        trying.start(package, question)
        trying.until(package, TrialPhase.FAILED)
    kept = [trying.last(package).has_picture for package in packages]
    assert kept == [False, True, True]
    assert trying.product.trials.picture(trying.user, packages[2]).media_type == "image/png"
    with pytest.raises(NotFound, match="TRIAL_WITHOUT_PICTURE"):
        trying.product.trials.picture(trying.user, packages[0])


def test_no_trial_survives_its_web_server(trying: Trying) -> None:
    package = trying.package(MODE="never")
    trying.start(package)
    trying.until(package, TrialPhase.STARTING)
    trying.installation.reopen()
    assert trying.nothing_runs()
    assert trying.product.trials.last(trying.user, package) is None


def test_what_a_server_that_died_left_is_swept_and_nothing_else(trying: Trying) -> None:
    workload = ServerWorkload(
        name="trial-0123456789abcdef-1-server",
        application="left over",
        command=("sleep", "600"),
        resources=Resources(cpu_millis=1, memory_bytes=1 << 20),
        probe=Probe("/"),
    )
    cluster = trying.product.cluster
    cluster.apply(workload)
    cluster.apply(replace(workload, name="service-0123456789abcdef-1-server"))
    trying.product.trials.begin()
    wait_for(
        lambda: cluster.names() == {"service-0123456789abcdef-1-server"}, "the trial swept away"
    )
