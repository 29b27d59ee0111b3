"""The command ``sample``: one task with the sample, from its creation to its end.

It shows that an installation works, from the form's checks to the last result, without a browser.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from typing import Any

import httpx

from inference_ui import routes
from inference_ui.backend import bootstrap
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.errors import CannotStart, Message
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.settings import Settings
from inference_ui.rows.create import sample_values
from inference_ui.rows.create_values import EMPTY, draft_of
from inference_ui.rows.start import SAMPLE_DATASET
from inference_ui.web.lock import holder

SERVER_S = 300.0
"""How long a web server may take to answer that has only just been started."""
LOOK_AGAIN_S = 0.5

Tell = Callable[..., None]


def add_command(
    command: Callable[[str, Any], argparse.ArgumentParser],
    settings_of: Callable[[argparse.Namespace], Settings],
    tell: Tell,
    tell_status: Callable[[str, Message | None], None],
) -> None:
    """Add the command by ``command(name, run)``; ``tell_status`` is told each status of the task
    with its reason."""

    def sample(given: argparse.Namespace) -> int:
        settings = settings_of(given)
        await_server(settings)
        product = bootstrap.build(settings)
        try:
            administrator = product.accounts.ensure_administrator()
            task = _create(product, administrator)
            tell("cli.sample_created", name=task.name)
            task = _follow(product, administrator, task, tell_status)
        finally:
            product.close()
        tell("cli.sample_ended", succeeded=task.succeeded, found=task.found or 0)
        return 0 if task.status == TaskStatus.SUCCEEDED else 1

    command("sample", sample)


def await_server(settings: Settings, wait_s: float = SERVER_S) -> None:
    """Return when the web server answers: then the sample is there.

    Raises :class:`CannotStart` when it does not within ``wait_s`` seconds.
    """
    until = time.monotonic() + wait_s
    while not _answers(settings):
        if time.monotonic() > until:
            raise CannotStart("SERVER_NOT_FOUND", folder=str(settings.data_folder))
        time.sleep(LOOK_AGAIN_S)


def _answers(settings: Settings) -> bool:
    found = holder(settings.data_folder)
    if found is None:
        return False
    # A public address need not lead back from here.
    address = f"http://127.0.0.1:{settings.port}" if settings.public_url else found.address
    try:
        return httpx.get(f"{address}{routes.HEALTH}", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _create(product: Product, actor: Actor) -> InferenceTask:
    catalog = product.catalog
    values = sample_values(
        catalog.datasets(actor),
        product.packages.all(actor),
        catalog.specs(actor),
        catalog.volumes(actor),
    )
    if not values:
        raise CannotStart("SAMPLE_NOT_THERE")
    return product.tasks.create(
        actor, draft_of({**EMPTY, **values, "name": _free_name(product, actor)})
    )


def _free_name(product: Product, actor: Actor) -> str:
    names = (f"{SAMPLE_DATASET}-{number}" for number in itertools.count(1))
    return next(name for name in names if product.tasks.name_problem(actor, name) is None)


def _follow(
    product: Product,
    actor: Actor,
    task: InferenceTask,
    tell_status: Callable[[str, Message | None], None],
) -> InferenceTask:
    """Tell each change of a task until it has ended; return it as it is then."""
    told: tuple[str, Message | None] | None = None
    while True:
        task = product.tasks.get(actor, task.id)
        now = (task.status, task.detail or task.waiting)
        if now != told:
            tell_status(*now)
            told = now
        if TaskStatus(task.status).ended:
            return task
        time.sleep(LOOK_AGAIN_S)
