"""Trying a model package: its server is started once, asked once, and stopped, with its log.

A trial lives in a thread of the web server and in memory. None survives the server: what a server
that died left running is swept when the next one begins.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from inference_ui.backend.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
    ProductError,
)
from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.imaging.copies import Copies, InMemory
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ModelPackage
from inference_ui.backend.models.columns import new_id
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.ports import Cluster, Observation, Phase
from inference_ui.backend.services.asking import Answer, Door, Question, ask, body_of
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.server_drafts import ServerDraft, server_of
from inference_ui.backend.services.trial import Run, Trial, TrialPhase
from inference_ui.backend.store.database import Store

KEPT = 50
"""Last trials that are remembered, one a package."""
PICTURES_KEPT = 4
"""Trials whose picture is remembered too; one may have 32 MiB."""
LOG_LINES = 400
LOG_CHARACTERS = 60_000
WAIT_S = 1_800.0
"""So long a trial waits for room."""
ANSWER_S = 120.0
GRACE_S = 5.0
LOOK_S = 0.25
CLOSE_S = 8.0
"""So long a web server that stops waits for its trials to end: less than it is given itself."""

_log = logging.getLogger(__name__)


class _Over(Exception):
    """The trial cannot go on, and why."""

    def __init__(self, reason: Message, exit_code: int | None = None) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.exit_code = exit_code


class Trials:
    """One trial at a time for each user and each package. Thread-safe."""

    def __init__(self, store: Store, cluster: Cluster, changes: Changes, copies: Copies) -> None:
        self._store = store
        self._cluster = cluster
        self._changes = changes
        self._copies = copies
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def begin(self) -> None:
        """Remove, in the background, what trials of a web server that died left running."""
        self._closing.clear()
        threading.Thread(target=self._sweep, name="trial-sweep", daemon=True).start()

    def start(
        self,
        actor: Actor,
        package_id: str,
        spec_id: str,
        question: Question,
        *,
        environment: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> str:
        """Begin a trial and return its id. ``environment`` and ``parameters`` replace defaults of
        the package, by name.

        Raises :class:`NotFound`, :class:`Forbidden`, :class:`InvalidFields`,
        :class:`~inference_ui.backend.errors.Refused` for a question that cannot be asked, and
        :class:`Conflict` while the user has a trial, or the package has one.
        """
        if not actor.may_create:
            raise Forbidden("VIEWERS_ONLY_LOOK")
        server = self._server(package_id, spec_id, environment or {}, parameters or {})
        body_of(question, server.package.protocol(question.prompt))
        trial = Trial(
            id=new_id(),
            package_id=package_id,
            owner_id=actor.id,
            owner=actor.name,
            started_at=time.time(),
            has_picture=bool(question.picture),
        )
        run = Run(trial, server, question)
        with self._lock:
            self._refuse_second(actor, package_id)
            self._runs[package_id] = run
            self._runs.move_to_end(package_id)
            self._forget()
            run.thread = threading.Thread(target=self._go, args=(run,), daemon=True)
            run.thread.start()
        return trial.id

    def last(self, actor: Actor, package_id: str) -> Trial | None:
        """Return the package's last trial since the web server began, None when there was none."""
        with self._lock:
            run = self._runs.get(package_id)
            return run.trial if run else None

    def picture(self, actor: Actor, package_id: str) -> EncodedPicture:
        """Return the picture that the last trial asked about, as browsers show it.

        Raises :class:`NotFound`, and :class:`~inference_ui.backend.imaging.BadPicture`.
        """
        with self._lock:
            run = self._runs.get(package_id)
            picture = run.question.picture if run else b""
        if not picture:
            raise NotFound("TRIAL_WITHOUT_PICTURE")
        return self._copies.shown(InMemory(picture))

    def stop(self, actor: Actor, package_id: str) -> None:
        """Have the package's trial end, by who began it or an administrator. One that has ended is
        no error. Raises :class:`NotFound`, :class:`Forbidden`."""
        with self._lock:
            run = self._runs.get(package_id)
        if run is None:
            raise NotFound("TRIAL_UNKNOWN")
        if not actor.owns(run.trial.owner_id):
            raise Forbidden("NOT_YOUR_TRIAL", owner=run.trial.owner)
        self._end(run)

    def close(self) -> None:
        """End all trials and wait for it, some seconds at most."""
        self._closing.set()
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            self._end(run)
        until = time.monotonic() + CLOSE_S
        for run in runs:
            if run.thread is not None:
                run.thread.join(timeout=max(0.0, until - time.monotonic()))

    def _server(
        self,
        package_id: str,
        spec_id: str,
        environment: Mapping[str, str],
        parameters: Mapping[str, str],
    ) -> Owned:
        problems: dict[str, Message] = {}
        with self._store.read() as session:
            package = session.get(ModelPackage, package_id)
            if package is None:
                raise NotFound("PACKAGE_UNKNOWN", id=package_id)
            draft = ServerDraft(
                service_type=package.service_type,
                package_id=package_id,
                spec_id=spec_id,
                environment=environment,
                parameters=parameters,
            )
            server = server_of(session, draft, self._cluster, problems)
        if server is None:
            raise InvalidFields(problems)
        return server

    def _refuse_second(self, actor: Actor, package_id: str) -> None:
        for run in self._runs.values():
            if run.trial.phase.ended:
                continue
            if run.trial.package_id == package_id:
                raise Conflict("TRIAL_RUNS", owner=run.trial.owner)
            if run.trial.owner_id == actor.id:
                package = run.server.package
                raise Conflict("ONE_TRIAL_EACH", package=f"{package.name} {package.version}")

    def _forget(self) -> None:
        """Let the oldest go: whole trials that have ended, and pictures before that."""
        ended = [key for key, run in self._runs.items() if run.trial.phase.ended]
        for key in ended[: max(0, len(self._runs) - KEPT)]:
            del self._runs[key]
        with_picture = [
            key for key in ended if key in self._runs and self._runs[key].question.picture
        ]
        for key in with_picture[: max(0, len(with_picture) - PICTURES_KEPT)]:
            run = self._runs[key]
            run.question = Question()
            run.trial = replace(run.trial, has_picture=False)

    def _end(self, run: Run) -> None:
        if run.trial.phase.ended:
            return
        run.stop.set()
        if run.trial.phase is TrialPhase.ASKING:
            # A thread that waits for an answer is woken by the end of who would give it.
            try:
                self._cluster.remove(run.name, GRACE_S)
            except ClusterError as error:
                _log.warning("a trial's server could not be stopped yet: %s", error)

    def _go(self, run: Run) -> None:
        try:
            self._cluster.apply(run.workload)
            endpoint = self._until_ready(run)
            self._set(run, phase=TrialPhase.ASKING, waiting=None)
            if run.stop.is_set():
                raise _Over(Message("TRIAL_STOPPED"))
            package = run.server.package
            answer = ask(Door(endpoint), package, run.question, timeout_s=ANSWER_S)
            if run.stop.is_set():
                raise _Over(Message("TRIAL_STOPPED"))
            self._tear_down(run, answer=answer)
        except _Over as over:
            self._tear_down(run, reason=over.reason, exit_code=over.exit_code)
        except ProductError as error:
            self._tear_down(run, reason=error.message)
        except Exception:
            _log.exception("a trial broke off")
            self._tear_down(run, reason=Message("UNEXPECTED"))

    def _until_ready(self, run: Run) -> str:
        """Return where the server answers. Raises :class:`_Over` when it never will."""
        placed: float | None = None
        begun = time.monotonic()
        limit = run.server.package.launch.ready_timeout_s
        while not run.stop.wait(LOOK_S):
            seen = self._cluster.observe(run.name)
            now = time.monotonic()
            if seen.phase in (Phase.FAILED, Phase.DONE, Phase.GONE):
                raise _Over(*_why(seen))
            if seen.phase is Phase.WAITING:
                self._set(run, phase=TrialPhase.WAITING, waiting=seen.reason)
                if now - begun > WAIT_S:
                    raise _Over(Message("TRIAL_NO_ROOM"))
                self._cluster.apply(run.workload)  # it is placed by being applied again
                continue
            placed = placed or now
            if seen.endpoints:
                self._set(run, ready_s=now - placed)
                return seen.endpoints[0]
            waiting = seen.reason or next((one.reason for one in seen.replicas if one.reason), None)
            self._set(run, phase=TrialPhase.STARTING, waiting=waiting, log=self._tail(run))
            if now - placed > limit:
                raise _Over(Message("TRIAL_NOT_READY", {"seconds": int(limit)}))
        raise _Over(Message("TRIAL_STOPPED"))

    def _tear_down(
        self,
        run: Run,
        *,
        answer: Answer | None = None,
        reason: Message | None = None,
        exit_code: int | None = None,
    ) -> None:
        self._set(
            run,
            phase=TrialPhase.STOPPING,
            waiting=None,
            answer=answer,
            reason=reason,
            exit_code=exit_code,
            log=self._tail(run) or run.trial.log,
        )
        while not self._gone(run):
            time.sleep(LOOK_S)
        phase = TrialPhase.DONE if answer is not None else TrialPhase.FAILED
        run.question = replace(run.question, json="")
        self._set(run, phase=phase, ended_at=time.time())

    def _gone(self, run: Run) -> bool:
        try:
            self._cluster.remove(run.name, GRACE_S)
            return self._cluster.observe(run.name).phase is Phase.GONE
        except ClusterError as error:
            _log.warning("a trial's server could not be removed yet: %s", error)
            return self._closing.wait(LOOK_S)

    def _tail(self, run: Run) -> str:
        try:
            tails = self._cluster.logs(run.name, LOG_LINES)
        except ClusterError:
            return ""
        text = "\n".join(tail.text for tail in tails)[-LOG_CHARACTERS:]
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")

    def _set(self, run: Run, **values: object) -> None:
        with self._lock:
            changed = replace(run.trial, **values)  # type: ignore[arg-type]
            if changed == run.trial:
                return
            run.trial = changed
        self._changes.publish(frozenset({f"package:{run.trial.package_id}"}))

    def _sweep(self) -> None:
        while not self._closing.wait(LOOK_S):
            with self._lock:
                own = {run.name for run in self._runs.values()}
            try:
                left = {name for name in self._cluster.names() if name.startswith("trial-")} - own
                for name in left:
                    self._cluster.remove(name, GRACE_S)
            except ClusterError as error:
                _log.warning("what old trials left could not be swept: %s", error)
            else:
                if not left:
                    return


def _why(seen: Observation) -> tuple[Message, int | None]:
    """Return why a server ended, and its exit code."""
    replica = next((one for one in seen.replicas if one.exit_code is not None), None)
    told = next((one.reason for one in seen.replicas if one.reason), None)
    code = replica.exit_code if replica else seen.exit_code
    return seen.reason or told or Message("TRIAL_SERVER_GONE"), code
