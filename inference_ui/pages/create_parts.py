"""Fields of the create form: data, what serves, how items are treated, where results go."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import button, field, field_message, select_input, text_input
from inference_ui.components.status import status_badge
from inference_ui.i18n.live import fmt_size, fmt_time, one_of, reason, t
from inference_ui.pages.create_outlook import inputs_found
from inference_ui.rows.create_values import FIELDS
from inference_ui.state.create import CreateState

CHOICES, VALUES = CreateState.choices, CreateState.values


def error(name: str) -> Any:
    """Return the message that stands at a field."""
    problem = CreateState.problems[name]
    return reason(problem.code, problem.args)


def leave(name: str) -> Any:
    """Return the handler of leaving a field."""
    assert name in FIELDS  # noqa: S101 - a slip of the pen must not compile
    return lambda value: CreateState.leave(name, value)


def labelled(name: str, control: rx.Component, **props: Any) -> rx.Component:
    """Return a required field."""
    label = t(f"create_field.{name}")
    return field(label, control, id=name, error=error(name), required=True, **props)


def dataset() -> rx.Component:
    """Return the field of the dataset, with the kind of its inputs beside."""
    choice = _control(
        "dataset_id",
        rx.foreach(
            CHOICES.datasets,
            lambda row: rx.el.option(f"{row.volume} / {row.name}", value=row.id),
        ),
        beside=rx.fragment(
            inputs_found(),
            rx.cond(
                CreateState.dataset.bytes > 0,
                rx.fragment(" · ", fmt_size(CreateState.dataset.bytes)),
            ),
        ),
    )
    return labelled(
        "dataset_id",
        rx.el.div(choice, _kinds(), class_name="row wide"),
        hint=rx.cond(CHOICES.datasets.length() == 0, t("create.no_datasets"), _checked()),
    )


def _kinds() -> rx.Component:
    def kind(code: str, word: Any) -> rx.Component:
        on = VALUES["input_kind"] == code
        return rx.el.button(
            word,
            type="button",
            class_name=rx.cond(on, "on", ""),
            aria_pressed=rx.cond(on, "true", "false"),
            on_click=CreateState.leave("input_kind", code),
        )

    return rx.el.div(
        kind("JSON", t("create.json")),
        kind("IMAGES", t("create.images")),
        class_name="seg",
        role="group",
        aria_label=t("create.input_kind"),
    )


def _checked() -> Any:
    row = CreateState.dataset
    at = fmt_time(row.checked_at)
    return rx.cond(
        row.checked_at == None,  # noqa: E711 - a Var
        "",
        rx.cond(
            row.bad > 0,
            t("create.checked_bad", time=at, bad=row.bad),
            t("create.checked", time=at, json=row.json_files, images=row.images),
        ),
    )


def service_type() -> rx.Component:
    """Return the field of the service type."""

    def option(row: Any) -> rx.Component:
        kind = one_of("service_type", row.code)
        return rx.el.option(
            rx.cond(row.packages > 0, kind, t("create.type_without_package", type=kind)),
            value=row.code,
            disabled=row.packages == 0,
        )

    return _select(
        "service_type",
        rx.foreach(CHOICES.types, option),
        nothing="",
        beside=one_of("served_by", VALUES["service_type"]),
    )


def package() -> rx.Component:
    """Return the field of the package: those of the chosen type."""
    chosen = VALUES["service_type"] != ""
    return _select(
        "package_id",
        rx.foreach(
            CreateState.packages,
            lambda row: rx.el.option(f"{row.name} {row.version}", value=row.id),
        ),
        nothing=rx.cond(
            CHOICES.packages.length() == 0,
            t("create.no_packages"),
            rx.cond(chosen, "", t("create.type_first")),
        ),
        beside=rx.cond(
            chosen, t("create.packages_of_type", count=CreateState.packages.length()), ""
        ),
    )


def service() -> rx.Component:
    """Return the field of the online service to go through, and the way to a copy of it."""
    row = CreateState.service
    facts = rx.el.div(
        status_badge(row.status),
        rx.el.span(one_of("service_type", row.service_type)),
        rx.el.span(row.package, class_name="cut"),
        rx.cond(row.limit > 0, rx.el.span(t("create.service_limit", count=row.limit))),
        class_name="row facts num",
    )
    copy = rx.el.div(
        rx.el.span(t("create.service_use"), class_name="t2"),
        rx.cond(
            row.copyable,
            button(
                t("create.service_copy"),
                small=True,
                title=t("create.service_copy_why"),
                on_click=CreateState.copy_service,
            ),
        ),
        class_name="row",
    )
    return rx.el.div(
        _select(
            "service_id",
            rx.foreach(CHOICES.services, lambda one: rx.el.option(one.name, value=one.id)),
            nothing=rx.cond(CHOICES.services.length() == 0, t("create.service_none"), ""),
        ),
        rx.cond(row.id != "", rx.fragment(facts, copy)),
        class_name="column",
    )


def more() -> rx.Component:
    """Return the fields that have good defaults."""
    prompts = (VALUES["input_kind"] == "IMAGES") & (
        (VALUES["service_type"] == "OPENAI") | (CreateState.service.service_type == "OPENAI")
    )
    return rx.el.div(
        rx.el.p(
            t("create.more"),
            rx.el.span(t("create.more_hint"), class_name="beside-label"),
            class_name="lab",
        ),
        rx.el.div(
            _small(
                "max_failed",
                hint=t("create.max_failed_hint"),
                placeholder=t("create.max_failed_none"),
            ),
            _small("item_timeout_s", unit=t("create.seconds"), input_mode="decimal"),
            _small("retries", unit=t("create.times"), input_mode="numeric"),
            class_name="three",
        ),
        rx.cond(prompts, _prompt()),
        _since(),
        class_name="f more",
    )


def _small(name: str, *, unit: Any = "", hint: Any = "", **props: Any) -> rx.Component:
    box = rx.el.div(
        text_input(
            name,
            error=error(name),
            name=name,
            default_value=VALUES[name],
            on_blur=leave(name),
            **props,
        ),
        rx.el.span(unit, class_name="unit"),
        class_name="united",
    )
    return rx.el.div(
        rx.el.label(t(f"create_field.{name}"), html_for=name),
        box,
        field_message(name, error(name), hint),
        class_name="f",
    )


def _prompt() -> rx.Component:
    return rx.el.div(
        rx.el.label(t("create_field.prompt"), html_for="prompt"),
        rx.el.textarea(
            id="prompt",
            name="prompt",
            default_value=VALUES["prompt"],
            on_blur=leave("prompt"),
            rows="2",
            class_name="inp area",
            aria_describedby="prompt-message",
        ),
        field_message("prompt", error("prompt"), t("create.prompt_hint")),
        class_name="f",
    )


def _since() -> rx.Component:
    def option(row: Any) -> rx.Component:
        at = fmt_time(row.created_at)
        return rx.el.option(
            t("create.since_of", name=row.name, time=at, count=row.succeeded), value=row.id
        )

    return rx.cond(
        CreateState.earlier.length() > 0,
        rx.el.div(
            rx.el.label(t("create.since"), html_for="since_task_id"),
            _control(
                "since_task_id",
                rx.foreach(CreateState.earlier, option),
                first=t("create.since_all"),
                required=False,
            ),
            field_message("since_task_id", error("since_task_id"), t("create.since_hint")),
            class_name="f",
        ),
    )


def output() -> rx.Component:
    """Return the field of the volume that results go to."""
    free = rx.foreach(
        CHOICES.volumes,
        lambda row: rx.cond(
            (row.id == VALUES["volume_id"]) & (row.free_bytes != None),  # noqa: E711 - a Var
            t("create.free", size=fmt_size(row.free_bytes)),
            "",
        ),
    )
    return _select(
        "volume_id",
        rx.foreach(CHOICES.volumes, lambda row: rx.el.option(row.name, value=row.id)),
        nothing=rx.cond(CHOICES.volumes.length() == 0, t("create.no_volumes"), ""),
        beside=free,
    )


def _select(name: str, options: rx.Component, *, nothing: Any, beside: Any = "") -> rx.Component:
    """Return a field whose value is chosen from a list; ``nothing`` says why the list is empty."""
    return labelled(name, _control(name, options, beside=beside), hint=nothing)


def _control(
    name: str, options: rx.Component, *, beside: Any = "", first: Any = None, required: bool = True
) -> rx.Component:
    return select_input(
        name,
        rx.el.option(t("create.choose") if first is None else first, value=""),
        options,
        error=error(name),
        beside=beside,
        name=name,
        value=VALUES[name],
        on_change=leave(name),
        on_blur=CreateState.leave(name, VALUES[name]),
        required=required,
    )
