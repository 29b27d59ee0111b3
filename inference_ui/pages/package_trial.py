"""Trying a model package on its page: the question, how it goes, and what came of it."""

from __future__ import annotations

import reflex as rx

from inference_ui.components.ask import AnswerOf, AskForm
from inference_ui.components.controls import button, select_input
from inference_ui.components.feedback import note
from inference_ui.components.log_view import LogView
from inference_ui.i18n.live import fmt_number, fmt_time, one_of, reason, t
from inference_ui.state.base import SignedIn
from inference_ui.state.package import PackageState

ROW, TRIAL = PackageState.package, PackageState.trial
MAY_CREATE = SignedIn.role != "VIEWER"


def trial_section() -> rx.Component:
    """Return the part of the page where the package is tried."""
    running = ~TRIAL.ended
    return rx.el.section(
        rx.el.h2(t("package.trial"), rx.el.span(t("package.trial_hint"), class_name="t3 aside")),
        rx.cond(
            MAY_CREATE,
            rx.el.div(
                _spec(),
                AskForm.create(
                    url=ROW.trial_url,
                    verb=t("package.try"),
                    quiet=True,
                    example=ROW.example,
                    prompts=ROW.prompts,
                    prompt=ROW.prompt,
                    query=rx.Var.create({"spec": PackageState.spec_id}),
                    disabled=running | (PackageState.spec_id == ""),
                    variables=PackageState.variables,
                    parameters=PackageState.parameters,
                    on_sent=PackageState.sent,
                ),
                class_name="trial-form",
            ),
            rx.el.p(reason("VIEWERS_ONLY_LOOK", {}), class_name="t3"),
        ),
        rx.cond(TRIAL.phase != "", _course()),
        class_name="trial",
        aria_label=t("package.trial"),
    )


def _spec() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("package.trial_spec"), html_for="spec"),
        select_input(
            "spec",
            rx.foreach(PackageState.specs, lambda row: rx.el.option(row.name, value=row.id)),
            value=PackageState.spec_id,
            on_change=PackageState.choose_spec,
        ),
        class_name="f spec-choice",
    )


def _course() -> rx.Component:
    """Return how the trial goes, what it says, and what came of it."""
    told = TRIAL.waiting
    stop = button(
        t("package.stop_trial"), symbol="stop", small=True, on_click=PackageState.stop_trial
    )
    return rx.el.div(
        rx.el.div(
            rx.el.span(
                one_of("trial_phase", TRIAL.phase),
                class_name=f"phase {TRIAL.phase}",
                data_testid="trial-phase",
                data_phase=TRIAL.phase,
            ),
            rx.cond(told.code != "", rx.el.span(reason(told.code, told.args), class_name="t2")),
            rx.cond(
                TRIAL.ready_s != None,  # noqa: E711 - a Var
                rx.el.span(
                    t("package.ready_after", seconds=fmt_number(TRIAL.ready_s)),
                    class_name="t3 num",
                ),
            ),
            rx.el.span(
                t("package.tried_by", owner=TRIAL.owner, time=fmt_time(TRIAL.started_at)),
                class_name="t3 num",
            ),
            rx.el.span(class_name="grow"),
            rx.cond(~TRIAL.ended & TRIAL.mine, stop),
            class_name="line",
            role="status",
        ),
        rx.cond(TRIAL.reason.code != "", _why()),
        AnswerOf.create(source=TRIAL.answer, picture=TRIAL.picture),
        LogView.create(
            log=TRIAL.id,
            text=TRIAL.log,
            title=t("package.log"),
            empty=t("task.log_empty"),
        ),
        class_name="course",
    )


def _why() -> rx.Component:
    code = rx.cond(
        TRIAL.exit_code != None,  # noqa: E711 - a Var
        rx.el.p(t("package.exit_code", code=TRIAL.exit_code)),
    )
    said = reason(TRIAL.reason.code, TRIAL.reason.args)
    return rx.el.div(note(said, code), data_testid="trial-reason")
