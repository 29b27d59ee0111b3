"""Where the servers are: the job names them, or a folder does, in which each ``*.url`` file holds
one base URL and which may change at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

_POLL_S = 0.25


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


async def watch_folder(
    folder: Path, use: Callable[[frozenset[str]], None], ended: asyncio.Event
) -> None:
    """Call ``use`` with the folder's base URLs, now and whenever they change, until ``ended``."""
    known: frozenset[str] | None = None
    while not ended.is_set():
        urls = urls_in(folder)
        if urls != known:
            known = urls
            use(urls)
        await pause(_POLL_S, ended)


async def pause(seconds: float, ended: asyncio.Event) -> None:
    """Wait, but no longer than until ``ended``."""
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return
