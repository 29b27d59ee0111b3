"""How an online service stands, in words: why, and what to do about it."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.feedback import note
from inference_ui.i18n.live import one_of, reason, t
from inference_ui.state.service import ServiceState

ROW, PLAN = ServiceState.row, ServiceState.plan
SAID = reason(ROW.said.code, ROW.said.args)


def told() -> rx.Component:
    """Return the remark; nothing for a service that runs as it should."""
    return rx.fragment(
        rx.el.div(
            rx.cond(ROW.unseen, _note(SAID, _once_seen(), "warn"), _standing()),
            class_name="told",
            data_testid="told",
        ),
        rx.cond(ServiceState.remedies.length() > 0, _remedies()),
    )


def _once_seen() -> rx.Var[str]:
    """Say what comes once the cluster can be asked."""
    return rx.match(
        ROW.word,
        ("STOPPING", t("service.unseen_stopping")),
        ("DELETING", t("service.unseen_deleting")),
        t("service.unseen_text"),
    ).to(str)


def _standing() -> rx.Component:
    some = t("service.some_ready", ready=ROW.ready, count=ROW.replicas)
    return rx.match(
        ROW.word,
        ("QUEUED", _note(_or("service.queued"), t("service.queued_text"))),
        (
            "STARTING",
            _note(
                _or("service.starting"),
                t("service.starting_text", limit=PLAN.ready_timeout_s),
            ),
        ),
        (
            "NOT_READY",
            _note(_or("service.not_asked"), t("service.not_ready_text"), "warn"),
        ),
        ("STOPPING", _note(t("service.stopping"), t("service.stopping_text"))),
        ("DELETING", _note(t("service.deleting"), t("service.deleting_text"))),
        (
            "STOPPED",
            _note(
                t("service.stopped"),
                rx.cond(ROW.url != "", t("service.stopped_elsewhere"), t("service.stopped_text")),
            ),
        ),
        ("FAILED", _note(SAID, t("service.failed_text"), "bad")),
        rx.cond(
            (ROW.ready > 0) & (ROW.ready < ROW.replicas),
            _note(some, t("service.some_ready_text"), "warn"),
        ),
    )


def _note(title: Any, text: Any, kind: str = "") -> rx.Component:
    return note(title, rx.el.p(text), kind=kind)


def _or(key: str) -> Any:
    return rx.cond(ROW.said.code != "", SAID, t(key))


def _remedies() -> rx.Component:
    return rx.el.section(
        rx.cond(
            ServiceState.evidence != "",
            rx.el.div(
                rx.el.h2(t("service.evidence", who=ServiceState.evidence_of)),
                rx.el.pre(
                    ServiceState.evidence, class_name="mono", tab_index=0, data_testid="evidence"
                ),
            ),
        ),
        rx.el.div(
            rx.el.h2(t("service.remedies")),
            rx.el.ol(
                rx.foreach(
                    ServiceState.remedies, lambda code: rx.el.li(one_of("task.remedy", code))
                ),
                rx.el.li(t("service.remedy_start")),
            ),
            ReactRouterLink.create(
                t("service.whole_log"), to=routes.service(ROW.id, "logs"), class_name="btn sm"
            ),
        ),
        class_name="rem",
    )
