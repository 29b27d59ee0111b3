"""What the create form holds, and what follows from it."""

from __future__ import annotations

import json
import time

import reflex as rx

from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.rows.create import (
    ChoiceRows,
    DatasetRow,
    EarlierRow,
    PackageRow,
    ServiceRow,
    of_type,
)
from inference_ui.rows.create_values import EMPTY, draft_of, missing
from inference_ui.state import create_offer
from inference_ui.state.create_offer import Filled
from inference_ui.state.server_fields import ServerFields
from inference_ui.state.spec_choice import SpecChoice


class DraftFields(SpecChoice, ServerFields, mixin=True):
    """The fields of the create form. ``kept`` lies in the browser's tab: what is filled in outlives
    the web server, all but the values of secret variables."""

    choices: ChoiceRows = ChoiceRows()
    values: dict[str, str] = EMPTY
    kept: str = rx.SessionStorage("")
    saved_at: float = 0.0
    earlier: list[EarlierRow] = []

    _left: list[str] = []
    _asked: str = ""

    @rx.var
    def packages(self) -> list[PackageRow]:
        """The packages of the chosen service type."""
        return of_type(self.choices.packages, self.values["service_type"])

    @rx.var
    def package(self) -> PackageRow:
        """The chosen package."""
        rows = (row for row in self.choices.packages if row.id == self.values["package_id"])
        return next(rows, PackageRow("", "", "", ""))

    @rx.var
    def dataset(self) -> DatasetRow:
        """The chosen dataset."""
        rows = (row for row in self.choices.datasets if row.id == self.values["dataset_id"])
        return next(rows, DatasetRow("", "", ""))

    @rx.var
    def service(self) -> ServiceRow:
        """The chosen online service."""
        rows = (row for row in self.choices.services if row.id == self.values["service_id"])
        return next(rows, ServiceRow())

    @rx.var
    def volume_name(self) -> str:
        """The name of the chosen volume."""
        chosen = self.values["volume_id"]
        return next((row.name for row in self.choices.volumes if row.id == chosen), "")

    @rx.var
    def node_total(self) -> int:
        """How many nodes were asked for; 0 when that is no number."""
        return draft_of({**self.values, "mode": "PACKAGE"}).node_count

    @rx.var
    def missing(self) -> list[str]:
        """The required fields that are still empty."""
        return missing(self.values)

    def _draft(self) -> TaskDraft:
        return draft_of(
            self.values, self._overrides(), self._changed_parameters(), self.chosen_nodes
        )

    def _set(self, values: dict[str, str]) -> None:
        self.values = {**self.values, **values}
        self._left = [*self._left, *(name for name in values if name not in self._left)]
        self._keep()

    def _keep(self) -> None:
        kept = {
            "values": self.values,
            "environment": self._environment,
            "parameters": self._arguments,
            "nodes": self.chosen_nodes,
            "asked": self._asked,
        }
        self.kept, self.saved_at = json.dumps(kept), time.time()

    def _take(self, filled: Filled) -> None:
        """Fill in what something else says."""
        if filled.whole:
            self._environment, self._secrets, self._arguments, self.chosen_nodes = {}, {}, {}, []
        self._environment = {**self._environment, **filled.environment}
        self._secrets = {**self._secrets, **filled.secrets}
        self._arguments = {**self._arguments, **filled.parameters}
        self.chosen_nodes = filled.nodes or self.chosen_nodes
        if filled != Filled():
            self._set(filled.values)

    def _restore(self) -> None:
        """Take back what the tab kept, when the server knows nothing of it (any more)."""
        if self.values == EMPTY:
            self._take(create_offer.kept_of(self.kept))
            self._asked = create_offer.asked_before(self.kept) or self._asked

    def _forget_other_packages(self) -> None:
        """A package of another type no longer fits; the only one that fits is chosen."""
        fitting = [row.id for row in of_type(self.choices.packages, self.values["service_type"])]
        if self.values["package_id"] not in fitting:
            chosen = fitting[0] if len(fitting) == 1 else ""
            self.values = {**self.values, "package_id": chosen}
