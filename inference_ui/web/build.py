"""Building the front end, and knowing whether it must be built again.

The build is done by Reflex in a process of its own and takes seconds; what it was made of is
stamped, so that a start without changes builds nothing. Imports nothing of Reflex: a start that
need not build must not pay for it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inference_ui.backend.errors import CannotStart

ROOT = Path(__file__).parents[2]
WEB = ROOT / ".web"
STAMPS = ROOT / ".build"
BUILT = WEB / "build" / "client" / "index.html"

_PAGES = ("pages", "state", "components", "rows", "i18n", "client")
_FILES = (
    "rxconfig.py",
    "requirements.lock",
    "reflex.lock/package.json",
    "inference_ui/inference_ui.py",
    "inference_ui/routes.py",
    "inference_ui/web/plugin.py",
    "inference_ui/web/head.py",
    "inference_ui/backend/records.py",
)
"""What the front end is made of. State classes are part of it: their first values are compiled."""


def ensure_built() -> bool:
    """Build the front end unless it is up to date; returns whether it was built.

    Only one process builds at a time; the others wait for it. Raises :class:`CannotStart` with the
    last lines of what the build said.
    """
    with _alone():
        wanted = fingerprint()
        stamp = STAMPS / "frontend"
        if BUILT.is_file() and stamp.is_file() and stamp.read_text("utf-8") == wanted:
            return False
        stamp.unlink(missing_ok=True)
        _build()
        stamp.write_text(fingerprint(), "utf-8")
        return True


def fingerprint() -> str:
    """Return a hash over everything that the front end is made of."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    package = ROOT / "inference_ui"
    for folder in (*(package / name for name in _PAGES), package / "backend" / "models"):
        yield from (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    for path in (ROOT / "assets").rglob("*"):
        if path.is_file() and "external" not in path.parts:
            yield path
    yield from (path for name in _FILES if (path := ROOT / name).is_file())


@contextmanager
def _alone() -> Iterator[None]:
    STAMPS.mkdir(exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build() -> None:
    # A module: `reflex` on PATH may belong to another environment.
    command = (sys.executable, "-m", "reflex", "export", "--no-zip", "--frontend-only", "--no-ssr")
    log = STAMPS / "frontend.log"
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            command,
            check=False,
            cwd=ROOT,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0 or not BUILT.is_file():
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise CannotStart("BUILD_FAILED", log=str(log), tail=tail)


def _environment() -> dict[str, str]:
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((bin_folder, os.environ.get("PATH", os.defpath))),
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "NO_COLOR": "1",
        # The lock names no host: whoever builds takes packages from where npm is set up to.
        "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    }
    if "NPM_CONFIG_REGISTRY" not in environment:
        # Without it Reflex would measure which of two registries answers faster.
        asked = subprocess.run(  # noqa: S603
            (str(Path(bin_folder) / "npm"), "config", "get", "registry"),
            check=False, cwd=ROOT, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        if asked.returncode == 0:
            environment["NPM_CONFIG_REGISTRY"] = asked.stdout.strip()
    return environment
