"""The database: one engine, short sessions, migrations, and the claim of the one web server.

SQLite (the default) runs in WAL mode with full syncs, and a write session takes the write lock at
its start, so two of them queue instead of failing half way. PostgreSQL runs the same code by
another URL. No session is ever held open over a network call or a cluster call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from inference_ui.backend.errors import StoreError

__all__ = ["Session", "Store", "migration_config"]

_ADVISORY_KEY = 0x1F5E_0001
"""Key of the advisory lock that the one web server of a PostgreSQL database holds."""


class Store:
    """The product's database. Thread-safe; each session belongs to one thread."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(write_lock=True)
        self._claim: Connection | None = None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read in. What it loaded stays usable after it is closed."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session to write in: committed at the end, or rolled back by an exception."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Bring the database's schema up to date.

        Raises :class:`StoreError` when the database cannot be reached or used.
        """
        try:
            with self._engine.connect() as connection:
                config = migration_config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise StoreError("DATABASE_UNUSABLE", error=_first_line(error)) from error

    def claim(self) -> bool:
        """Become the one web server of this database; False when another one is.

        With SQLite the lock of the data folder says it all, and this is always True.
        """
        if self._engine.dialect.name == "sqlite" or self._claim is not None:
            return True
        connection = self._engine.connect()
        query = text("SELECT pg_try_advisory_lock(:key)")
        granted = bool(connection.execute(query, {"key": _ADVISORY_KEY}).scalar())
        connection.commit()
        if granted:
            self._claim = connection
        else:
            connection.close()
        return granted

    def close(self) -> None:
        """Close all connections, and give up the claim."""
        if self._claim is not None:
            # Said aloud: the server would notice a closed connection only a moment later. A
            # connection that is dead holds no lock any more.
            with suppress(SQLAlchemyError):
                self._claim.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})
            self._claim.close()
            self._claim = None
        self._engine.dispose()


def migration_config() -> Config:
    """Return alembic's configuration for the migrations in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    locked = connection.get_execution_options().get("write_lock", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if locked else "BEGIN")


def _first_line(error: SQLAlchemyError) -> str:
    return str(error.__cause__ or error).strip().splitlines()[0]
