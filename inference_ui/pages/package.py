"""The page of one version of a model package: what it is, and trying it."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.components.controls import icon_button, link_button, select_input
from inference_ui.components.feedback import confirm, empty, note, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.text_area import text_area
from inference_ui.i18n.live import (
    fmt_duration,
    fmt_size,
    fmt_time,
    one_of,
    reason,
    t,
)
from inference_ui.pages.package_exceptions import exceptions_note
from inference_ui.pages.package_trial import trial_section
from inference_ui.pages.shell import Page, shell
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.package import PackageState

ROW = PackageState.package
MAY_CREATE = SignedIn.role != "VIEWER"
LABEL = f"{ROW.name} {ROW.version}"


def package() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=PackageState.reload),
        rx.cond(
            PackageState.missing,
            empty(
                t("package.missing"),
                t("package.missing_text"),
                rx.el.div(
                    link_button(t("package_form.to_list"), href=routes.PACKAGES), class_name="acts"
                ),
            ),
            rx.cond(ROW.id != "", _body(), skeleton_rows(8)),
        ),
        _question(),
        heading=rx.el.div(
            rx.el.div(
                ReactRouterLink.create(t("packages.title"), to=routes.PACKAGES),
                icon("right"),
                class_name="crumb",
            ),
            rx.el.h1(
                rx.cond(PackageState.missing, t("package.missing"), ROW.name), class_name="cut"
            ),
            rx.el.span(ROW.version, class_name="tag mono"),
            class_name="pk-head",
        ),
        current=routes.PACKAGES,
        actions=(_actions(),),
    )


def _actions() -> rx.Component:
    return rx.cond(
        MAY_CREATE & (ROW.id != ""),
        rx.fragment(
            rx.cond(
                ROW.may_change,
                icon_button("delete", t("package.remove"), on_click=PackageState.ask),
            ),
            link_button(t("package.new_version"), href=ROW.copy_href, symbol="copy"),
            link_button(t("package.deploy"), href=ROW.service_href, symbol="services"),
            link_button(t("package.create_task"), href=ROW.task_href, kind="pri"),
        ),
    )


def _body() -> rx.Component:
    return rx.el.div(
        rx.cond(
            (ROW.description != "") & ~ROW.may_change,
            rx.el.p(ROW.description, class_name="about"),
        ),
        exceptions_note(),
        rx.el.div(
            rx.el.div(_calls(), _starts(), _settings(), class_name="col"),
            rx.el.div(_results(), _versions(), class_name="col"),
            class_name="cols",
        ),
        trial_section(),
        class_name="pkp",
    )


def _panel(title: Any, *content: Any, **props: Any) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title)), *content, class_name="panel", aria_label=title, **props
    )


def _facts(*rows: Any) -> rx.Component:
    return rx.el.dl(*rows, class_name="facts")


def _fact(name: Any, value: Any, *, code: bool = True, when: Any = None) -> rx.Component:
    shown = rx.el.div(
        rx.el.dt(name), rx.el.dd(value, class_name="mono" if code else ""), class_name="fact"
    )
    return shown if when is None else rx.cond(when, shown)


def _calls() -> rx.Component:
    return _panel(
        t("package_form.calls"),
        _facts(
            _fact(
                t("package_field.service_type"),
                one_of("service_type", ROW.service_type),
                code=False,
            ),
            _fact(t("package_field.model_name"), ROW.model_name, when=ROW.model_name != ""),
            _fact(t("package_field.predict_path"), ROW.predict_path),
            _fact(t("package_field.readiness_path"), ROW.readiness_path),
            _fact(
                t("package_field.image_template"),
                ROW.image_template,
                when=ROW.image_template != "",
            ),
            _fact(
                t("package.registered"),
                t("package.by", owner=ROW.owner, time=fmt_time(ROW.created_at, "full")),
                code=False,
            ),
        ),
    )


def _starts() -> rx.Component:
    image = ROW.image != ""
    return _panel(
        t("package_form.starts"),
        _facts(
            _fact(t("package_field.command"), ROW.command, when=ROW.command != ""),
            _fact(t("package_field.image"), ROW.image, when=image),
            _fact(t("package_field.port"), ROW.port, when=image),
            _fact(
                t("package_field.image_command"), ROW.image_command, when=ROW.image_command != ""
            ),
            _fact(
                t("package_field.image_arguments"),
                ROW.image_arguments,
                when=ROW.image_arguments != "",
            ),
            _fact(t("package_field.pull_secret"), ROW.pull_secret, when=ROW.pull_secret != ""),
            _fact(
                t("package.shm"),
                fmt_size(ROW.shm_bytes),
                code=False,
                when=ROW.shm_bytes != None,  # noqa: E711 - a Var
            ),
            _fact(t("package.model_files"), ROW.model_files, when=ROW.model_files != ""),
            _fact(t("package.ready_timeout"), fmt_duration(ROW.ready_timeout_s), code=False),
        ),
    )


def _settings() -> rx.Component:
    return rx.fragment(
        _panel(
            t("package_form.variables"),
            _setting_table(PackageState.variables, t("package_form.variables")),
            data_testid="variables",
        ),
        rx.cond(
            PackageState.parameters.length() > 0,
            _panel(
                t("package_form.parameters"),
                _setting_table(PackageState.parameters, t("package_form.parameters")),
            ),
        ),
    )


def _setting_table(rows: Any, label: Any) -> rx.Component:
    def line(row: Any) -> rx.Component:
        value = rx.cond(
            row.secret,
            rx.el.span(
                icon("lock", class_name="s"),
                rx.cond(row.set, t("package.secret_set"), t("package.secret_unset")),
                class_name="t3 sec",
            ),
            rx.el.span(row.default, class_name="mono", title=row.default),
        )
        return rx.el.tr(
            rx.el.td(rx.el.span(row.name, class_name="mono"), class_name="cut", title=row.name),
            rx.el.td(value, class_name="cut"),
            rx.el.td(row.description, class_name="cut t2", title=row.description),
            key=row.name,
        )

    return rx.cond(
        rows.length() > 0,
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"package_form.column_{name}"), scope="col")
                        for name in ("name", "default", "description")
                    )
                )
            ),
            rx.el.tbody(rx.foreach(rows, line)),
            aria_label=label,
        ),
        rx.el.p(t("package.no_variables"), class_name="none"),
    )


def _results() -> rx.Component:
    return rx.cond(
        ROW.may_change,
        _panel(
            t("package.revisable"),
            _facts(
                _fact(t("package_field.description"), _revised("description"), code=False),
                _fact(t("package_field.box_format"), _box_format(), code=False),
                _fact(t("package_field.prompt"), _revised("prompt"), code=False, when=ROW.prompts),
            ),
        ),
        _panel(
            t("package_form.results"),
            _facts(
                _fact(
                    t("package_field.box_format"), one_of("box_format", ROW.box_format), code=False
                ),
                _fact(t("package_field.prompt"), ROW.prompt, code=False, when=ROW.prompt != ""),
            ),
        ),
    )


def _box_format() -> rx.Component:
    return select_input(
        "box_format",
        *(rx.el.option(t(f"box_format.{order}"), value=str(order)) for order in BoxFormat),
        value=ROW.box_format,
        on_change=lambda value: PackageState.revise("box_format", value),
        aria_label=t("package_field.box_format"),
    )


def _revised(name: str) -> rx.Component:
    """Return a text that is changed as it is left."""
    values = {"description": ROW.description, "prompt": ROW.prompt}
    return text_area(
        name,
        default_value=values[name],
        on_blur=lambda value: PackageState.revise(name, value),
        rows=3,
        aria_label=t(f"package_field.{name}"),
        key=f"{ROW.id} {name}",
    )


def _versions() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            ReactRouterLink.create(
                row.version,
                to=row.href,
                class_name="mono",
                aria_current=rx.cond(row.current, "page", "false"),
            ),
            rx.el.span(fmt_time(row.created_at), class_name="t3 num"),
            key=row.id,
        )

    return _panel(
        t("package.versions"),
        rx.el.ul(rx.foreach(PackageState.versions, line), class_name="vers"),
        data_testid="versions",
    )


def _question() -> rx.Component:
    problem = PackageState.problem
    return confirm(
        t("package.remove_title", name=LABEL),
        t("package.remove_text"),
        rx.cond(problem.code != "", note(reason(problem.code, problem.args))),
        open=PackageState.asking,
        verb=t("package.remove"),
        symbol="delete",
        on_confirm=PackageState.remove,
        on_close=PackageState.dismiss,
    )


PAGE = Page(
    routes.PACKAGE,
    t("package.title_of", name=LABEL),
    package,
    on_load=PackageState.load,
)
