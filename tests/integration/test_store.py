"""The database, on SQLite and on PostgreSQL: migrations, guarded writes, the one web server."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
from sqlmodel import SQLModel

from inference_ui.backend.errors import Conflict, StoreError
from inference_ui.backend.models.account import User
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.settings import Settings
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store, migration_config
from inference_ui.web.stop import stop
from tests.support import postgres
from tests.support.samples import NOW, a_plan, a_task, through


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


def migrated_to(url, revision):
    engine = create_engine(url)
    with engine.connect() as connection:
        config = migration_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return engine


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_tasks_of_before_are_found_by_what_their_plans_say(request, tmp_path, kind):
    if kind == "sqlite":
        settings = Settings(data_dir=tmp_path)
    else:
        server = request.getfixturevalue("postgres_server")
        settings = Settings(database_url=postgres.new_database(server))
    database_url = settings.database
    engine = migrated_to(database_url, "0003")
    own = a_plan().model_dump(mode="json")
    earlier = {key: value for key, value in own.items() if key != "server"}
    earlier |= {key: value for key, value in own["server"].items() if key != "kind"}
    plans = {"own": own, "earlier": earlier, "shared": through().model_dump(mode="json")}
    tables = MetaData()
    tables.reflect(engine, only=["user_account", "inference_task", "task_event"])
    users, tasks, events = (
        tables.tables[name] for name in ("user_account", "inference_task", "task_event")
    )
    ended = NOW + timedelta(seconds=90)
    with engine.begin() as connection:
        user = {"id": "owner", "name": "owner", "role": "USER", "disabled": False}
        connection.execute(users.insert().values(**user, created_at=NOW))
        for id, plan in plans.items():
            counts = {"succeeded": 1, "failed": 0, "rate": 0.0, "in_flight": 0}
            flags = {"attempt": 1, "retry_failed": False, "canary": False, "status": "SUCCEEDED"}
            times = {"created_at": NOW, "status_since": ended, "ended_at": ended}
            values = {"id": id, "name": id, "owner_id": "owner", "plan": plan}
            connection.execute(tasks.insert().values(**values, **counts, **flags, **times))
            told = {
                "task_id": id,
                "owner_id": "owner",
                "at": NOW,
                "attempt": 1,
                "code": "SUBMITTED",
            }
            connection.execute(events.insert().values(**told, args={}))
    engine.dispose()
    store = Store(database_url)
    store.migrate()
    with store.read() as session:
        found = {id: session.get_one(InferenceTask, id) for id in plans}
        assert all(len(queries.events(session, id)) == 1 for id in plans)
    store.close()
    said = {id: (task.package, task.spec, task.dataset_id) for id, task in found.items()}
    assert said == {
        "own": ("detector 1.0.0", "cpu-1c", "dataset"),
        "earlier": ("detector 1.0.0", "cpu-1c", "dataset"),
        "shared": ("detector 1.0.0", "", "dataset"),
    }
    assert {task.took_s for task in found.values()} == {90}


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


def test_many_are_changed_at_once_but_none_that_is_not_as_expected(store, task):
    moved = a_task(id="f" * 16, name="moved", status=TaskStatus.RUNNING)
    with store.write() as session:
        session.add(moved)
    with store.write() as session:
        queries.change(session, moved, {"status": TaskStatus.FINISHING})
    waiting = {"code": "SERVER_AWAY", "args": {}}
    with store.write() as session:
        queries.change_all(session, [(task, {"waiting_for": waiting}), (moved, {"found": 7})])
    assert stored(store, task).waiting_for == waiting
    assert stored(store, moved).found is None
    with store.write() as session:
        queries.change_all(session, [(task, {"waiting_for": None, "progress_at": NOW})])
    assert (stored(store, task).waiting_for, stored(store, task).progress_at) == (None, NOW)


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
