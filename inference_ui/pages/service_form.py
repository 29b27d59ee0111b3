"""The form of a new online service: one that is deployed from a package, or one that runs already
and is registered by its URL (``?kind=url``)."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
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
from inference_ui.components.overrides import overrides_table
from inference_ui.components.placement import placement_fields
from inference_ui.components.spec_table import spec_filters, spec_table
from inference_ui.components.stepper import stepper
from inference_ui.i18n.live import one_of, reason, t
from inference_ui.pages.available import available_panel
from inference_ui.pages.service_url import url_form
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.service_form import DEPLOY_FIELDS
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.service_form import ServiceFormState as Form
from inference_ui.state.service_url import ServiceUrlState

VALUES = Form.values
BY_URL = (
    rx.Var(
        'query.get("kind")',
        _var_type=str,
        _var_data=VarData(
            imports={"react-router": ["useSearchParams"]},
            hooks={"const [query] = useSearchParams()": None},
        ),
    ).to(str)
    == "url"
)
"""Which form is shown. It is in the address, so a reload and a link keep it."""


def service_form() -> rx.Component:
    """Return the page."""
    ready = Form.ready & ServiceUrlState.ready
    return shell(
        OnRevision.create(
            revision=Live.revision,
            on_change=Form.look_again,
        ),
        rx.cond(
            ready,
            rx.cond(
                SignedIn.role == "VIEWER",
                _only_looking(t("service_form.not_allowed"), reason("VIEWERS_ONLY_LOOK", {})),
                rx.cond(BY_URL, _url(), _form()),
            ),
            skeleton_rows(),
        ),
        heading=rx.fragment(
            rx.el.div(
                ReactRouterLink.create(t("services.title"), to=routes.SERVICES),
                icon("right"),
                class_name="crumb",
            ),
            rx.el.h1(rx.cond(BY_URL, t("service_form.url_title"), t("service_form.title"))),
        ),
        current=routes.SERVICES,
        actions=(rx.cond(SignedIn.role == "ADMINISTRATOR", _kinds()),),
    )


def _kinds() -> rx.Component:
    def kind(word: Any, href: str, on: Any) -> rx.Component:
        return ReactRouterLink.create(
            word,
            to=href,
            class_name=rx.cond(on, "on", ""),
            aria_current=rx.cond(on, "true", "false"),
        )

    return rx.el.div(
        kind(t("service_form.kind_deploy"), routes.NEW_SERVICE, ~BY_URL),
        kind(t("service_form.kind_url"), routes.new_service(registered=True), BY_URL),
        class_name="seg",
        role="group",
        aria_label=t("service_form.kind"),
    )


def _only_looking(title: Any, text: Any) -> rx.Component:
    return empty(
        title,
        text,
        rx.el.div(link_button(t("service.to_list"), href=routes.SERVICES), class_name="acts"),
    )


def _url() -> rx.Component:
    return rx.cond(
        SignedIn.role == "ADMINISTRATOR",
        url_form(),
        _only_looking(t("service_form.administrators"), t("service_form.administrators_text")),
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            rx.el.h2(t("service_form.model")),
            rx.el.div(_name(), _package(), class_name="two"),
            _overrides(),
            rx.el.h2(t("service_form.compute")),
            _spec(),
            rx.el.div(*_place(), class_name="two"),
            rx.el.div(_nodes(), _limit(), class_name="two"),
            class_name="form",
        ),
        _footer(),
        on_submit=Form.submit,
        no_validate=True,
        class_name="create",
        aria_label=t("service_form.title"),
    )


def _error(name: str) -> Any:
    problem = Form.problems[name]
    return rx.cond(problem.code != "", reason(problem.code, problem.args), "")


def _leave(name: str) -> Any:
    assert name in DEPLOY_FIELDS  # noqa: S101 - a slip of the pen must not compile
    return lambda value: Form.leave(name, value)


def _labelled(name: str, control: rx.Component, *, required: bool = True, **props: Any) -> Any:
    label = t(f"service_field.{name}")
    return field(label, control, id=name, error=_error(name), required=required, **props)


def _name() -> rx.Component:
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
        hint=t("service_form.name_hint"),
    )


def _package() -> rx.Component:
    return _labelled(
        "package_id",
        select_input(
            "package_id",
            rx.el.option(t("create.choose"), value=""),
            rx.foreach(
                Form.packages,
                lambda row: rx.el.option(f"{row.name} {row.version}", value=row.id),
            ),
            error=_error("package_id"),
            beside=rx.cond(
                Form.package.id != "", one_of("service_type", Form.package.service_type), ""
            ),
            name="package_id",
            value=VALUES["package_id"],
            on_change=_leave("package_id"),
            required=True,
        ),
        hint=rx.cond(Form.packages.length() == 0, t("service_form.no_packages"), ""),
    )


def _overrides() -> rx.Component:
    def table(name: str, kind: str, rows: Any) -> rx.Component:
        return rx.cond(
            rows.length() > 0,
            overrides_table(
                name,
                kind,
                rows,
                label=t(f"create.{name}"),
                hint=t(f"create.{name}_hint"),
                error=_error(name),
                on_set=Form.override,
                on_reset=Form.reset_override,
            ),
        )

    return rx.fragment(
        table("environment", "variable", Form.variables),
        table("parameters", "parameter", Form.parameters),
    )


def _spec() -> rx.Component:
    return spec_table(
        "spec_id",
        Form.specs,
        label=t("service_field.spec_id"),
        chosen=VALUES["spec_id"],
        on_choose=lambda spec: Form.leave("spec_id", spec),
        error=_error("spec_id"),
        hint=rx.cond(Form.all_specs.length() == 0, t("create.no_specs"), ""),
        kinds=spec_filters(
            kinds=Form.accelerators,
            shown=Form.shown_accelerator,
            on_kind=Form.choose_accelerator,
            models=Form.models,
            on_model=Form.toggle_model,
            left=Form.specs.length(),
            total=Form.all_specs.length(),
        ),
        below=available_panel(),
    )


def _place() -> tuple[rx.Component, rx.Component]:
    return placement_fields(
        nodes=Form.nodes,
        chosen=Form.chosen_nodes,
        drivers=Form.drivers,
        driver=VALUES["driver_version"],
        has_cards=(Form.spec.accelerator != "CPU") & (Form.spec.id != ""),
        errors=(_error("nodes"), _error("driver_version")),
        on_toggle=Form.toggle_node,
        on_clear_nodes=Form.clear_nodes,
        on_driver=lambda version: Form.leave("driver_version", version),
    )


def _nodes() -> rx.Component:
    name = "node_count"
    return _labelled(
        name,
        stepper(
            name,
            value=VALUES[name],
            most=MAX_NODES,
            fewer=t("create.fewer_nodes"),
            more=t("create.more_nodes"),
            error=_error(name),
            on_leave=_leave(name),
        ),
    )


def _limit() -> rx.Component:
    name = "max_in_flight"
    return _labelled(
        name,
        text_input(
            name,
            error=_error(name),
            name=name,
            default_value=VALUES[name],
            placeholder=t("service_form.limit_ph"),
            on_blur=_leave(name),
            input_mode="numeric",
        ),
        required=False,
        hint=t("service_form.limit_hint"),
    )


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(_outlook(), class_name="say num", role="status"),
        rx.el.span(class_name="grow"),
        link_button(t("common.cancel"), href=routes.SERVICES, kind="gho"),
        button(
            rx.cond(Form.submitting, t("service_form.deploying"), t("service_form.deploy")),
            kind="pri",
            type="submit",
            disabled=Form.submitting,
        ),
        class_name="foot2",
    )


def _outlook() -> rx.Component:
    """What deploying will do, or what it still needs."""
    waiting = Form.waiting
    names = rx.foreach(Form.missing, lambda name: rx.el.li(one_of("service_field", name)))
    return rx.cond(
        Form.missing.length() > 0,
        rx.fragment(
            rx.el.i(class_name="off"),
            rx.el.span(t("service_form.missing")),
            rx.el.ul(names, class_name="cut"),
        ),
        rx.cond(
            Form.wrong > 0,
            rx.fragment(
                rx.el.i(class_name="bad"), rx.el.span(t("service_form.wrong", count=Form.wrong))
            ),
            rx.cond(
                waiting.code != "",
                rx.fragment(
                    rx.el.i(class_name="warn"),
                    rx.el.span(t("service_form.queues")),
                    rx.el.span(reason(waiting.code, waiting.args), class_name="cut"),
                ),
                rx.fragment(
                    rx.el.i(),
                    rx.el.span(t("service_form.starts")),
                    rx.el.span(t("service_form.on_nodes", count=VALUES["node_count"])),
                ),
            ),
        ),
    )


PAGE = Page(
    routes.NEW_SERVICE,
    t("service_form.title"),
    service_form,
    on_load=[Form.load, ServiceUrlState.load],
)
