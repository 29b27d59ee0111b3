"""A running product seen from both sides: by a browser, and by hands in its data folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.task import InferenceTask
from tests.support.installation import Installation
from tests.support.samples import a_plan
from tests.support.server import Served, serving

NO_SAMPLE = {"INFERENCE_UI_SAMPLE": "false"}
"""A change of the environment: without the sample, which takes seconds to draw."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Site:
    """``inside`` works on the same database and volumes as the server, which runs the tasks."""

    served: Served
    inside: Installation

    @property
    def address(self) -> str:
        """Where the server answers."""
        return self.served.address

    def user(self, role: Role = Role.USER) -> Actor:
        """Make a user whom no other test knows."""
        accounts = self.inside.product.accounts
        name = f"{role.lower()}-{next(_numbers)}"
        return accounts.create_user(self.inside.administrator, name, None, role)

    def link(self, user: Actor) -> str:
        """Return an address that signs the user in once."""
        token = self.inside.product.accounts.new_link(user.name)
        return f"{self.address}{routes.sign_in_link(token)}"

    def record(self, owner: Actor, name: str, *, ago_s: float = 60, **values: Any) -> InferenceTask:
        """Put an ended task into the database, created so many seconds ago."""
        at = utc_now() - timedelta(seconds=ago_s)
        task = InferenceTask(
            name=name,
            owner_id=owner.id,
            plan=values.pop("plan", None) or a_plan(),
            created_at=at,
            status_since=at,
            ended_at=at + timedelta(seconds=50),
            **values,
        )
        with self.inside.product.store.write() as session:
            session.add(task)
        return task

    def start(self, owner: Actor, name: str, package: str, dataset: str) -> InferenceTask:
        """Queue a task that the server will run."""
        draft = self.inside.draft(name, package, dataset)
        return self.inside.product.tasks.create(owner, draft)


@contextmanager
def site(folder: Path, changes: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Serve a product over a new data folder, with ``changes`` to the environment; in the end stop
    it and all that it started."""
    with serving(folder, changes) as served:
        inside = Installation(folder, (changes or {}).get("INFERENCE_UI_INVENTORY"))
        try:
            yield Site(served, inside)
        finally:
            inside.product.close()
