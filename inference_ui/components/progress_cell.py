"""The heart of the task list: how far a task is, or what it waits for, or why it failed.

Two lines at most, so that a row never changes its height. Every text that may be cut has a title.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.status import progress_bar
from inference_ui.i18n.live import fmt_clock, fmt_number, fmt_rate, one_of, reason, t


def progress_cell(row: Any) -> rx.Component:
    """Return what a ``TaskRow``'s ``show`` asks for."""
    return rx.match(
        row.show,
        ("WAITING", _text(_waiting(row))),
        ("RUNNING", _running(row)),
        ("FINISHING", _text(_finishing(row))),
        ("FAILED", _text(_because(row), bad=True)),
        ("PARTLY", _partly(row)),
        rx.el.div(_counts(row), class_name="pgn num"),
    )


def _text(sentence: Any, bad: bool = False) -> rx.Component:
    return rx.el.div(sentence, class_name="why bad" if bad else "why", title=sentence)


def _waiting(row: Any) -> Any:
    return rx.cond(
        row.note.code != "",
        reason(row.note.code, row.note.args),
        rx.cond(row.status == "QUEUED", t("tasks.queued"), t("tasks.starting")),
    )


def _finishing(row: Any) -> Any:
    wanted = (row.end == "") | (row.end == "COMPLETED") | (row.end == "STOPPED_BY_USER")
    return rx.cond(
        wanted,
        t("tasks.finishing", done=row.done),
        t("tasks.finishing_because", end=one_of("end", row.end)),
    )


def _because(row: Any) -> Any:
    return rx.cond(
        row.note.code != "",
        t(
            "tasks.because",
            end=one_of("end", row.end),
            detail=reason(row.note.code, row.note.args),
        ),
        one_of("end", row.end),
    )


def _running(row: Any) -> rx.Component:
    left = rx.cond(row.left_s != None, t("tasks.left", time=fmt_clock(row.left_s)), "")  # noqa: E711 - a Var
    waiting = reason(row.note.code, row.note.args)
    beside = rx.cond(
        row.note.code != "",
        rx.el.span(waiting, class_name="e cut warn", title=waiting),
        rx.cond(row.rate > 0, rx.el.span(t("tasks.rate", rate=fmt_rate(row.rate)), class_name="e")),
    )
    return rx.fragment(_bar(row, left, running=True), _line(row, beside))


def _partly(row: Any) -> rx.Component:
    """It ended early: how far it came, and why it went no further."""
    stopped = rx.cond(row.who != "", t("tasks.stopped_by", who=row.who), one_of("end", row.end))
    why = rx.cond(
        row.status == "FAILED",
        rx.el.span(one_of("end", row.end), class_name="e cut bad", title=_because(row)),
        rx.el.span(stopped, class_name="e cut", title=stopped),
    )
    bar = rx.cond(row.found != None, _bar(row, f"{row.percent}%", running=False))  # noqa: E711
    return rx.fragment(bar, _line(row, why))


def _bar(row: Any, beside: Any, *, running: bool) -> rx.Component:
    return rx.el.div(
        progress_bar(
            row.name,
            succeeded=row.succeeded_width,
            failed=row.failed_width,
            percent=row.percent,
            running=running,
        ),
        rx.el.span(beside, class_name="pc num"),
        class_name="pgl",
    )


def _line(row: Any, beside: rx.Component) -> rx.Component:
    return rx.el.div(_counts(row), beside, class_name="pgn num")


def _counts(row: Any) -> rx.Component:
    ended = row.took_s != None  # noqa: E711 - a Var
    whole = rx.fragment(
        "\u2009/\u2009",
        rx.cond(row.found != None, fmt_number(row.found), t("tasks.counting")),  # noqa: E711
    )
    return rx.fragment(
        rx.el.span(
            rx.el.b(fmt_number(row.done)),
            rx.cond(ended & (row.found == None), t("tasks.uncounted"), whole),  # noqa: E711
        ),
        rx.cond(row.failed > 0, rx.el.span(t("tasks.failed", count=row.failed), class_name="bad")),
    )
