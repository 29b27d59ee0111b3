"""Fixtures that tests of several rooms need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.imaging.decoders import Decoders
from inference_ui.backend.imaging.kept import Kept
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.services.accounts import Accounts
from inference_ui.backend.settings import Settings
from inference_ui.backend.store.database import Store
from tests.support import databases, postgres

# How long an example takes says more of the machine, which others use too, than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: from the first of them on, Playwright keeps an event loop running in
    the process, and a test that needs one of its own could not start it. Of them the long files
    come first, so that in the end all processes are done at about the same time."""
    in_file = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[bool, int]:
        in_browser = "browser" in item.path.parts
        return in_browser, -in_file[item.path] if in_browser else 0

    items.sort(key=place)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for all tests of this process."""
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated, empty database, on both kinds of server."""
    if request.param == "sqlite":
        return databases.put_empty(tmp_path)
    url = postgres.migrated_database(request.getfixturevalue("postgres_server"))
    return Settings(database_url=url).database


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated, empty database, on both kinds of server."""
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty SQLite database."""
    store = Store(databases.put_empty(tmp_path))
    yield store
    store.close()


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Copies]:
    """What makes and keeps copies of pictures."""
    copies = Copies(Kept(tmp_path / "cache"), Decoders())
    yield copies
    copies.close()


@pytest.fixture
def administrator(sqlite_store: Store) -> Actor:
    """The administrator of ``sqlite_store``."""
    return Accounts(sqlite_store).ensure_administrator()


@pytest.fixture
def people(sqlite_store: Store, administrator: Actor) -> dict[Role, Actor]:
    """A user of each role in ``sqlite_store``."""
    accounts = Accounts(sqlite_store)
    made = {
        role: accounts.create_user(administrator, role.lower(), None, role)
        for role in (Role.VIEWER, Role.USER)
    }
    return {**made, Role.ADMINISTRATOR: administrator}
