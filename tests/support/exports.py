"""Exports made in this process, and by their own program, of tasks as ``support.results`` makes."""

from __future__ import annotations

import os
import subprocess
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from inference_ui.backend.exporting import WRITERS
from inference_ui.backend.results.exports.job import ExportFormat, ExportJob, LeftOut, Report
from inference_ui.backend.results.exports.reading import Items
from tests.support.results import RunTask

PROGRAM = "inference_ui.backend.exporting"


def job_of(run: RunTask, wanted: ExportFormat, **changes: Any) -> ExportJob:
    """What the service would ask for."""
    package = run.plan.package
    values: dict[str, Any] = {
        "format": wanted,
        "task": "night",
        "dataset": str(run.dataset),
        "output": str(run.output),
        "service_type": package.service_type,
        "model_name": package.model_name,
        "box_format": package.box_format,
        "scratch": str(run.dataset.parent),
        "sizes": str(run.dataset.parent / "sizes"),
        "at": "2026-11-23T09:00:00+00:00",
        "version": "1.2.3",
    }
    return ExportJob(**(values | changes))


def exported(
    run: RunTask, wanted: ExportFormat, numbers: Sequence[int] | None = None, **changes: Any
) -> tuple[bytes, dict[LeftOut, int]]:
    """Return an export, and what was left out of it."""
    items = Items(job_of(run, wanted, **changes), numbers)
    try:
        return b"".join(WRITERS[wanted](items)), items.left_out
    finally:
        items.close()


def by_program(
    job: ExportJob,
    numbers: Sequence[int] = (),
    program: Sequence[str] = ("-m", PROGRAM),
    **options: Any,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the program; return it with the descriptor of its reports."""
    reports, reported = os.pipe()
    process = subprocess.Popen(
        [sys.executable, *program, str(reported)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(reported,),
        **options,
    )
    os.close(reported)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(job) + b"\n" + array("I", numbers).tobytes())
    process.stdin.close()
    process.stdin = None
    return process, reports


def said(reports: int) -> list[Report]:
    """Return all reports of a program that has ended."""
    with os.fdopen(reports, "rb") as lines:
        return [msgspec.json.decode(line, type=Report) for line in lines]
