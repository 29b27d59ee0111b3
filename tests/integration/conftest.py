"""The web side, once for all tests of a process that need it inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.batch import kill_clients
from tests.support.inside import Inside, running


@pytest.fixture(autouse=True)
def no_client_is_left() -> Iterator[None]:
    """End the batch clients that a test could not wait for."""
    yield
    kill_clients()


@pytest.fixture(scope="session")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The whole web side, with its product at hand."""
    with running(tmp_path_factory.mktemp("inside")) as web:
        yield web
