"""What a task's page says first: one sentence, why, and what can be done about it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.clock import elapsed
from inference_ui.components.feedback import note
from inference_ui.i18n.live import fmt_percent, one_of, reason, t


def verdict_note(verdict: Any, stand: Any) -> rx.Component:
    """Return the remark of a ``VerdictRow`` beside its ``StandRow``; nothing when it is empty."""
    return rx.match(
        verdict.code,
        ("QUEUED", _queued(verdict)),
        (
            "STARTING",
            rx.cond(verdict.kind == "warn", _starting(verdict, "warn"), _starting(verdict)),
        ),
        ("WAITING", note(t("task.waiting"), rx.el.p(_reason(verdict)), kind="warn")),
        (
            "NOT_BEGUN",
            note(t("task.waiting_begin"), rx.el.p(_reason(verdict)), kind="warn"),
        ),
        ("UNSEEN", _unseen(verdict)),
        ("ROOM", note(t("task.room"), rx.el.p(_reason(verdict)), kind="warn")),
        ("STOPPING", _stopping(verdict, stand)),
        ("FINISHING", _finishing(verdict, stand)),
        ("SUCCEEDED", note(t("task.succeeded", found=stand.done), kind="ok")),
        ("SUCCEEDED_PARTLY", _partly(stand)),
        ("STOPPED", _stopped(verdict, stand)),
        ("FAILED", _failed(verdict, stand)),
        rx.fragment(),
    )


def remedies(verdict: Any, evidence_of: Any, evidence: Any, *actions: rx.Component) -> rx.Component:
    """Return the evidence of a failure and what helps, with the ``actions`` that do."""
    return rx.el.section(
        rx.cond(
            evidence != "",
            rx.el.div(
                rx.el.h2(
                    rx.cond(
                        evidence_of != "",
                        t("task.evidence_server", who=evidence_of),
                        t("task.evidence_client"),
                    )
                ),
                rx.el.pre(evidence, class_name="mono", tab_index=0, data_testid="evidence"),
            ),
        ),
        rx.el.div(
            rx.el.h2(t("task.remedies")),
            rx.el.ol(
                rx.foreach(verdict.remedies, lambda code: rx.el.li(one_of("task.remedy", code))),
                data_testid="remedies",
            ),
            rx.el.div(*actions, class_name="acts"),
        ),
        class_name="rem",
    )


def _queued(verdict: Any) -> rx.Component:
    why = rx.cond(verdict.reason.code != "", _reason(verdict), t("task.queued_unseen"))
    return note(why, rx.el.p(elapsed("task.queued_since", verdict.since)), kind="")


def _unseen(verdict: Any) -> rx.Component:
    then = rx.match(
        verdict.then,
        ("QUEUED", t("task.unseen_queued")),
        ("ENDING", t("task.unseen_ending")),
        t("task.unseen_text"),
    )
    return note(_reason(verdict), rx.el.p(then), kind="warn")


def _starting(verdict: Any, kind: str = "") -> rx.Component:
    why = rx.cond(verdict.reason.code != "", _reason(verdict), t("task.starting"))
    return note(
        why,
        rx.el.p(
            elapsed("task.starting_since", verdict.since),
            " · ",
            t("task.starting_limit", limit=verdict.limit_s),
        ),
        kind=kind,
    )


def _stopping(verdict: Any, stand: Any) -> rx.Component:
    title = rx.cond(verdict.who != "", t("task.stopping_by", who=verdict.who), t("task.stopping"))
    text = rx.cond(stand.held, t("task.stopping_text"), t("task.stopping_unheld"))
    return _unless_held(verdict, note(title, rx.el.p(text), kind=""), title)


def _finishing(verdict: Any, stand: Any) -> rx.Component:
    title = t("task.finishing", end=one_of("end", verdict.end))
    usual = note(
        title,
        rx.el.p(
            rx.cond(verdict.reason.code != "", rx.el.span(_reason(verdict), " · ")),
            rx.cond(stand.held, t("task.finishing_text"), t("task.finishing_unheld")),
        ),
        kind="",
    )
    return _unless_held(verdict, usual, title)


def _unless_held(verdict: Any, usual: rx.Component, title: Any) -> rx.Component:
    """Return the usual note of a task that ends, or what it waits for."""
    held = rx.el.p(t("task.ending_held", node=verdict.held_by))
    return rx.cond(verdict.held_by != "", note(title, held, kind="warn"), usual)


def _partly(stand: Any) -> rx.Component:
    share = fmt_percent(stand.failed_share)
    return note(
        t("task.partly", failed=stand.failed, share=share),
        rx.el.p(
            t("task.partly_text", succeeded=stand.succeeded),
            rx.cond(stand.may_retry, t("task.partly_retry"), ""),
        ),
        kind="warn",
    )


def _stopped(verdict: Any, stand: Any) -> rx.Component:
    title = rx.cond(verdict.who != "", t("task.stopped_by", who=verdict.who), t("task.stopped"))
    go_on = rx.cond(stand.may_resume, t("task.stopped_resume"), "")
    return note(title, rx.el.p(_kept(stand), go_on), kind="")


def _failed(verdict: Any, stand: Any) -> rx.Component:
    return note(
        one_of("end", verdict.end),
        rx.cond(verdict.reason.code != "", rx.el.p(_reason(verdict))),
        rx.el.p(_kept(stand)),
        kind="bad",
    )


def _kept(stand: Any) -> rx.Var[Any]:
    """Say what the task leaves behind."""
    some = rx.cond(
        stand.left.to(int) > 0,
        t("task.kept_but", done=stand.succeeded, left=stand.left),
        t("task.kept", done=stand.succeeded),
    )
    return rx.cond(stand.succeeded > 0, some, rx.cond(stand.done > 0, "", t("task.none_done")))


def _reason(verdict: Any) -> rx.Var[str]:
    return reason(verdict.reason.code, verdict.reason.args)
