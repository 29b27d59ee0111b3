"""The dialog in which a compute spec is registered, changed or copied."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.models.compute import AcceleratorType
from inference_ui.components.controls import field, text_input
from inference_ui.components.dialog import form_dialog
from inference_ui.components.feedback import note
from inference_ui.components.text_area import text_area
from inference_ui.i18n.live import reason, t
from inference_ui.state.specs import SpecsState

VALUES = SpecsState.values
CHANGES = SpecsState.form == "CHANGE"
WITH_CARDS = VALUES["accelerator"] != AcceleratorType.CPU
SLICED = VALUES["sliced"] != ""
MODELS = "card-models"


def spec_form() -> rx.Component:
    """Return the dialog."""
    refused = SpecsState.refused
    return form_dialog(
        rx.match(
            SpecsState.form,
            ("CHANGE", t("specs.change")),
            ("COPY", t("specs.copy")),
            t("specs.add"),
        ),
        rx.cond(refused.code != "", note(reason(refused.code, refused.args))),
        rx.cond(CHANGES, rx.el.p(t("specs.change_note"))),
        _text("name", hint=t("specs.name_hint"), auto_focus=True),
        rx.el.div(
            _choice("accelerator", *((kind.value, kind.value) for kind in AcceleratorType)),
            rx.cond(
                WITH_CARDS,
                _choice("sliced", ("", t("specs.whole_cards")), ("1", t("specs.slices"))),
            ),
            class_name="pair",
        ),
        rx.el.div(
            _text("cpu", hint=t("specs.cpu_hint")),
            _text("memory", hint=t("specs.memory_hint")),
            class_name="pair",
        ),
        rx.cond(WITH_CARDS, _cards()),
        _advanced(),
        open=SpecsState.form != "",
        verb=rx.cond(CHANGES, t("specs.change_verb"), t("specs.add_verb")),
        on_submit=SpecsState.submit,
        on_close=SpecsState.close,
    )


def _cards() -> rx.Component:
    count = rx.cond(SLICED, t("specs.field_slices"), t("specs.field_cards"))
    return rx.fragment(
        rx.el.div(
            _text("card_model", hint=t("specs.card_model_hint"), required=False, list=MODELS),
            _text("cards", label=count, input_mode="numeric"),
            class_name="pair",
        ),
        rx.el.datalist(
            rx.foreach(SpecsState.models, lambda model: rx.el.option(value=model)), id=MODELS
        ),
        rx.cond(
            SLICED,
            rx.el.div(
                rx.el.div(
                    _text("slice_profile", required=False, placeholder="1g.10gb"),
                    _text("slice_memory", required=False, placeholder="12GiB"),
                    _text("slice_share", required=False, placeholder="25", input_mode="numeric"),
                    class_name="pair three",
                ),
                rx.el.p(t("specs.slices_hint"), class_name="hint"),
            ),
        ),
    )


def _advanced() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            t("specs.advanced"), rx.el.span(t("specs.advanced_hint"), class_name="t3 s12")
        ),
        rx.el.div(
            field(
                t("specs.field_tolerations"),
                text_area(
                    "tolerations",
                    error=_error("tolerations"),
                    code=True,
                    rows="3",
                    name="tolerations",
                    default_value=VALUES["tolerations"],
                    on_blur=lambda value: SpecsState.leave("tolerations", value),
                ),
                id="tolerations",
                error=_error("tolerations"),
                hint=t("specs.tolerations_hint"),
            ),
            _text("runtime_class", hint=t("specs.runtime_class_hint"), required=False),
            class_name="fields",
        ),
        open=SpecsState.unfolded,
    )


def _error(name: str) -> Any:
    problem = SpecsState.problems[name]
    return reason(problem.code, problem.args)


def _text(
    name: str, *, hint: Any = "", label: Any = None, required: bool = True, **props: Any
) -> rx.Component:
    return field(
        label if label is not None else t(f"specs.field_{name}"),
        text_input(
            name,
            error=_error(name),
            name=name,
            default_value=VALUES[name],
            on_blur=lambda value: SpecsState.leave(name, value),
            aria_required="true" if required else "false",
            **props,
        ),
        id=name,
        error=_error(name),
        hint=hint,
        required=required,
    )


def _choice(name: str, *options: tuple[str, Any]) -> rx.Component:
    """Return buttons of which one is chosen."""

    def option(value: str, word: Any) -> rx.Component:
        on = VALUES[name] == value
        return rx.el.button(
            word,
            type="button",
            class_name=rx.cond(on, "on", ""),
            aria_pressed=rx.cond(on, "true", "false"),
            on_click=SpecsState.leave(name, value),
        )

    return rx.el.div(
        rx.el.span(t(f"specs.field_{name}"), id=f"{name}-label", class_name="lab"),
        rx.el.div(
            *(option(value, word) for value, word in options),
            class_name="seg",
            role="group",
            aria_labelledby=f"{name}-label",
        ),
        class_name="f",
    )
