"""What forms hold of a server that is to be deployed: overrides one by one, and its place.

Values of secret variables stay here, on the server: they are neither sent back to the browser nor
kept in it.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.context import actor, product
from inference_ui.rows.server_form import (
    NodeRow,
    OverrideRow,
    node_rows,
    parameter_rows,
    variable_rows,
)
from inference_ui.state.available import AvailableState

LONGEST_VALUE = 20_000
"""Longer than the service takes, which says so: what was typed is not cut in silence."""
MOST_NODES = 1_000

_HELD = {"variable": "_environment", "parameter": "_arguments"}


class ServerFields(rx.State, mixin=True):
    """A part of a form's State. The form tells :meth:`_choose_package` and :meth:`_choose_spec`
    what was chosen, and is told by :meth:`_server_changed` of what changes here."""

    variables: list[OverrideRow] = []
    parameters: list[OverrideRow] = []
    nodes: list[NodeRow] = []
    drivers: list[str] = []
    chosen_nodes: list[str] = []

    _package: PackageSnapshot | None = None
    _environment: dict[str, str] = {}
    _secrets: dict[str, str] = {}
    _arguments: dict[str, str] = {}

    @rx.event
    async def override(self, kind: str, name: str, value: str) -> None:
        """Take over the value of a variable or a parameter; an empty one is the default's, or of a
        secret the one that was typed before."""
        self._hold(str(kind), str(name), str(value)[:LONGEST_VALUE])
        self._show_overrides()
        await self._server_changed()

    @rx.event
    async def reset_override(self, kind: str, name: str) -> None:
        """Go back to the package's default."""
        kind, name = str(kind), str(name)
        held = "_secrets" if self._is_secret(kind, name) else _HELD.get(kind, "_environment")
        setattr(self, held, _without(getattr(self, held), name))
        self._show_overrides()
        await self._server_changed()

    @rx.event
    async def toggle_node(self, name: str) -> None:
        """Choose a node, or choose it no more."""
        chosen = [one for one in self.chosen_nodes if one != name]
        if name not in self.chosen_nodes and len(chosen) < MOST_NODES:
            chosen.append(str(name)[:LONGEST_VALUE])
        await self._choose_nodes(chosen)

    @rx.event
    async def clear_nodes(self) -> None:
        """Let the platform choose."""
        await self._choose_nodes([])

    def _hold(self, kind: str, name: str, value: str) -> None:
        secret = self._is_secret(kind, name)
        if value or not secret:
            held = _HELD.get(kind, "_environment") if not secret else "_secrets"
            others = _without(getattr(self, held), name)
            setattr(self, held, {**others, name: value} if value else others)

    def _take_overrides(self, form: dict[str, Any]) -> None:
        """Take over what stands in the fields as the form is sent, also where none was left."""
        for field, value in form.items():
            kind, separator, name = field.partition(":")
            if separator and kind in _HELD and isinstance(value, str):
                self._hold(kind, name, value[:LONGEST_VALUE])
        self._show_overrides()

    async def _choose_nodes(self, chosen: list[str]) -> None:
        self.chosen_nodes = chosen
        self.nodes = [
            NodeRow(row.name, row.free, row.fits, row.name in chosen, row.why) for row in self.nodes
        ]
        await self._server_changed()

    async def _choose_package(self, package_id: str) -> None:
        """Show the variables of a package. What was typed for another one stays, by name."""
        user, choices = actor(), product().choices
        self._package = await rx.run_in_thread(lambda: choices.package(user, package_id))
        self._show_overrides()

    async def _choose_spec(self, spec_id: str) -> None:
        """Show where a spec may go."""
        user, choices = actor(), product().choices
        try:
            places = await rx.run_in_thread(lambda: choices.places(user, spec_id))
        except ClusterError:  # the form's check says so; what is shown stays
            return
        rows = node_rows(places, self.chosen_nodes)
        if rows != self.nodes:  # what is assigned is sent, and there may be thousands
            self.nodes = rows
        self.drivers = list(places.drivers)
        available = await self.get_state(AvailableState)
        await available._choose(spec_id)

    def _is_secret(self, kind: str, name: str) -> bool:
        named = (row for row in self.variables if row.name == name and row.secret)
        return kind == "variable" and next(named, None) is not None

    def _show_overrides(self) -> None:
        self.variables = variable_rows(self._package, self._environment, self._secrets)
        self.parameters = parameter_rows(self._package, self._arguments)

    def _overrides(self) -> dict[str, str]:
        """Return the variables that were set, secrets included, of the chosen package only."""
        changed = {row.name for row in self.variables if row.changed}
        given = {**self._environment, **self._secrets}
        return {name: value for name, value in given.items() if name in changed}

    def _changed_parameters(self) -> dict[str, str]:
        """Return the parameters that were set, of the chosen package only."""
        return {row.name: row.value for row in self.parameters if row.changed}

    async def _server_changed(self) -> None:
        """Something of the server changed. A form checks itself then."""


def _without(values: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if key != name}
