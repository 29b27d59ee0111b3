"""The database, on SQLite and on PostgreSQL: migrations, guarded writes, the one web server."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from inference_ui.backend.errors import Conflict, StoreError
from inference_ui.backend.models.account import User
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.settings import Settings
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store
from inference_ui.web.stop import stop
from tests.support import postgres
from tests.support.samples import NOW, a_task


@pytest.fixture
def task(store):
    with store.write() as session:
        session.add(User(id="owner", name="owner", role="USER"))
        session.flush()
        session.add(a_task())
    return a_task()


def stored(store, task):
    with store.read() as session:
        return session.get_one(InferenceTask, task.id)


def is_told(item, _name, kind, _reflected, _compare_to):
    """SQLite does not tell which way an index runs: only PostgreSQL's can be compared."""
    return kind != "index" or not any("DESC" in str(part) for part in item.expressions)


def test_the_migrations_make_what_the_models_declare(store, database_url):
    engine = create_engine(database_url)
    with engine.connect() as connection:
        opts = {"compare_type": True}
        if engine.dialect.name == "sqlite":
            opts["include_object"] = is_told
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_migrating_twice_is_migrating_once(store):
    store.migrate()


def test_a_task_is_read_back_as_it_was_written(store, task):
    read = stored(store, task)
    assert read.plan == task.plan
    assert read.created_at == NOW
    assert read.waiting is None


def test_every_table_but_the_accounts_themselves_requires_an_owner():
    for table in SQLModel.metadata.tables.values():
        nullable = table.name == "user_account"
        assert table.columns["owner_id"].nullable is nullable, table.name


def test_a_change_is_refused_when_the_task_is_no_longer_in_the_expected_status(store, task):
    with store.write() as session:
        assert queries.change(session, task, {"status": TaskStatus.STARTING})
    with store.write() as session:
        assert not queries.change(session, task, {"status": TaskStatus.FAILED})
    assert stored(store, task).status == TaskStatus.STARTING


def test_a_failed_write_leaves_nothing_behind(store, task):
    def fail():
        with store.write() as session:
            queries.change(session, task, {"status": TaskStatus.RUNNING})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert stored(store, task).status == TaskStatus.QUEUED


def test_many_writers_at_once_lose_no_write(store, task):
    def bump():
        for _ in range(10):
            with store.write() as session:
                row = session.get_one(InferenceTask, task.id, with_for_update=True)
                row.in_flight += 1
                session.add(row)

    threads = [threading.Thread(target=bump) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(store, task).in_flight == 40


def test_a_stop_is_written_once_and_not_after_the_end(store, task):
    values = {"stop_requested_at": NOW, "stop_requested_by": "owner"}
    with store.write() as session:
        assert queries.request_stop(session, task.id, values)
        assert not queries.request_stop(session, task.id, values | {"stop_requested_at": NOW})


def test_the_unfinished_come_oldest_first(store, task):
    with store.write() as session:
        for number, status in enumerate(("QUEUED", "FAILED", "RUNNING")):
            at = NOW + timedelta(minutes=number + 1)
            named = {"id": f"{number:016d}", "name": f"night {number}"}
            session.add(a_task(**named, created_at=at, status=status))
    with store.read() as session:
        found = [row.name for row in queries.unfinished(session)]
    assert found == ["night", "night 0", "night 2"]


def test_a_second_web_server_on_one_postgresql_database_is_refused(postgres_server):
    url = Settings(database_url=postgres.new_database(postgres_server)).database
    first, second = Store(url), Store(url)
    assert first.claim()
    assert first.claim()
    assert not second.claim()
    first.close()
    assert second.claim()
    second.close()


def test_stopping_leaves_a_database_alone_that_another_web_server_uses(postgres_server, tmp_path):
    settings = Settings(
        data_dir=tmp_path, database_url=postgres.new_database(postgres_server), sample=False
    )
    other = Store(settings.database)
    other.migrate()
    assert other.claim()
    with pytest.raises(Conflict, match="DATABASE_HAS_SERVER"):
        stop(settings)
    other.close()
    assert stop(settings).tasks == ()


def test_a_database_that_cannot_be_reached_is_one_clear_error():
    store = Store("postgresql+pg8000://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StoreError, match="DATABASE_UNUSABLE"):
        store.migrate()
    store.close()
