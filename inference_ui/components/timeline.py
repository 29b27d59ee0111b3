"""The timeline of a task: its steps from left to right, and how long each took."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.clock import elapsed
from inference_ui.i18n.live import fmt_duration, fmt_time, fmt_time_of_day, one_of, t


def timeline(steps: Any) -> rx.Component:
    """Return the steps, a Var of ``StepRow``s."""
    return rx.el.ol(
        rx.foreach(steps, _step),
        class_name="tl num",
        aria_label=t("task.timeline"),
        data_testid="timeline",
    )


def _step(step: Any) -> rx.Component:
    return rx.el.li(
        rx.el.b(one_of("task.step", step.code)),
        rx.match(
            step.state,
            ("now", elapsed("task.step_since", step.since)),
            ("done", rx.cond(step.took != None, _took(step), _at(step))),  # noqa: E711 - a Var
            ("next", rx.cond(step.about != None, _about(step), rx.el.span("–"))),  # noqa: E711
            rx.el.span("–"),
        ),
        class_name=f"{step.state} {step.code}",
        aria_current=rx.cond(step.state == "now", "step", "false"),
        data_testid=f"step-{step.code}",
    )


def _took(step: Any) -> rx.Component:
    return rx.el.span(fmt_duration(step.took))


def _at(step: Any) -> rx.Component:
    return rx.el.span(fmt_time_of_day(step.at), title=fmt_time(step.at, "full"))


def _about(step: Any) -> rx.Component:
    return rx.el.span(t("task.step_about", time=fmt_time_of_day(step.about)))
