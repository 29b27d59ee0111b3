"""The program around a run: arguments, exit codes, the log. Imports what costs time only when it
runs, so that a mistake in the arguments is told at once."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

import inference_ui
from inference_ui.backend.errors import CannotGoOn, CannotStart, ProductError
from inference_ui.backend.records import BatchJob, Outcome, Progress, Summary

if TYPE_CHECKING:
    from inference_ui.backend.batch.endpoints import Discovery
    from inference_ui.backend.batch.nursery import Nursery
    from inference_ui.backend.batch.plan import Plan
    from inference_ui.backend.batch.workspace import Folders

Say = Callable[[str], None]
Show = Callable[[Progress], None]

DONE = 0
"""Every input that should have one has its line, or the limit of failures was passed."""
CANNOT_RUN = 2
"""Nothing could be done, or not go on; a line on stderr says why."""
INTERRUPTED = 75
"""Stopped by a signal; running it again goes on (``EX_TEMPFAIL`` of sysexits.h)."""

_RECURSION = 10_000

_AGAIN = frozenset(("NO_PROCESS", "WALK_KILLED", "WORKERS_KILLED"))
"""What somebody else did to this program while it ran, so that running it again may help."""

_SENTENCES = {
    "BAD_JOB": "the job is not valid: {reason}",
    "JOB_UNREADABLE": "the job {path} cannot be read: {reason}",
    "DATASET_UNREADABLE": "the dataset {path} cannot be read: {reason}",
    "DATASET_IN_RESULTS": "the dataset {path} is where the results would be written",
    "OUTPUT_NOT_WRITABLE": "the output {path} cannot be written to: {reason}",
    "OUTPUT_FAILED": "the output {path} can no longer be written to: {reason}; what is written is"
    " whole, and running it again goes on from there",
    "NO_POD": "endpoints of a Service can be looked for in a pod of Kubernetes alone: {reason}",
    "LOCKED": "another batch client is writing into {path}",
    "NO_PROCESS": "no process could be started: {reason}",
    "WALK_KILLED": "its process that lists the dataset was killed",
    "WORKERS_KILLED": "its processes were killed {count} times; there may be too little memory",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m inference_ui.backend.batch``."""
    parser.add_argument("--job", type=Path, required=True, help="the job, a JSON file")
    servers = parser.add_mutually_exclusive_group()
    servers.add_argument(
        "--endpoints",
        type=Path,
        metavar="FOLDER",
        help="each *.url file in it holds the base URL of a server; may change while it runs",
    )
    servers.add_argument(
        "--endpoint-slices",
        metavar="SERVICE",
        help="in a pod of Kubernetes: the servers are the ready endpoints of this Service",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job that the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m inference_ui.backend.batch",
        description="Send every input of a dataset to an inference server.",
    )
    add_arguments(parser)
    given = parser.parse_args(arguments)
    # The first process of a container gets no signal that it has not asked for.
    signal.signal(signal.SIGTERM, _leave)
    use_any_language()
    try:
        summary = run(read_job(given.job), _discovery_of(given), say, _show_nobody)
    except (CannotStart, CannotGoOn) as error:
        return refuse(error)
    return INTERRUPTED if must_run_again(summary) else DONE


def _leave(number: int, frame: object) -> NoReturn:
    """End before anything has begun; a run takes the signals over."""
    sys.exit(INTERRUPTED)


def _discovery_of(given: argparse.Namespace) -> Discovery | None:
    if given.endpoints is not None:
        from inference_ui.backend.batch.endpoints import Folder

        return Folder(given.endpoints)
    if given.endpoint_slices is not None:
        from inference_ui.backend.batch.pod import Pod
        from inference_ui.backend.batch.slice_watch import SliceWatch

        return SliceWatch(given.endpoint_slices, Pod.this(), say)
    return None


def must_run_again(summary: Summary) -> bool:
    """Tell whether the run ended before its time, by a signal or since somebody else took lines
    away."""
    interrupted = summary.outcome is Outcome.INTERRUPTED
    return interrupted or (summary.outcome is Outcome.COMPLETE and not summary.complete)


def use_any_language() -> None:
    """Let the log name files in any language, whatever that of the terminal is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def read_job(path: Path) -> BatchJob:
    """Read a job. Raises ``CannotStart`` with JOB_UNREADABLE."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=BatchJob)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CannotStart("JOB_UNREADABLE", path=str(path), reason=str(error)) from error


def run(job: BatchJob, discovery: Discovery | None, say: Say, show: Show) -> Summary:
    """Run a job to its end from this process, which must have no threads yet and whose main thread
    this must be.

    ``discovery`` finds the servers, None for those that the job names. ``say`` gets
    the lines of the log, ``show`` every progress. SIGTERM and SIGINT end the run in good order.
    Raises ``CannotStart`` and ``CannotGoOn``.
    """
    import uvloop

    from inference_ui.backend.batch.listing import run_walker
    from inference_ui.backend.batch.nursery import Nursery
    from inference_ui.backend.batch.plan import plan_of
    from inference_ui.backend.batch.selection import Selection
    from inference_ui.backend.batch.worker import run_worker
    from inference_ui.backend.batch.workspace import take_folders

    # Deeply nested JSON is checked by recursion; its limit must not be that of Python code.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
    _allow_many_files()
    plan = plan_of(job, finds_endpoints=discovery is not None)
    folders = take_folders(job)
    try:
        nursery = Nursery(
            partial(
                run_walker,
                folders.dataset,
                folders.output,
                job.input_kind,
                Selection(job.limit, Path(job.since) if job.since else None, folders.source_root),
            ),
            partial(run_worker, plan, folders.source_root, folders.attempt),
        )
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_run(plan, folders, nursery, discovery, say, show))
        finally:
            nursery.close()
    finally:
        os.close(folders.lock)


async def _run(
    plan: Plan,
    folders: Folders,
    nursery: Nursery,
    discovery: Discovery | None,
    say: Say,
    show: Show,
) -> Summary:
    from inference_ui.backend.batch.client import Client
    from inference_ui.backend.batch.listing import Listing
    from inference_ui.backend.batch.signals import StopSignals
    from inference_ui.backend.batch.workspace import open_workspace

    job = plan.job
    stop = StopSignals()
    say(f"batch client {inference_ui.__version__}: {job.dataset} to {job.output}")
    listing = Listing(_walker_of(nursery))  # meanwhile the journal is read
    try:
        workspace = await asyncio.to_thread(open_workspace, job, folders)
        done = workspace.ledger.succeeded.count + workspace.ledger.failed.count
        if workspace.retried:
            say(f"{workspace.retried} failed inputs are tried again")
        if done:
            say(f"{done} inputs have a line already")
        client = Client(plan, workspace, nursery, listing, discovery, say, show)
        try:
            summary = await client.run(stop)
        finally:
            workspace.journal.close()
    finally:
        await asyncio.to_thread(listing.close)
    say(ending(summary, did_something=summary.lines != done or workspace.retried > 0))
    return summary


def _allow_many_files() -> None:
    """Have as many files and connections open as the system lets this user."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _walker_of(nursery: Nursery) -> socket.socket:
    try:
        return nursery.walker()
    except OSError as error:
        raise CannotStart("NO_PROCESS", reason=error.strerror or str(error)) from error


def ending(summary: Summary, *, did_something: bool) -> str:
    """Return the last line of a run's log."""
    seconds = summary.ended_at - summary.started_at
    counts = (
        f"{summary.succeeded} of {summary.found} succeeded, {summary.failed} failed,"
        f" {summary.skipped} without a line"
    )
    if did_something:
        text = f"{summary.outcome.lower()} after {seconds:.1f} s: {counts}"
    else:
        text = f"{summary.outcome.lower()}, nothing to do: {counts}"
    notes = {
        "lines of inputs that are gone": summary.removed,
        "inputs that changed since": summary.changed,
        "links out of the dataset not followed": summary.unfollowed_links,
    }
    bound = f"held back by the {summary.bound_by.lower()}" if summary.bound_by else ""
    told = [f"{count} {what}" for what, count in notes.items() if count]
    return "; ".join((text, *([bound] if bound and did_something else []), *told))


def say(text: str) -> None:
    """Write a line of the log. A log that nobody can take any more is no reason to stop."""
    try:
        sys.stdout.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {text}\n")
        sys.stdout.flush()
    except OSError:
        return


def _show_nobody(progress: Progress) -> None:
    """The progress file is enough where nobody looks at a terminal."""


def refuse(error: ProductError) -> int:
    """Say on stderr why it could not run; return the exit code."""
    sentence = _SENTENCES[error.code].format(**error.message.args)
    sys.stderr.write(f"error: {sentence}\n")
    again = isinstance(error, CannotGoOn) and error.code in _AGAIN
    return INTERRUPTED if again else CANNOT_RUN
