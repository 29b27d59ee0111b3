"""The summary: how a run ended, counted from what is on disk."""

from __future__ import annotations

import platform
import time
from importlib.metadata import PackageNotFoundError, version

import msgspec

import inference_ui
from inference_ui.backend.batch.account import Account, details_of
from inference_ui.backend.batch.bounds import Bounds
from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.batch.tally import Tally
from inference_ui.backend.batch.workspace import Workspace
from inference_ui.backend.records import SUMMARY, Outcome, Summary, read_record


def summary_of(
    workspace: Workspace,
    account: Account,
    ledger: Ledger,
    tally: Tally,
    bounds: Bounds,
    *,
    outcome: Outcome,
    started_at: float,
    lines_before: int,
    unfollowed_links: int,
) -> Summary:
    """Put the summary together. Raises ``OSError`` when the output cannot be read.

    A run that found nothing to do keeps the times and the speed of the one that did it all.
    """
    details = details_of(
        workspace.journal,
        ledger,
        workspace.dataset,
        lines_before,
        check_changes=outcome is not Outcome.INTERRUPTED,
    )
    ended_at = time.time()
    summary = Summary(
        outcome=outcome,
        attempt=workspace.attempt,
        found=account.found,
        succeeded=account.succeeded,
        failed=account.failed,
        skipped=account.skipped,
        started_at=started_at,
        ended_at=ended_at,
        rate=round(tally.recorded / max(ended_at - started_at, 1e-6), 3),
        lines=workspace.journal.lines,
        removed=account.removed,
        changed=details.changed,
        unfollowed_links=unfollowed_links,
        p50_ms=details.p50_ms,
        p95_ms=details.p95_ms,
        p99_ms=details.p99_ms,
        bound_by=bounds.most,
        bound_shares=bounds.shares,
        errors=ledger.errors.groups(),
        client_version=inference_ui.__version__,
        versions=_versions(),
    )
    earlier = read_record(workspace.output / SUMMARY, Summary)
    if tally.recorded or earlier is None or earlier.attempt != summary.attempt:
        return summary
    return msgspec.structs.replace(
        summary,
        started_at=earlier.started_at,
        ended_at=earlier.ended_at,
        rate=earlier.rate,
        bound_by=earlier.bound_by,
        bound_shares=earlier.bound_shares,
    )


def _versions() -> dict[str, str]:
    """Return the versions of what the run depended on."""
    libraries = {name: _version(name) for name in ("httptools", "msgspec", "uvloop")}
    return {
        "inference-ui": inference_ui.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        **libraries,
    }


def _version(library: str) -> str:
    """Return a library's version, also where it was installed without saying which it is."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
