"""Sending requests: one small interface, and its implementation over aiohttp.

A transport knows nothing of items, retries or protocols. What goes wrong on the way is a value,
not an exception, so that no library's error passes this module.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import aiohttp
from yarl import URL

import inference_ui

MAX_ANSWER = 256 << 20
"""Bytes of the largest answer that is taken; it is held in memory as a whole."""

_LARGE = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; the body is decoded when the server compressed it."""

    status: int
    body: bytes
    retry_after: str | None = None


class Trouble(Enum):
    """How a request can end without a response.

    NOT_CONNECTED: it never reached the server. LOST: the connection broke, or what came was not
    HTTP or not whole. TIMED_OUT: no whole response in time. TOO_LARGE: the response is.
    """

    NOT_CONNECTED = "NOT_CONNECTED"
    LOST = "LOST"
    TIMED_OUT = "TIMED_OUT"
    TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request that has no response, and why, in a library's or system's words."""

    trouble: Trouble
    reason: str


class Transport(Protocol):
    """Sends requests over connections that are kept open. Redirects are not followed."""

    async def post(self, url: str, body: bytes) -> Answer | NoAnswer:
        """POST a body, byte for byte, and read the whole response."""

    async def get(self, url: str, timeout_s: float) -> Answer | NoAnswer:
        """GET, within ``timeout_s`` seconds altogether."""

    async def close(self) -> None:
        """Close all connections."""


class AiohttpTransport:
    """A transport over aiohttp. Create and use it inside a running event loop.

    ``timeout_s`` limits a whole POST, ``connect_timeout_s`` making a connection. ``headers`` are
    sent with every request.
    """

    def __init__(
        self, headers: dict[str, str], *, timeout_s: float, connect_timeout_s: float
    ) -> None:
        self._limits = aiohttp.ClientTimeout(total=timeout_s, sock_connect=connect_timeout_s)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "User-Agent": f"inference-ui/{inference_ui.__version__}",
                "Content-Type": "application/json",
                **headers,
            },
            # Without the header a server answers plainly; with it, many compress for nothing.
            skip_auto_headers=("Accept-Encoding",),
        )

    async def post(self, url: str, body: bytes) -> Answer | NoAnswer:
        """See :class:`Transport`."""
        # aiohttp writes bytes in one piece, but a file in pieces, with others between them.
        data = io.BytesIO(body) if len(body) > _LARGE else body
        return await self._request("POST", url, data, self._limits)

    async def get(self, url: str, timeout_s: float) -> Answer | NoAnswer:
        """See :class:`Transport`."""
        return await self._request("GET", url, None, aiohttp.ClientTimeout(total=timeout_s))

    async def close(self) -> None:
        """See :class:`Transport`."""
        await self._session.close()

    async def _request(
        self, method: str, url: str, data: bytes | io.BytesIO | None, limits: aiohttp.ClientTimeout
    ) -> Answer | NoAnswer:
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                data=data,
                timeout=limits,
                allow_redirects=False,
            ) as response:
                body = await _whole_body(response)
                if body is None:
                    return NoAnswer(Trouble.TOO_LARGE, "")
                return Answer(response.status, body, response.headers.get("Retry-After"))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return NoAnswer(Trouble.NOT_CONNECTED, _reason(error))
        except TimeoutError:
            return NoAnswer(Trouble.TIMED_OUT, "timed out")
        except (aiohttp.ClientError, OSError) as error:
            return NoAnswer(Trouble.LOST, _reason(error))


async def _whole_body(response: aiohttp.ClientResponse) -> bytes | None:
    """Return the body, None when it is too large; aiohttp raises when it is not whole."""
    length = response.content_length
    if length is not None and "Content-Encoding" not in response.headers:
        return await response.read() if length <= MAX_ANSWER else None
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > MAX_ANSWER:
            return None
        parts.append(part)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.encode("utf-8", "replace").decode()
