"""The page of one model package: what it is, its trial, changing and removing it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import NotFound, ProductError
from inference_ui.backend.models.account import Actor
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.packages import PackageRow, PackageRows, SettingRow, VersionRow, package_rows
from inference_ui.rows.spec_choice import SpecRow, spec_row
from inference_ui.rows.trial import TrialRow, trial_row
from inference_ui.state import live

REVISABLE = ("box_format", "description", "prompt")
"""What of a package its page lets its owner change."""


class PackageState(rx.State):
    """State of a package's page. ``shown`` is the id of the package whose rows these are."""

    shown: str = ""
    missing: bool = False
    asking: bool = False
    problem: MessageRow = MessageRow()

    package: PackageRow = PackageRow()
    variables: list[SettingRow] = []
    parameters: list[SettingRow] = []
    versions: list[VersionRow] = []
    specs: list[SpecRow] = []
    trial: TrialRow = TrialRow()
    spec_id: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the package of the address, and follow it from now on."""
        package_id = self.package_id
        await live.watch(self, f"package:{package_id}")
        if self.shown != package_id:
            self.reset()
        await self._read(package_id)
        self.shown, self.asking = package_id, False

    @rx.event
    async def reload(self) -> None:
        """Read the package and its trial again."""
        if self.shown and not self.missing:
            await self._read(self.shown)

    @rx.event
    def choose_spec(self, spec_id: str) -> None:
        """Choose where the package is tried."""
        if any(spec.id == spec_id for spec in self.specs):
            self.spec_id = spec_id

    @rx.event
    async def sent(self, _came: dict[str, Any]) -> None:
        """Show the trial that was just begun."""
        await self.reload()

    @rx.event
    async def stop_trial(self) -> None:
        """Have the trial end."""
        user, package_id = actor(), self.shown
        await rx.run_in_thread(lambda: product().trials.stop(user, package_id))
        await self.reload()

    @rx.event
    async def revise(self, name: str, value: str) -> None:
        """Change what has no part in how the server starts."""
        user, package_id = actor(), self.shown
        if name in REVISABLE and getattr(self.package, name) != value:
            change = {name: str(value)}
            await rx.run_in_thread(lambda: product().packages.revise(user, package_id, **change))
            await self.reload()

    @rx.event
    def ask(self) -> None:
        """Ask whether the package shall be removed."""
        self.asking, self.problem = True, MessageRow()

    @rx.event
    def dismiss(self) -> None:
        """Leave the package as it is."""
        self.asking = False

    @rx.event
    async def remove(self) -> Any:
        """Remove the package; what keeps it from that is said in the dialog."""
        user, package_id = actor(), self.shown
        try:
            await rx.run_in_thread(lambda: product().packages.remove(user, package_id))
        except ProductError as error:
            self.problem = message_row(error.message)
            return None
        self.reset()
        return rx.redirect(routes.PACKAGES)

    async def _read(self, package_id: str) -> None:
        user = actor()
        try:
            rows, trial = await rx.run_in_thread(lambda: _rows(user, package_id))
        except NotFound:
            self.missing = True
            return
        for row in fields(rows):
            value = getattr(rows, row.name)
            if getattr(self, row.name) != value:
                setattr(self, row.name, value)
        self._show(trial)

    def _show(self, trial: TrialRow) -> None:
        if self.trial != trial:
            self.trial = trial
        if not any(spec.id == self.spec_id for spec in self.specs):
            self.spec_id = self.specs[0].id if self.specs else ""


def _rows(user: Actor, package_id: str) -> tuple[PackageRows, TrialRow]:
    running = product()
    specs = [spec_row(spec) for spec in running.catalog.specs(user)]
    rows = package_rows(running.packages.view(user, package_id), specs)
    trial = running.trials.last(user, package_id)
    return rows, trial_row(trial, user, rows.package.trial_url)
