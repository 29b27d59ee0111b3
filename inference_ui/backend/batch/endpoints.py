"""Where the servers are: the job names them, or they are looked for while the run lasts, by a
:class:`Discovery`: in a folder (here) or in a cluster (``slice_watch``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

_POLL_S = 0.25

Use = Callable[[frozenset[str]], None]
"""Takes the base URLs of all servers that there are from now on."""


class Discovery(Protocol):
    """Finds servers that come and go. A run may watch several times, one after the other."""

    async def watch(self, use: Use, ended: asyncio.Event) -> None:
        """Call ``use`` with the base URLs, as soon as they are known and whenever they change;
        return soon after ``ended``. What cannot be asked for a while is no error."""


class Folder:
    """A folder in which each ``*.url`` file holds one base URL, and which may change at any
    time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def watch(self, use: Use, ended: asyncio.Event) -> None:
        """See :class:`Discovery`."""
        known: frozenset[str] | None = None
        while not ended.is_set():
            urls = urls_in(self._path)
            if urls != known:
                known = urls
                use(urls)
            await pause(_POLL_S, ended)


def is_base_url(text: str) -> bool:
    """Tell whether text is an HTTP URL that a path can be put behind."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme in ("http", "https")
            and parts.hostname
            and (parts.port is None or parts.port > 0)
            and not parts.query
            and not parts.fragment
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def urls_in(folder: Path) -> frozenset[str]:
    """Return the base URLs that the folder's files hold; none while it is not there. A file that
    holds something else is not (yet) an endpoint."""
    urls = set()
    try:
        files = sorted(folder.glob("*.url"))
    except OSError:
        return frozenset()
    for file in files:
        try:
            url = file.read_text().strip()
        except (OSError, UnicodeDecodeError):
            continue  # taken away or half written at this moment; asked again in the next
        if is_base_url(url):
            urls.add(url)
    return frozenset(urls)


async def pause(seconds: float, ended: asyncio.Event) -> None:
    """Wait, but no longer than until ``ended``."""
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return


async def until(ended: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do some work, but no longer than until ``ended``. Raises what the work does."""
    working, ending = asyncio.ensure_future(work), asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait((working, ending), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()
        ending.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)
