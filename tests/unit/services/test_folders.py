"""Counting what a dataset holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference_ui.backend.errors import NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.catalog import Catalog
from inference_ui.backend.store.database import Store
from tests.support.shelves import Shelves


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Three requests in nested folders, a picture and a text beside them."""
    root = tmp_path / "pages"
    (root / "deep" / "deeper").mkdir(parents=True)
    for path in ("1.json", "deep/2.JSON", "deep/deeper/3.json", "deep/fig.png", "read.me"):
        (root / path).touch()
    return root


@pytest.fixture
def catalog(sqlite_store: Store, administrator: Actor, pages: Path) -> Catalog:
    shelves = Shelves(sqlite_store, pages.parent.parent / "own", administrator)
    shelves.dataset("pages", shelves.volume("data", pages.parent), "pages")
    return Catalog(sqlite_store)


def test_inputs_are_counted_by_their_kind_and_only_so_far(
    catalog: Catalog, administrator: Actor
) -> None:
    [(dataset, _)] = catalog.datasets(administrator)
    assert catalog.count_inputs(administrator, dataset.id, InputKind.JSON, 100) == 3
    assert catalog.count_inputs(administrator, dataset.id, InputKind.IMAGES, 100) == 1
    assert catalog.count_inputs(administrator, dataset.id, InputKind.JSON, 2) == 2


def test_inputs_of_a_dataset_that_is_not_there_cannot_be_counted(
    catalog: Catalog, administrator: Actor
) -> None:
    with pytest.raises(NotFound, match="DATASET_UNKNOWN"):
        catalog.count_inputs(administrator, "no-such-dataset", InputKind.JSON, 100)
