"""The program around a run: arguments, exit codes, the log. Imports what costs time only when it
runs, so that a mistake in the arguments is told at once."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

import inference_ui
from inference_ui.backend.errors import CannotGoOn, CannotStart, ProductError
from inference_ui.backend.records import BatchJob, Outcome, Summary

DONE = 0
"""Every input that should have one has its line, or the limit of failures was passed."""
CANNOT_RUN = 2
"""Nothing could be done, or not go on; a line on stderr says why."""
INTERRUPTED = 75
"""Stopped by a signal; running it again goes on (``EX_TEMPFAIL`` of sysexits.h)."""

_RECURSION = 10_000

_SENTENCES = {
    "BAD_JOB": "the job is not valid: {reason}",
    "JOB_UNREADABLE": "the job {path} cannot be read: {reason}",
    "DATASET_UNREADABLE": "the dataset {path} cannot be read: {reason}",
    "DATASET_IN_RESULTS": "the dataset {path} is where the results would be written",
    "OUTPUT_NOT_WRITABLE": "the output {path} cannot be written to: {reason}",
    "OUTPUT_FAILED": "the output {path} can no longer be written to: {reason}; what is written is"
    " whole, and running it again goes on from there",
    "LOCKED": "another batch client is writing into {path}",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m inference_ui.backend.batch``."""
    parser.add_argument("--job", type=Path, required=True, help="the job, a JSON file")
    parser.add_argument(
        "--endpoints",
        type=Path,
        metavar="FOLDER",
        help="each *.url file in it holds the base URL of a server; may change while it runs",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job that the arguments name; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m inference_ui.backend.batch",
        description="Send every input of a dataset to an inference server.",
    )
    add_arguments(parser)
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names are in any language, locales are not
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        job = read_job(given.job)
    except CannotStart as error:
        return _refuse(error)
    return run(job, given.endpoints)


def read_job(path: Path) -> BatchJob:
    """Read a job. Raises ``CannotStart`` with JOB_UNREADABLE."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=BatchJob)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CannotStart("JOB_UNREADABLE", path=str(path), reason=str(error)) from error


def run(job: BatchJob, endpoints_folder: Path | None = None) -> int:
    """Run a job to its end in this process, whose main thread this must be; return the exit code.

    SIGTERM and SIGINT end it in good order. Lines of a log go to stdout; when it cannot run, one
    line to stderr says why.
    """
    import uvloop

    # Deeply nested JSON is checked by recursion; its limit must not be that of Python code.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            summary = runner.run(_run(job, endpoints_folder))
    except (CannotStart, CannotGoOn) as error:
        return _refuse(error)
    return INTERRUPTED if summary.outcome is Outcome.INTERRUPTED else DONE


async def _run(job: BatchJob, endpoints_folder: Path | None) -> Summary:
    from inference_ui.backend.batch.client import Client
    from inference_ui.backend.batch.plan import plan_of
    from inference_ui.backend.batch.signals import StopSignals
    from inference_ui.backend.batch.workspace import open_workspace

    plan = plan_of(job, finds_endpoints=endpoints_folder is not None)
    stop = StopSignals()
    say(f"batch client {inference_ui.__version__}: {job.dataset} to {job.output}")
    workspace = await asyncio.to_thread(open_workspace, job)
    try:
        done = workspace.ledger.succeeded.count + workspace.ledger.failed.count
        if workspace.retried:
            say(f"{workspace.retried} failed inputs are tried again")
        if done:
            say(f"{done} inputs have a line already")
        summary = await Client(plan, workspace, endpoints_folder, say).run(stop)
    finally:
        workspace.close()
    say(_ending(summary))
    return summary


def _ending(summary: Summary) -> str:
    seconds = summary.ended_at - summary.started_at
    text = (
        f"{summary.outcome.lower()} after {seconds:.1f} s: {summary.succeeded} of {summary.found}"
        f" succeeded, {summary.failed} failed, {summary.skipped} without a line"
    )
    notes = {
        "lines of inputs that are gone": summary.removed,
        "inputs that changed since": summary.changed,
        "links out of the dataset not followed": summary.unfollowed_links,
    }
    return "; ".join((text, *(f"{count} {what}" for what, count in notes.items() if count)))


def say(text: str) -> None:
    """Write a line of the log. A log that nobody can take any more is no reason to stop."""
    try:
        sys.stdout.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {text}\n")
        sys.stdout.flush()
    except OSError:
        return


def _refuse(error: ProductError) -> int:
    sentence = _SENTENCES[error.code].format(**error.message.args)
    sys.stderr.write(f"error: {sentence}\n")
    return CANNOT_RUN
