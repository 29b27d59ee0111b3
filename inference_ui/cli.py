"""The command line: ``inference-ui serve``, ``stop``, ``link``, ``user``, ``build``, and those of
``cli_catalog`` and ``cli_sample``. (``infer`` stands here for the help; it is run by ``__main__``
without all this.)

A thin skin over the web server and the services. What cannot be done is said in one line, in the
language of the terminal, with exit code 2; a traceback is a defect.
"""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inference_ui import __version__, cli_catalog, cli_sample, routes
from inference_ui.backend import bootstrap
from inference_ui.backend.batch import infer
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.errors import CannotStart, InvalidFields, Message, ProductError
from inference_ui.backend.models.account import Role
from inference_ui.backend.settings import Settings
from inference_ui.i18n.text import best_locale, reason, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        code: int | None = given.run(given)
    except InvalidFields as error:
        for name, message in error.fields.items():
            _complain(f"{name}: {reason(LOCALE, message)}")
        return 2
    except ProductError as error:
        _complain(reason(LOCALE, error.message))
        return 2
    except KeyboardInterrupt:  # before it served
        tell("cli.stopped")
        return 130
    return code or 0


def _serve(given: argparse.Namespace) -> None:
    from inference_ui.web.serve import serve

    settings = _settings(given)
    tell("cli.starting")
    going_on = serve(settings, build=given.build, on_ready=_greet)
    tell("cli.stopped")
    if going_on:
        tell("cli.going_on", names=", ".join(going_on), count=len(going_on))


def _greet(product: Product) -> None:
    administrator = product.accounts.ensure_administrator()
    link = routes.sign_in_link(product.accounts.new_link(administrator.name))
    address = product.settings.address
    tell("cli.ready", address=address, link=f"{address}{link}", name=administrator.name)


def _stop(given: argparse.Namespace) -> None:
    from inference_ui.web.stop import stop

    ended = stop(_settings(given))
    if ended.pid is not None:
        tell("cli.server_ended", pid=ended.pid)
    if ended.tasks:
        tell("cli.tasks_ended", count=len(ended.tasks), names=", ".join(ended.tasks))
    if ended.workloads:
        tell("cli.workloads_ended", count=ended.workloads)
    if ended.pid is None and not ended.tasks and not ended.workloads:
        tell("cli.nothing_runs")


def _link(given: argparse.Namespace) -> None:
    product = _open(given)
    from inference_ui.web.lock import holder

    running = holder(product.settings.data_folder)
    address = running.address if running else product.settings.address
    path = routes.sign_in_link(product.accounts.new_link(given.name))
    tell("cli.link", name=given.name, link=f"{address}{path}")
    product.close()


def _user(given: argparse.Namespace) -> None:
    product = _open(given)
    password = getpass.getpass(say(LOCALE, "cli.password", name=given.name))
    administrator = product.accounts.ensure_administrator()
    known = {user.name for user in product.accounts.users(administrator)}
    if given.name in known:
        product.accounts.set_password(administrator, given.name, password)
        tell("cli.password_set", name=given.name)
    else:
        role = Role(given.role.upper())
        product.accounts.create_user(administrator, given.name, password, role)
        tell("cli.user_created", name=given.name)
    product.close()


def _build(given: argparse.Namespace) -> None:
    from inference_ui.web.build import ensure_built

    tell("cli.built" if ensure_built() else "cli.up_to_date")


def _open(given: argparse.Namespace) -> Product:
    product = bootstrap.build(_settings(given))
    product.accounts.ensure_administrator()
    return product


def _settings(given: argparse.Namespace) -> Settings:
    """Settings from the environment, with what the command line says on top."""
    chosen: dict[str, Any] = {
        name: value
        for name in ("data_dir", "port", "host", "inventory")
        if (value := getattr(given, name, None)) is not None
    }
    try:
        settings = Settings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise CannotStart("SETTING_INVALID", name=name, error=first["msg"]) from error
    # The server changes its folder before it serves.
    absolute = {"data_dir": settings.data_folder, "inventory": settings.inventory_file}
    return settings.model_copy(update=absolute)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inference-ui", description=say(LOCALE, "cli.product"))
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = _command(commands, "serve", _serve)
    serve.add_argument("--port", type=int, help=say(LOCALE, "cli.help_port"))
    serve.add_argument("--host", help=say(LOCALE, "cli.help_host"))
    serve.add_argument(
        "--inventory", metavar="demo|FILE", type=Path, help=say(LOCALE, "cli.help_inventory")
    )
    serve.add_argument(
        "--no-build", dest="build", action="store_false", help=say(LOCALE, "cli.help_no_build")
    )
    _command(commands, "stop", _stop)
    link = _command(commands, "link", _link)
    link.add_argument("name", nargs="?", default="admin")
    user = _command(commands, "user", _user)
    user.add_argument("name")
    user.add_argument("--role", default="user", choices=[role.lower() for role in Role])
    cli_catalog.add_commands(lambda name, run: _command(commands, name, run), _open, tell)
    cli_sample.add_command(
        lambda name, run: _command(commands, name, run), _settings, tell, _tell_status
    )
    batch = commands.add_parser("infer", help=say(LOCALE, "cli.help_infer"))
    batch.set_defaults(run=infer.infer)
    infer.add_arguments(batch)
    build = commands.add_parser("build", help=say(LOCALE, "cli.help_build"))
    build.set_defaults(run=_build)
    return parser


def _command(commands: Any, name: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=say(LOCALE, f"cli.help_{name}")
    )
    command.add_argument("--data-dir", type=Path, help=say(LOCALE, "cli.help_data_dir"))
    command.set_defaults(run=run)
    return command


def _terminal_locale() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if spoken := os.environ.get(name):
            return best_locale(None, spoken[:2])
    return "en"


def tell(key: str, **args: Any) -> None:
    """Say something to whoever typed the command."""
    sys.stdout.write(say(LOCALE, key, **args) + "\n")
    sys.stdout.flush()


def _tell_status(status: str, why: Message | None) -> None:
    words = say(LOCALE, f"status.{status}")
    tell("cli.sample_status", status=words, reason=reason(LOCALE, why) if why else "")


def _complain(text: str) -> None:
    sys.stderr.write(f"inference-ui: {text}\n")


LOCALE = _terminal_locale()

if __name__ == "__main__":
    sys.exit(main())
