"""The batch client at the command line: a folder, a URL, and where the results go.

inference-ui infer DATASET --url URL --type seldon --output DIR --name NAME
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from inference_ui.backend.batch.bar import Bar
from inference_ui.backend.batch.command import (
    DONE,
    INTERRUPTED,
    Say,
    must_run_again,
    refuse,
    run,
    use_any_language,
)
from inference_ui.backend.errors import CannotGoOn, CannotStart
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.records import BatchJob, InputKind, Outcome, Summary

ITEMS_FAILED = 1
"""Too many inputs failed, or any with ``--fail-on-item-error``."""

_EPILOG = """\
exit code:
  0   every input was answered, failures included
  1   too many inputs failed (--max-failed), or any did (--fail-on-item-error)
  2   it could not run, or not go on; standard error says why
  75  it was interrupted; the same command goes on where it was
"""
_TYPES = {kind.lower().replace("_", "-"): kind for kind in ServiceType}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``infer``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("dataset", type=Path, metavar="DATASET", help="a folder with one request per .json file")
    add(
        "--url",
        dest="urls",
        action="append",
        required=True,
        help="the base URL of a server; give it again for each replica",
    )
    add("--type", dest="kind", required=True, type=_type, metavar="TYPE", help=", ".join(_TYPES))
    add("--output", type=Path, required=True, metavar="DIR", help="results go to DIR/NAME")
    add("--name", help="by default the name of the dataset's folder")
    _add_request_arguments(parser.add_argument_group("requests"))
    _add_speed_arguments(parser.add_argument_group("speed"))
    _add_failure_arguments(parser.add_argument_group("failures"))
    add(
        "--source-root",
        metavar="TEXT",
        help="what stands before the relative path in 'source'; by default the dataset's real path",
    )
    add("--json", action="store_true", help="print the summary as JSON; the log goes to stderr")


def _add_request_arguments(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--model", default="", help="the model's name in the URL, where the type has one")
    add("--images", action="store_true", help="inputs are pictures, wrapped as the type says")
    add("--prompt", default="", help="what an OpenAI-compatible server is told with a picture")
    add("--image-template", default="", help="JSON of a custom request; {image} is its base64")
    add("--predict-path", metavar="PATH", help="instead of the type's own")
    add("--readiness-path", metavar="PATH", help="instead of the type's own")
    add("--header", dest="headers", action="append", default=[], metavar="'NAME: VALUE'")
    add("--ca-file", metavar="FILE", help="certificates to trust besides the system's (PEM)")


def _add_speed_arguments(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--processes", type=int, metavar="N", help="by default as many as pay off")
    add("--min-in-flight", type=int, default=1, metavar="N", help="requests at each server")
    add("--max-in-flight", type=int, metavar="N", help="by default found while it runs")
    add(
        "--no-sync",
        dest="sync",
        action="store_false",
        help="do not wait for the disk: quicker, but a power cut may cost what was written last",
    )


def _add_failure_arguments(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--timeout", type=float, default=60.0, metavar="S", help="a whole request (60)")
    add("--connect-timeout", type=float, default=5.0, metavar="S", help="a connection (5)")
    add("--retries", type=int, default=3, metavar="N", help="of what can succeed later (3)")
    add("--grace", type=float, default=20.0, metavar="S", help="for requests at a stop (20)")
    add("--max-failed", metavar="N|N%", help="end early when more inputs failed")
    add("--retry-failed", action="store_true", help="do those again that failed in the last run")
    add(
        "--retry-cause",
        dest="retry_causes",
        action="append",
        default=[],
        metavar="KEY",
        help="of those only that failed so: a key of 'errors' in the summary, or HTTP_503 for all"
        " of a cause; give it again for more",
    )
    add("--fail-on-item-error", action="store_true", help="exit with 1 when an input failed")


def infer(given: argparse.Namespace) -> int:
    """Run what the arguments say; return the exit code."""
    use_any_language()
    try:
        job = job_of(given)
    except CannotStart as error:
        return refuse(error)
    bar = Bar(sys.stderr if given.json else sys.stdout)
    say: Say = bar.say
    try:
        summary = run(job, None, say, bar.show)
    except (CannotStart, CannotGoOn) as error:
        bar.end()
        return refuse(error)
    bar.end()
    if given.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
        sys.stdout.flush()
    return exit_code(summary, fail_on_item_error=given.fail_on_item_error)


def job_of(given: argparse.Namespace) -> BatchJob:
    """Return the job that the arguments describe. Raises ``CannotStart`` with BAD_JOB."""
    name = given.name or given.dataset.resolve().name
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise CannotStart("BAD_JOB", reason=f"not a name for a folder: {name!r}")
    dataset = os.path.realpath(given.dataset)
    root = given.source_root if given.source_root is not None else f"{dataset.rstrip('/')}/"
    return BatchJob(
        dataset=dataset,
        output=str(given.output.absolute() / name),
        service_type=given.kind,
        model_name=given.model,
        input_kind=InputKind.IMAGES if given.images else InputKind.JSON,
        prompt=given.prompt,
        image_template=given.image_template,
        source_root=root,
        predict_path=given.predict_path,
        readiness_path=given.readiness_path,
        headers=_headers(given.headers),
        endpoints=tuple(given.urls),
        retry_failed=given.retry_failed or bool(given.retry_causes),
        retry_causes=tuple(given.retry_causes),
        min_in_flight=given.min_in_flight,
        max_in_flight=given.max_in_flight,
        processes=given.processes,
        sync=given.sync,
        ca_file=given.ca_file,
        timeout_s=given.timeout,
        connect_timeout_s=given.connect_timeout,
        retries=given.retries,
        max_failed=given.max_failed,
        grace_s=given.grace,
    )


def exit_code(summary: Summary, *, fail_on_item_error: bool) -> int:
    """Return the exit code that tells how a run ended."""
    if must_run_again(summary):
        return INTERRUPTED
    if summary.outcome is Outcome.THRESHOLD or (fail_on_item_error and summary.failed):
        return ITEMS_FAILED
    return DONE


def main(arguments: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Parse arguments and run; return the exit code."""
    parser = argparse.ArgumentParser(
        prog=prog, description="Send every input of a folder to an inference server."
    )
    add_arguments(parser)
    return infer(parser.parse_args(arguments))


def _type(text: str) -> ServiceType:
    kind = _TYPES.get(text.lower().replace("_", "-"))
    if kind is None:
        raise argparse.ArgumentTypeError(f"not one of {', '.join(_TYPES)}: {text}")
    return kind


def _headers(lines: Sequence[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise CannotStart("BAD_JOB", reason=f"not a header: {line!r}")
        headers[name.strip()] = value.strip()
    return headers
