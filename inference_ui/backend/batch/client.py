"""One run of the batch client, put together from its parts: starts the walk and the workers, keeps
the progress file and the log, ends on a signal or a limit, and accounts for everything."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from inference_ui.backend.batch.account import (
    Account,
    account_for,
    drop_doubled,
    errors_of,
)
from inference_ui.backend.batch.bounds import Bounds
from inference_ui.backend.batch.endpoints import Discovery, pause
from inference_ui.backend.batch.feed import Feed
from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.batch.listing import Listing
from inference_ui.backend.batch.messages import Done
from inference_ui.backend.batch.nursery import Nursery
from inference_ui.backend.batch.passing import Pass
from inference_ui.backend.batch.plan import Plan
from inference_ui.backend.batch.room import room_for
from inference_ui.backend.batch.signals import StopSignals
from inference_ui.backend.batch.summing import summary_of
from inference_ui.backend.batch.tally import History, Tally
from inference_ui.backend.batch.workspace import Workspace
from inference_ui.backend.batch.writer import Writer
from inference_ui.backend.errors import CannotGoOn
from inference_ui.backend.records import (
    PROGRESS,
    SUMMARY,
    Outcome,
    Progress,
    Room,
    Sample,
    Summary,
    WalkState,
    read_record,
    write_record,
)

PROGRESS_S = 0.5
LOG_S = 10.0
_PASSES = 3
"""Rounds over the dataset: a line that somebody else destroyed meanwhile is made again."""

Say = Callable[[str], None]
Show = Callable[[Progress], None]


class Client:
    """A run over an opened workspace. ``discovery`` finds the servers, None for those that
    the job names; ``say`` gets the log's lines, ``show`` every progress. Use it once."""

    def __init__(
        self,
        plan: Plan,
        workspace: Workspace,
        nursery: Nursery,
        listing: Listing,
        discovery: Discovery | None,
        say: Say,
        show: Show,
    ) -> None:
        self._plan = plan
        self._workspace = workspace
        self._nursery = nursery
        self._discovery = discovery
        self._say = say
        self._show = show
        self._started_at = time.time()
        self._lines_before = workspace.journal.lines
        self._listing = listing
        self._tally = Tally(
            workspace.ledger.errors,
            workspace.ledger.succeeded.count,
            workspace.ledger.failed.count,
            source_root=workspace.source_root,
        )
        self._history = History(_earlier_samples(workspace))
        self._bounds = Bounds()
        self._pass: Pass | None = None
        self._room: Room | None = None
        self._progress_fault = ""
        self._outcome = Outcome.COMPLETE
        self._put_back = 0
        # What failed before and is not tried again must not end a retry of the others.
        self._failed_before = workspace.ledger.failed.count if plan.job.retry_causes else 0

    async def run(self, stop: StopSignals) -> Summary:
        """Do everything; the summary is written when this returns. Raises ``CannotGoOn`` when the
        output can no longer be written to."""
        self._write_progress(self._progress(WalkState.STARTING))
        threads = ThreadPoolExecutor(1, "write")
        ended = asyncio.Event()
        reporting = asyncio.create_task(self._report(ended))
        stop.listen(self._interrupt)
        try:
            ledger = self._workspace.ledger
            for _ in range(_PASSES):
                await self._run_pass(ledger, threads)
                account, ledger = await asyncio.to_thread(self._settle)
                if not account.skipped or self._outcome is not Outcome.COMPLETE:
                    break
                self._say(f"{account.skipped} inputs have no line: they are done again")
            ended.set()
            await reporting
            return await asyncio.to_thread(self._conclude, account, ledger)
        finally:
            ended.set()  # not cancelled: what it writes at this moment must be whole
            await asyncio.gather(reporting, return_exceptions=True)
            # Whatever a thread still writes must be written before the lock is let go.
            await asyncio.to_thread(threads.shutdown)

    async def _run_pass(self, ledger: Ledger, threads: ThreadPoolExecutor) -> None:
        workspace, job = self._workspace, self._plan.job
        self._pass = Pass(
            self._plan,
            self._nursery,
            Feed(self._listing, ledger),
            Writer(workspace.output, workspace.journal, sync=job.sync),
            threads,
            self._discovery,
            recorded=self._recorded,
            say=self._say,
        )
        if self._outcome is not Outcome.COMPLETE:  # a signal came before it began
            self._pass.stop(job.grace_s)
        await self._pass.run()

    def _recorded(self, batch: Sequence[Done]) -> None:
        self._tally.record(batch)
        self._check_limit()

    def _check_limit(self) -> None:
        listing, running = self._listing, self._pass
        if (
            running is not None
            and not running.stopping
            and self._plan.limit.is_passed(
                self._tally.failed - self._failed_before, listing.paths.count, listing.complete
            )
        ):
            self._outcome = Outcome.THRESHOLD
            self._say(f"too many inputs failed ({self._tally.failed}): the run ends here")
            running.stop(self._plan.job.grace_s)

    def _interrupt(self, number: signal.Signals) -> None:
        running = self._pass
        again = running is not None and running.stopping
        if self._outcome is Outcome.COMPLETE:
            self._outcome = Outcome.INTERRUPTED
            self._listing.stop()
        in_flight = running.team.in_flight if running is not None else 0
        self._say(f"{number.name}: nothing new is sent, {in_flight} requests may finish")
        if running is not None:
            running.stop(0.0 if again else self._plan.job.grace_s)

    async def _report(self, ended: asyncio.Event) -> None:
        """Keep the progress file, and say how it goes now and then."""
        say_at = time.monotonic() + LOG_S
        was = WalkState.STARTING
        while not ended.is_set():
            running = self._pass
            if running is not None:
                self._check_limit()
                self._look(running)
                progress = self._progress(running.state, running)
                await asyncio.to_thread(self._write_progress, progress)
                if progress.state is WalkState.WAITING_FOR_SERVER and was is not progress.state:
                    self._say(f"waiting for a server: {progress.waiting_for}")
                elif time.monotonic() >= say_at:
                    say_at = time.monotonic() + LOG_S
                    self._say(line_of(progress))
                was = progress.state
            await pause(PROGRESS_S, ended)

    def _look(self, running: Pass) -> None:
        """Take note of what holds the run back, and whether the results will fit."""
        if not running.stopping:
            self._bounds.look(
                [member.state for member in running.team.members],
                waits_for_disk=running.waits_for_disk,
                has_work=any(member.outstanding for member in running.team.members),
            )
        tally, listing = self._tally, self._listing
        remaining = max(listing.paths.count - tally.succeeded - tally.failed, 0)
        room = room_for(remaining, tally.results, tally.result_bytes, self._workspace.output)
        lacks = room if room is not None and not room.suffices else None
        if lacks is not None and self._room is None:
            self._say(_warning(lacks))
        self._room = lacks

    def _progress(self, state: WalkState, running: Pass | None = None) -> Progress:
        return self._tally.progress(
            attempt=self._workspace.attempt,
            state=state,
            found=self._listing.paths.count,
            walked=self._listing.complete,
            in_flight=running.team.in_flight if running else 0,
            processes=len(running.team.members) if running else 0,
            waiting_for=running.waiting_for if running else "",
            room=self._room,
            bounds=self._bounds.shares if state is WalkState.ENDED else self._bounds.recent,
            history=self._history,
        )

    def _write_progress(self, progress: Progress) -> None:
        """Replace the progress file. Failing is told, not fatal: it is the journal that counts."""
        self._show(progress)
        fault = ""
        try:
            write_record(self._workspace.output / PROGRESS, progress)
        except OSError as error:
            fault = error.strerror or str(error)
        if fault and fault != self._progress_fault:
            self._say(f"the progress file cannot be written: {fault}")
        self._progress_fault = fault

    def _settle(self) -> tuple[Account, Ledger]:
        """Make the journal final, one line for each input, those set aside back in place; account
        for every input from what is on disk."""
        self._listing.wait()
        try:
            return self._settled()
        except OSError as error:
            raise self._broken(error) from error

    def _settled(self) -> tuple[Account, Ledger]:
        journal, root = self._workspace.journal, self._workspace.source_root
        ledger = Ledger.recovered(journal, root)
        self._put_back = journal.put_back(ledger.has_source)
        if self._put_back:
            ledger = Ledger.read(journal, root)
        account = account_for(self._listing.paths, ledger)
        if account.doubled:
            drop_doubled(journal, ledger, account.doubled)
            ledger = Ledger.read(journal, root)
            account = account_for(self._listing.paths, ledger)
        if ledger.errors.total != account.failed:
            ledger.errors = errors_of(self._listing.paths, ledger, journal)
        return account, ledger

    def _conclude(self, account: Account, ledger: Ledger) -> Summary:
        """Write the summary and the last progress."""
        walked = self._listing.complete
        outcome = self._outcome
        if self._plan.limit.is_passed(account.failed, account.found, walked):
            outcome = Outcome.THRESHOLD
        elif walked and not account.skipped and not self._put_back:
            outcome = Outcome.COMPLETE  # also when a signal came after the last request was sent
        try:
            summary = summary_of(
                self._workspace,
                account,
                ledger,
                self._tally,
                self._bounds,
                outcome=outcome,
                started_at=self._started_at,
                lines_before=self._lines_before,
                unfollowed_links=self._listing.unfollowed_links,
            )
            write_record(self._workspace.output / SUMMARY, summary)
        except OSError as error:
            raise self._broken(error) from error
        self._tally.succeeded, self._tally.failed = account.succeeded, account.failed
        self._tally.errors = ledger.errors
        self._room = None
        self._write_progress(self._progress(WalkState.ENDED))
        return summary

    def _broken(self, error: OSError) -> CannotGoOn:
        path, reason = str(self._workspace.output), error.strerror or str(error)
        return CannotGoOn("OUTPUT_FAILED", path=path, reason=reason)


def line_of(progress: Progress) -> str:
    """Return a line for the log."""
    done = progress.succeeded + progress.failed
    found = f"{progress.found}" if progress.walked else f"{progress.found} or more"
    text = f"{done} of {found} done, {progress.failed} failed, {progress.rate:.1f}/s"
    if progress.state is WalkState.WAITING_FOR_SERVER:
        return f"{text}, waiting for a server: {progress.waiting_for}"
    left = f", {progress.left_s:.0f} s left" if progress.left_s is not None else ""
    return f"{text}, {progress.in_flight} in flight{left}"


def _warning(room: Room) -> str:
    if room.needed_bytes > room.free_bytes:
        needed, free = room.needed_bytes / 1e9, room.free_bytes / 1e9
        return (
            f"warning: the results will not fit: about {needed:.1f} GB to come, {free:.1f} GB free"
        )
    return (
        f"warning: the results will not fit: about {room.needed_inodes} files to come,"
        f" room for {room.free_inodes}"
    )


def _earlier_samples(workspace: Workspace) -> tuple[Sample, ...]:
    """Return the chart's points of a run of the same attempt that ended before its time."""
    earlier = read_record(workspace.output / PROGRESS, Progress)
    if earlier is None or earlier.attempt != workspace.attempt:
        return ()
    return earlier.history
