"""One run of the batch client, put together from its parts: opens the folders, starts the walk,
keeps the progress file and the log, ends on a signal or a limit, and accounts for everything."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import inference_ui
from inference_ui.backend.batch.account import Account, account_for, details_of, drop_doubled
from inference_ui.backend.batch.balance import Balancer
from inference_ui.backend.batch.endpoints import pause, watch_folder
from inference_ui.backend.batch.feed import Feed, Listing
from inference_ui.backend.batch.flow import Flow
from inference_ui.backend.batch.items import Finished
from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.batch.plan import Plan
from inference_ui.backend.batch.reading import Reader
from inference_ui.backend.batch.recorder import Recorder
from inference_ui.backend.batch.sender import Sender
from inference_ui.backend.batch.signals import StopSignals
from inference_ui.backend.batch.tally import History, Tally
from inference_ui.backend.batch.transport import AiohttpTransport
from inference_ui.backend.batch.walk import Walk
from inference_ui.backend.batch.work import Work
from inference_ui.backend.batch.workspace import Workspace
from inference_ui.backend.batch.writer import Writer
from inference_ui.backend.errors import CannotGoOn
from inference_ui.backend.records import (
    PROGRESS,
    SUMMARY,
    Outcome,
    Progress,
    Sample,
    Summary,
    WalkState,
    read_record,
    write_record,
)

PROGRESS_S = 0.5
LOG_S = 10.0

Say = Callable[[str], None]


class Client:
    """A run over an opened workspace. ``endpoints`` is the folder to find servers in, None for
    those that the job names; ``say`` gets the log's lines. Use it once."""

    def __init__(self, plan: Plan, workspace: Workspace, endpoints: Path | None, say: Say) -> None:
        self._plan = plan
        self._workspace = workspace
        self._endpoints = endpoints
        self._say = say
        self._started_at = time.time()
        self._lines_before = workspace.journal.lines
        self._listing = Listing(Walk(workspace.dataset, workspace.output, plan.job.input_kind))
        self._tally = Tally(
            workspace.ledger.errors,
            workspace.ledger.succeeded.count,
            workspace.ledger.failed.count,
            source_root=workspace.source_root,
        )
        self._history = History(_earlier_samples(workspace))
        self._progress_fault = ""
        self._outcome = Outcome.COMPLETE
        self._put_back = 0

    async def run(self, stop: StopSignals) -> Summary:
        """Do everything; the summary is written when this returns. Raises ``CannotGoOn`` when the
        output can no longer be written to."""
        self._listing.start()
        self._write_progress(self._progress(WalkState.STARTING))
        readers = ThreadPoolExecutor(1, "read")
        writers = ThreadPoolExecutor(1, "write")
        transport = AiohttpTransport(
            dict(self._plan.job.headers),
            timeout_s=self._plan.job.timeout_s,
            connect_timeout_s=self._plan.job.connect_timeout_s,
        )
        try:
            await self._run_with(transport, readers, writers, stop)
            return await asyncio.to_thread(self._conclude)
        finally:
            self._listing.stop()
            await transport.close()
            # Whatever a thread still writes must be written before the lock is let go.
            await asyncio.to_thread(_shut_down, readers, writers)

    async def _run_with(
        self,
        transport: AiohttpTransport,
        readers: ThreadPoolExecutor,
        writers: ThreadPoolExecutor,
        stop: StopSignals,
    ) -> None:
        plan, workspace, work = self._plan, self._workspace, Work()

        def changed() -> None:
            flow.pump()

        balancer = Balancer(
            plan.protocol,
            transport,
            max_in_flight=plan.job.max_in_flight,
            probe_timeout_s=plan.job.connect_timeout_s,
            changed=changed,
            say=self._say,
        )
        writer = Writer(
            workspace.output, workspace.journal, workspace.source_root, workspace.attempt
        )
        recorder = Recorder(writer, writers, lambda batch: self._recorded(batch, flow))
        sender = Sender(
            plan.protocol,
            transport,
            balancer,
            work,
            retries=plan.job.retries,
            timeout_s=plan.job.timeout_s,
            finish=recorder.add,
        )
        reader = Reader(workspace.dataset, workspace.output, plan.job.input_kind, plan.protocol)
        feed = Feed(self._listing, workspace.ledger, reader)
        flow = Flow(feed, work, balancer, recorder, sender.send, readers)
        stop.listen(lambda number: self._interrupt(flow, number))
        await self._attend(flow, balancer)

    async def _attend(self, flow: Flow, balancer: Balancer) -> None:
        """Run the flow with everything that goes on beside it."""
        ended = asyncio.Event()
        beside = [asyncio.create_task(self._report(flow, balancer, ended))]
        if self._endpoints is None:
            balancer.set_urls(self._plan.job.endpoints)
        else:
            beside.append(
                asyncio.create_task(watch_folder(self._endpoints, balancer.set_urls, ended))
            )
        for task in beside:
            flow.depend_on(task)
        try:
            await flow.run()
        finally:
            ended.set()  # not cancelled: what one of them writes at this moment must be whole
            await asyncio.gather(*beside, return_exceptions=True)
            await balancer.close()

    def _recorded(self, batch: Sequence[Finished], flow: Flow) -> None:
        self._tally.record(batch)
        self._check_limit(flow)
        flow.pump()

    def _check_limit(self, flow: Flow) -> None:
        listing = self._listing
        if not flow.stopping and self._plan.limit.is_passed(
            self._tally.failed, listing.paths.count, listing.complete
        ):
            self._outcome = Outcome.THRESHOLD
            self._say(f"too many inputs failed ({self._tally.failed}): the run ends here")
            flow.stop(self._plan.job.grace_s)

    def _interrupt(self, flow: Flow, number: signal.Signals) -> None:
        again = flow.stopping
        if self._outcome is Outcome.COMPLETE:
            self._outcome = Outcome.INTERRUPTED
            self._listing.stop()
        grace_s = 0.0 if again else self._plan.job.grace_s
        self._say(f"{number.name}: nothing new is sent, {flow.in_flight} requests may finish")
        flow.stop(grace_s)

    async def _report(self, flow: Flow, balancer: Balancer, ended: asyncio.Event) -> None:
        """Keep the progress file, and say how it goes now and then."""
        say_at = time.monotonic() + LOG_S
        was = WalkState.STARTING
        while not ended.is_set():
            self._check_limit(flow)
            progress = self._progress(_state(flow), flow.in_flight)
            await asyncio.to_thread(self._write_progress, progress)
            if progress.state is WalkState.WAITING_FOR_SERVER and was is not progress.state:
                self._say(f"waiting for a server: {balancer.waiting_for}")
            elif time.monotonic() >= say_at:
                say_at = time.monotonic() + LOG_S
                self._say(_line(progress, balancer))
            was = progress.state
            await pause(PROGRESS_S, ended)

    def _progress(self, state: WalkState, in_flight: int = 0) -> Progress:
        return self._tally.progress(
            attempt=self._workspace.attempt,
            state=state,
            found=self._listing.paths.count,
            walked=self._listing.complete,
            in_flight=in_flight,
            history=self._history,
        )

    def _write_progress(self, progress: Progress) -> None:
        """Replace the progress file. Failing is told, not fatal: it is the journal that counts."""
        fault = ""
        try:
            write_record(self._workspace.output / PROGRESS, progress)
        except OSError as error:
            fault = error.strerror or str(error)
        if fault and fault != self._progress_fault:
            self._say(f"the progress file cannot be written: {fault}")
        self._progress_fault = fault

    def _conclude(self) -> Summary:
        """Account for every input from what is on disk, and write it down."""
        self._listing.wait()
        try:
            account, ledger = self._settle()
            summary = self._summary(account, ledger)
            write_record(self._workspace.output / SUMMARY, summary)
        except OSError as error:
            path, reason = str(self._workspace.output), error.strerror or str(error)
            raise CannotGoOn("OUTPUT_FAILED", path=path, reason=reason) from error
        self._tally.succeeded, self._tally.failed = account.succeeded, account.failed
        self._write_progress(self._progress(WalkState.ENDED))
        return summary

    def _settle(self) -> tuple[Account, Ledger]:
        """Make the journal final: one line for each input, those set aside back in place."""
        journal, root = self._workspace.journal, self._workspace.source_root
        ledger = Ledger.read(journal, root)
        self._put_back = journal.put_back(ledger.has_source)
        if self._put_back:
            ledger = Ledger.read(journal, root)
        account = account_for(self._listing.paths, ledger)
        if account.doubled:
            drop_doubled(journal, ledger, account.doubled)
            ledger = Ledger.read(journal, root)
            account = account_for(self._listing.paths, ledger)
        return account, ledger

    def _summary(self, account: Account, ledger: Ledger) -> Summary:
        walked = self._listing.complete
        outcome = self._outcome
        if self._plan.limit.is_passed(account.failed, account.found, walked):
            outcome = Outcome.THRESHOLD
        elif walked and not account.skipped and not self._put_back:
            outcome = Outcome.COMPLETE  # also when a signal came after the last request was sent
        details = details_of(
            self._workspace.journal,
            ledger,
            self._workspace.dataset,
            self._lines_before,
            check_changes=outcome is not Outcome.INTERRUPTED,
        )
        ended_at = time.time()
        seconds = max(ended_at - self._started_at, 1e-6)
        return Summary(
            outcome=outcome,
            attempt=self._workspace.attempt,
            found=account.found,
            succeeded=account.succeeded,
            failed=account.failed,
            skipped=account.skipped,
            started_at=self._started_at,
            ended_at=ended_at,
            rate=round(self._tally.recorded / seconds, 3),
            removed=account.removed,
            changed=details.changed,
            unfollowed_links=self._listing.walk.unfollowed_links,
            p50_ms=details.p50_ms,
            p95_ms=details.p95_ms,
            p99_ms=details.p99_ms,
            errors=ledger.errors.groups(),
            client_version=inference_ui.__version__,
        )


def _state(flow: Flow) -> WalkState:
    if flow.stopping:
        return WalkState.STOPPING
    return WalkState.WAITING_FOR_SERVER if flow.is_waiting else WalkState.RUNNING


def _line(progress: Progress, balancer: Balancer) -> str:
    done = progress.succeeded + progress.failed
    found = f"{progress.found}" if progress.walked else f"{progress.found} or more"
    text = f"{done} of {found} done, {progress.failed} failed, {progress.rate:.1f}/s"
    if progress.state is WalkState.WAITING_FOR_SERVER:
        return f"{text}, waiting for a server: {balancer.waiting_for}"
    left = f", {progress.left_s:.0f} s left" if progress.left_s is not None else ""
    return f"{text}, {progress.in_flight} in flight{left}"


def _earlier_samples(workspace: Workspace) -> tuple[Sample, ...]:
    """Return the chart's points of a run of the same attempt that ended before its time."""
    earlier = read_record(workspace.output / PROGRESS, Progress)
    if earlier is None or earlier.attempt != workspace.attempt:
        return ()
    return earlier.history


def _shut_down(*executors: ThreadPoolExecutor) -> None:
    for executor in executors:
        executor.shutdown(wait=True, cancel_futures=True)
