"""A job that was checked: what its texts mean, before anything is opened or sent."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from inference_ui.backend.batch.endpoints import is_base_url
from inference_ui.backend.batch.limit import FailureLimit
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.protocols import ImageRequest, ServiceProtocol, protocol_of
from inference_ui.backend.records import BatchJob

_POSITIVE_OR_NONE = ("min_in_flight", "max_in_flight", "processes", "limit")

MAX_IN_FLIGHT = 1024
"""Requests in flight at one server when the job sets no bound."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A job with its protocol and its limit of failures."""

    job: BatchJob
    protocol: ServiceProtocol
    limit: FailureLimit

    @property
    def bounds(self) -> tuple[int, int]:
        """The fewest and the most requests in flight at each server."""
        highest = self.job.max_in_flight or MAX_IN_FLIGHT
        return min(self.job.min_in_flight, highest), highest


def plan_of(job: BatchJob, finds_endpoints: bool) -> Plan:
    """Check a job. ``finds_endpoints``: servers are looked for, so the job need name none.

    Raises ``CannotStart`` with BAD_JOB and the reason in English.
    """
    try:
        _check(job, finds_endpoints)
        protocol = protocol_of(
            job.service_type,
            model_name=job.model_name,
            predict_path=job.predict_path,
            readiness_path=job.readiness_path,
            image_request=ImageRequest(job.prompt, job.image_template),
        )
        return Plan(job, protocol, FailureLimit.parse(job.max_failed))
    except ValueError as error:
        raise CannotStart("BAD_JOB", reason=str(error)) from error


def _check(job: BatchJob, finds_endpoints: bool) -> None:
    if not job.endpoints and not finds_endpoints:
        raise ValueError("it names no endpoint")
    for url in job.endpoints:
        if not is_base_url(url):
            raise ValueError(f"not the base URL of a server: {url}")
    _check_numbers(job)
    for path in (job.predict_path, job.readiness_path):
        if path and not path.startswith("/"):
            raise ValueError(f"a path must begin with a slash: {path}")
    _check_certificates(job)
    for name, value in job.headers.items():
        if not name.isascii() or not f"{name}{value}".isprintable():
            raise ValueError(f"not a header: {name!r}")


def _check_certificates(job: BatchJob) -> None:
    if job.ca_file is None and not job.ca:
        return
    try:
        ssl.create_default_context(cafile=job.ca_file, cadata=job.ca or None)
    except OSError as error:
        where = job.ca_file or "the job's own certificates"
        raise ValueError(f"no certificates in {where}: {error.strerror or error}") from error


def _check_numbers(job: BatchJob) -> None:
    for name in ("timeout_s", "connect_timeout_s", "attempt", *_POSITIVE_OR_NONE):
        value = getattr(job, name)
        if value is None and name in _POSITIVE_OR_NONE:
            continue
        if not value > 0:
            raise ValueError(f"{name} must be above 0")
    if job.max_in_flight is not None and job.min_in_flight > job.max_in_flight:
        raise ValueError("min_in_flight must not be above max_in_flight")
    for name in ("retries", "grace_s"):
        if not getattr(job, name) >= 0:
            raise ValueError(f"{name} must not be below 0")
