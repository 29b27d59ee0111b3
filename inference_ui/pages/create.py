"""The create form: the manual's required fields in the manual's order."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.backend.services.server_drafts import MAX_NODES
from inference_ui.components.controls import (
    button,
    field,
    link_button,
    select_input,
    text_input,
)
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.spec_table import spec_table
from inference_ui.components.stepper import stepper
from inference_ui.i18n.live import fmt_size, one_of, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.create import FIELDS
from inference_ui.state.base import SignedIn
from inference_ui.state.create import COUNTED, CreateState
from inference_ui.state.live import Live

CHOICES, VALUES = CreateState.choices, CreateState.values


def create() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=CreateState.look_again),
        rx.cond(
            CreateState.ready,
            rx.cond(SignedIn.role == "VIEWER", _only_looking(), _form()),
            skeleton_rows(),
        ),
        heading=rx.fragment(
            rx.el.div(
                ReactRouterLink.create(t("tasks.title"), to=routes.TASKS),
                icon("right"),
                class_name="crumb",
            ),
            rx.el.h1(t("create.title")),
        ),
        current=routes.TASKS,
    )


def _only_looking() -> rx.Component:
    return empty(
        t("create.not_allowed"),
        reason("VIEWERS_ONLY_LOOK", {}),
        rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            rx.el.h2(t("create.data_and_model")),
            rx.el.div(_name(), _dataset(), _service_type(), _package(), class_name="two"),
            rx.el.h2(t("create.compute")),
            _spec(),
            rx.el.div(_nodes(), class_name="two"),
            rx.el.h2(t("create.output")),
            rx.el.div(_volume(), class_name="two"),
            class_name="form",
        ),
        _footer(),
        on_submit=CreateState.submit,
        no_validate=True,
        class_name="create",
        aria_label=t("create.title"),
    )


def _error(name: str) -> Any:
    problem = CreateState.problems[name]
    return reason(problem.code, problem.args)


def _labelled(name: str, control: rx.Component, **props: Any) -> rx.Component:
    label = t(f"create_field.{name}")
    return field(label, control, id=name, error=_error(name), required=True, **props)


def _leave(name: str) -> Any:
    assert name in FIELDS  # noqa: S101 - a slip of the pen must not compile
    return lambda value: CreateState.leave(name, value)


def _name() -> rx.Component:
    free = CreateState.free_name != ""
    volume = CreateState.volume_name
    where = t("create.name_free", volume=volume, name=CreateState.free_name)
    return _labelled(
        "name",
        text_input(
            "name",
            error=_error("name"),
            name="name",
            default_value=VALUES["name"],
            on_blur=_leave("name"),
            required=True,
            auto_focus=True,
        ),
        good=free,
        hint=rx.cond(
            free, rx.cond(volume != "", where, t("create.name_free_only")), t("create.name_hint")
        ),
    )


def _select(name: str, options: rx.Component, *, nothing: Any, beside: Any = "") -> rx.Component:
    """Return a field whose value is chosen from a list; ``nothing`` says why the list is empty."""
    return _labelled(
        name,
        select_input(
            name,
            rx.el.option(t("create.choose"), value=""),
            options,
            error=_error(name),
            beside=beside,
            name=name,
            value=VALUES[name],
            on_change=_leave(name),
            on_blur=CreateState.leave(name, VALUES[name]),
            required=True,
        ),
        hint=nothing,
    )


def _dataset() -> rx.Component:
    return _select(
        "dataset_id",
        rx.foreach(
            CHOICES.datasets,
            lambda row: rx.el.option(f"{row.volume} / {row.name}", value=row.id),
        ),
        nothing=rx.cond(CHOICES.datasets.length() == 0, t("create.no_datasets"), ""),
        beside=_inputs(),
    )


def _inputs() -> Any:
    count = CreateState.inputs
    return rx.cond(
        count == None,  # noqa: E711 - a Var
        "",
        rx.cond(
            count.to(int) >= COUNTED,
            t("create.inputs_or_more", count=count),
            t("create.inputs", count=count),
        ),
    )


def _service_type() -> rx.Component:
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


def _package() -> rx.Component:
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


def _spec() -> rx.Component:
    return spec_table(
        "spec_id",
        CHOICES.specs,
        label=t("create_field.spec_id"),
        chosen=VALUES["spec_id"],
        on_choose=lambda spec: CreateState.leave("spec_id", spec),
        error=_error("spec_id"),
        hint=rx.cond(CHOICES.specs.length() == 0, t("create.no_specs"), ""),
    )


def _nodes() -> rx.Component:
    name = "node_count"
    control = stepper(
        name,
        value=VALUES[name],
        most=MAX_NODES,
        fewer=t("create.fewer_nodes"),
        more=t("create.more_nodes"),
        error=_error(name),
        on_leave=_leave(name),
    )
    beside = rx.el.span(_in_all(), class_name="t3 num s12")
    return _labelled(name, rx.el.div(control, beside, class_name="row"))


def _in_all() -> Any:
    spec, nodes = CreateState.spec, CreateState.nodes
    return rx.cond(
        (spec.id == "") | (nodes < 1) | (_error("node_count") != ""),
        "",
        rx.cond(
            spec.cards > 0,
            t("create.all_cards", count=spec.cards * nodes, model=spec.card),
            t("create.all_cpus", cpus=spec.cpus * nodes, memory=spec.memory_bytes * nodes),
        ),
    )


def _volume() -> rx.Component:
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


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(_outlook(), class_name="say num", role="status"),
        rx.el.span(class_name="grow"),
        link_button(t("common.cancel"), href=routes.TASKS, kind="gho"),
        button(
            rx.cond(CreateState.submitting, t("create.creating"), t("create.create")),
            kind="pri",
            type="submit",
            disabled=CreateState.submitting,
        ),
        class_name="foot2",
    )


def _outlook() -> rx.Component:
    """What creating will do, or what it still needs."""
    waiting = CreateState.waiting
    what = rx.cond(CreateState.inputs == None, "", rx.el.span(_inputs()))  # noqa: E711 - a Var
    nodes = rx.el.span(t("create.on_nodes", count=CreateState.nodes))
    to = t("create.writes_to", volume=CreateState.volume_name, name=CreateState.free_name)
    where = rx.cond(CreateState.free_name != "", rx.el.span(to, class_name="t3 cut", title=to))
    return rx.cond(
        CreateState.missing.length() > 0,
        rx.fragment(rx.el.i(class_name="off"), rx.el.span(t("create.missing")), _missing()),
        rx.cond(
            CreateState.wrong > 0,
            rx.fragment(
                rx.el.i(class_name="bad"), rx.el.span(t("create.wrong", count=CreateState.wrong))
            ),
            rx.cond(
                waiting.code != "",
                rx.fragment(
                    rx.el.i(class_name="warn"),
                    rx.el.span(t("create.queues")),
                    rx.el.span(reason(waiting.code, waiting.args), class_name="cut"),
                ),
                rx.fragment(rx.el.i(), rx.el.span(t("create.starts")), what, nodes, where),
            ),
        ),
    )


def _missing() -> rx.Component:
    names = rx.foreach(CreateState.missing, lambda name: rx.el.li(one_of("create_field", name)))
    return rx.el.ul(names, class_name="cut")


PAGE = Page(routes.NEW_TASK, t("create.title"), create, on_load=CreateState.load)
