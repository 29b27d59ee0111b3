"""Every path and link of the product, once. Pages, redirects and tests take them from here.

A page adds its path as a constant in Reflex's notation (``/tasks/[task_id]``) and, when the path
has arguments, a function beside it that builds the link. Nothing but strings is made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

TASKS = "/"
NEW_TASK = "/tasks/new"
TASK = "/tasks/[task_id]"
TASK_RESULTS = f"{TASK}/results"
SERVICES = "/services"
NEW_SERVICE = "/services/new"
SERVICE = "/services/[service_id]"
PACKAGES = "/packages"
NEW_PACKAGE = "/packages/new"
PACKAGE = "/packages/[package_id]"
DATASETS = "/datasets"
DATASET = "/datasets/[dataset_id]"
VOLUMES = "/volumes"
CLUSTER = "/cluster"
SPECS = "/specs"

NOT_FOUND = "404"
"""Reflex's name for the page that is shown where there is none."""

SIGN_IN = "/sign-in"
SIGN_IN_LINK = "/sign-in/link"
SIGN_OUT = "/sign-out"
HEALTH = "/health"
API = "/api"
WHO = f"{API}/me"
TOKENS = "/tokens.css"
FAVICON = "/favicon.svg"


def tasks(query: Iterable[tuple[str, str]] = ()) -> str:
    """Return the link to the task list as ``query`` narrows it (``rows.task_filter`` says how);
    empty values are left out."""
    given = urlencode([(name, value) for name, value in query if value])
    return f"{TASKS}?{given}" if given else TASKS


def new_sample_task() -> str:
    """Return the link to the create form, filled in with the sample."""
    return f"{NEW_TASK}?{urlencode({'sample': '1'})}"


def new_task(*, copy: str = "", service: str = "", package: str = "", dataset: str = "") -> str:
    """Return the link to the create form: empty, filled in like the task ``copy``, for the online
    service ``service``, or with a package or dataset chosen. Ids may be Vars."""
    return _with_ids(NEW_TASK, copy=copy, service=service, package=package, dataset=dataset)


def service(service_id: str, part: str = "") -> str:
    """Return the link to an online service's page, or to a ``part`` of it: test, logs, plan."""
    return f"/services/{service_id}?part={part}" if part else f"/services/{service_id}"


def ask_service(service_id: str) -> str:
    """Return the REST route that asks an online service one thing."""
    return f"{API}/services/{service_id}/ask"


def new_service(package: str = "", *, registered: bool = False) -> str:
    """Return the link to the form of a new online service, of a package or of one that runs."""
    return _with_ids(NEW_SERVICE, package=package, kind="url" if registered else "")


def package(package_id: str) -> str:
    """Return the link to the page of a version of a model package."""
    return f"/packages/{package_id}"


def new_package(copy: str = "") -> str:
    """Return the link to the form of a new package, empty or filled in like another one."""
    return _with_ids(NEW_PACKAGE, copy=copy)


def dataset(dataset_id: str) -> str:
    """Return the link to a dataset's page."""
    return f"/datasets/{dataset_id}"


def task(task_id: str, part: str = "") -> str:
    """Return the link to a task's page, or to a ``part`` of it: logs, failures, plan, history."""
    return f"/tasks/{task_id}?part={part}" if part else f"/tasks/{task_id}"


def task_log(task_id: str, replica: str) -> str:
    """Return the REST route of the whole log of a task's replica."""
    return f"{API}/tasks/{task_id}/logs/{replica}"


def task_results(task_id: str) -> str:
    """Return the link to a task's results."""
    return f"/tasks/{task_id}/results"


def task_results_overview(task_id: object) -> str:
    """Return the link to a task's results in numbers. An id may be a Var."""
    return f"/tasks/{task_id}/results?view=overview"


def task_failed_items(task_id: object) -> str:
    """Return the link to the failed ones among a task's results. An id may be a Var."""
    return f"/tasks/{task_id}/results?kind=FAILED"


def task_item(task_id: str, number: object) -> str:
    """Return the link to an item of a task's results, numbered from 1 in their order."""
    return f"/tasks/{task_id}/results?item={number}"


def sign_in(next_path: str = TASKS) -> str:
    """Return the link to the sign-in page that leads to ``next_path`` afterwards."""
    return SIGN_IN if next_path == TASKS else f"{SIGN_IN}?{urlencode({'next': next_path})}"


def sign_in_link(token: str) -> str:
    """Return the path that signs its bearer in once."""
    return f"{SIGN_IN_LINK}?{urlencode({'token': token})}"


def own_path(candidate: str | None) -> str:
    """Return ``candidate`` when it is a path of this server, else the start page.

    What begins with two slashes (or a backslash, which browsers read as one) names another host.
    """
    if not candidate or not candidate.startswith("/") or "\\" in candidate:
        return TASKS
    if candidate.startswith("//") or any(ord(char) < 32 for char in candidate):
        return TASKS
    return candidate


def _with_ids(path: str, **ids: str) -> str:
    """Return a link with those ids that are given. A Var is one that is: it is no text yet, so it
    is neither compared nor quoted (an id needs no quoting)."""
    given = [f"{name}={id}" for name, id in ids.items() if not (isinstance(id, str) and not id)]
    return f"{path}?{'&'.join(given)}" if given else path
