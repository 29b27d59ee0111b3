"""A throw-away PostgreSQL server for tests, from the binaries that are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pg8000.native
import pytest

from inference_ui.backend.cluster.local.sockets import free_port
from inference_ui.backend.settings import Settings
from inference_ui.backend.store.database import Store

_TEMPLATE = "migrated"
"""A database that was migrated once, for others to be copied from."""


def binaries() -> Path:
    """Return the folder of ``initdb``; fails the test where PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is not installed; `make test` installs it where it can")
    return found[-1].parent


@contextmanager
def server() -> Iterator[str]:
    """Run a server on loopback; yields its URL without a database name."""
    user = _other_user()
    folder = Path(tempfile.mkdtemp(prefix="inference-ui-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        port = free_port()
        data = folder / "data"
        _run(user, "initdb", "-D", data, "-U", "product", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -F"
        _run(user, "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            url = f"postgresql://product@127.0.0.1:{port}"
            _make_template(url)
            yield url
        finally:
            _run(user, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str) -> str:
    """Make a database without tables on the server; return its URL."""
    return _create(url, f"test_{token_hex(6)}", "template1")


def migrated_database(url: str) -> str:
    """Make a database with all tables and nothing in them; return its URL."""
    return _create(url, f"test_{token_hex(6)}", _TEMPLATE)


def _make_template(url: str) -> None:
    store = Store(Settings(database_url=_create(url, _TEMPLATE, "template1")).database)
    store.migrate()
    store.close()


def _create(url: str, name: str, template: str) -> str:
    port = int(url.rsplit(":", 1)[1])
    connection = pg8000.native.Connection(
        "product", host="127.0.0.1", port=port, database="postgres"
    )
    try:
        connection.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        connection.close()
    return f"{url}/{name}"


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as ``postgres``, or as ``nobody``."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(user: str | None, program: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [binaries() / program, *arguments],
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{program} failed: {done.stderr}")
