"""Empty databases with all tables, copied from one that was migrated once in this process."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from inference_ui.backend.settings import Settings
from inference_ui.backend.store.database import Store


def put_empty(data_dir: Path) -> str:
    """Write a migrated, empty SQLite database into a data folder that has none; return its URL."""
    url = Settings(data_dir=data_dir).database
    file = Path(url.removeprefix("sqlite:///"))
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_migrated())
    return url


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "database"
        store = Store(f"sqlite:///{file}")
        store.migrate()
        store.close()
        return file.read_bytes()
