"""What forms hold of the choice of a compute spec: its type, card models, the specs left."""

from __future__ import annotations

import contextlib

import reflex as rx

from inference_ui.backend.errors import ClusterError
from inference_ui.context import actor, product
from inference_ui.rows.spec_choice import (
    CardModelRow,
    SpecRow,
    accelerators_of,
    card_models,
    spec_rows,
    specs_of,
)

LONGEST_NAME = 200
MOST_MODELS = 100


class SpecChoice(rx.State, mixin=True):
    """A part of a form's State; the form has ``values`` with the ``spec_id``."""

    all_specs: list[SpecRow] = []
    queued: dict[str, int] = {}
    accelerator: str = ""
    chosen_models: list[str] = []
    values: dict[str, str] = {}

    @rx.var
    def spec(self) -> SpecRow:
        """The chosen spec."""
        chosen = self.values.get("spec_id", "")
        return next((row for row in self.all_specs if row.id == chosen), SpecRow())

    @rx.var
    def accelerators(self) -> list[str]:
        """The types that there are specs of."""
        return accelerators_of(self.all_specs)

    @rx.var
    def shown_accelerator(self) -> str:
        """The type whose specs are shown: the one that was asked for, that of the chosen spec, or
        the first."""
        chosen = self.spec.accelerator if self.spec.id else ""
        return self.accelerator or chosen or next(iter(self.accelerators), "")

    @rx.var
    def models(self) -> list[CardModelRow]:
        """The card models of the type that is shown."""
        return card_models(self.shown_accelerator, self.all_specs, self.queued, self.chosen_models)

    @rx.var
    def specs(self) -> list[SpecRow]:
        """The specs of the type that is shown, and of the models that were chosen."""
        shown = {row.model for row in self.models}
        models = [model for model in self.chosen_models if model in shown]
        return specs_of(self.shown_accelerator, self.all_specs, models)

    @rx.event
    async def choose_accelerator(self, kind: str) -> None:
        """Show the specs of a type."""
        self.accelerator = str(kind)[:LONGEST_NAME]

    @rx.event
    async def toggle_model(self, model: str) -> None:
        """Narrow the specs to a card model, or no more to it."""
        kept = [one for one in self.chosen_models if one != model]
        if model not in self.chosen_models and len(kept) < MOST_MODELS:
            kept.append(str(model)[:LONGEST_NAME])
        self.chosen_models = kept

    async def _read_specs(self) -> None:
        """Show which specs there are, where they fit now, and how many cards are waited for."""
        user, running = actor(), product()
        rooms = None  # nobody knows, while the cluster cannot be asked
        with contextlib.suppress(ClusterError):
            self.queued = await rx.run_in_thread(lambda: running.capacity.queued(user))
            rooms = await rx.run_in_thread(lambda: running.choices.rooms(user))
        specs = await rx.run_in_thread(lambda: running.catalog.specs(user))
        rows = spec_rows(specs, rooms)
        if rows != self.all_specs:
            self.all_specs = rows
