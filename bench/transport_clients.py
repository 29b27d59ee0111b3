"""HTTP clients at the same work without files: POST the same body so many times, 32 in flight.

Runs in .venv-bench, one client a process, and prints what it took as JSON.
Usage: python -m bench.transport_clients NAME URL COUNT
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import files, metadata
from io import BytesIO
from typing import Any

from bench.answers import ANSWER_BYTES
from bench.datasets import seldon_body

IN_FLIGHT = 32
BODY = seldon_body(0)
HEADERS = {"content-type": "application/json"}


ANSWERED: list[int] = []
"""The size of each answer; appending is safe from any thread."""


def check(answer: bytes) -> None:
    """Take note of an answer; main sees that all came, and whole."""
    ANSWERED.append(len(answer))


def on_uvloop(worker: Callable[[str, Iterator[int]], Any], url: str, count: int) -> None:
    """Run as many workers as may be in flight; they share one counter."""
    import uvloop

    async def main() -> None:
        turns = iter(range(count))
        await worker(url, turns)

    uvloop.run(main())


async def aiohttp_worker(url: str, turns: Iterator[int]) -> None:
    """The client session of aiohttp."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def work() -> None:
            for _ in turns:
                async with session.post(url, data=BODY, headers=HEADERS) as answer:
                    check(await answer.read())

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def httpx_worker(url: str, turns: Iterator[int]) -> None:
    """The asynchronous client of httpx."""
    import httpx

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=60) as client:

        async def work() -> None:
            for _ in turns:
                check((await client.post(url, content=BODY, headers=HEADERS)).content)

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def pyreqwest_worker(url: str, turns: Iterator[int]) -> None:
    """The asynchronous client of pyreqwest, which is reqwest in Rust."""
    from pyreqwest.client import ClientBuilder

    async with ClientBuilder().default_headers(HEADERS).build() as client:

        async def work() -> None:
            for _ in turns:
                answer = await client.post(url).body_bytes(BODY).build().send()
                check(await answer.bytes())

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def httptools_worker(url: str, turns: Iterator[int]) -> None:
    """Protocols of asyncio that parse with httptools: the least that does the work."""
    from bench.transport_httptools import post_all

    await post_all(url, turns, IN_FLIGHT, BODY, check)


def urllib3_threads(url: str, count: int) -> None:
    """The pool of urllib3, with a thread for each request in flight."""
    import urllib3

    pool = urllib3.PoolManager(maxsize=IN_FLIGHT, retries=False)
    turns = iter(range(count))

    def work() -> None:
        for _ in turns:
            check(pool.request("POST", url, body=BODY, headers=HEADERS).data)

    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        for done in [threads.submit(work) for _ in range(IN_FLIGHT)]:
            done.result()


def pycurl_multi(url: str, count: int) -> None:
    """The multi interface of libcurl, driven by its own waiting."""
    import pycurl

    multi = pycurl.CurlMulti()
    sinks: dict[Any, BytesIO] = {}
    for _ in range(IN_FLIGHT):
        easy = pycurl.Curl()
        easy.setopt(pycurl.URL, url)
        easy.setopt(pycurl.POSTFIELDS, BODY)
        easy.setopt(pycurl.HTTPHEADER, ["content-type: application/json", "expect:"])
        sinks[easy] = BytesIO()
        easy.setopt(pycurl.WRITEDATA, sinks[easy])
        multi.add_handle(easy)
    sent, done = IN_FLIGHT, 0
    while done < count:
        multi.perform()
        _, finished, failed = multi.info_read()
        if failed:
            raise ValueError(failed[0][2])
        for easy in finished:
            done += 1
            check(sinks[easy].getvalue())
            multi.remove_handle(easy)
            if sent < count:
                sent += 1
                sinks[easy] = BytesIO()
                easy.setopt(pycurl.WRITEDATA, sinks[easy])
                multi.add_handle(easy)
        if not finished:
            multi.select(1.0)


CLIENTS: dict[str, Callable[[str, int], None]] = {
    "httptools": lambda url, count: on_uvloop(httptools_worker, url, count),
    "pycurl": pycurl_multi,
    "pyreqwest": lambda url, count: on_uvloop(pyreqwest_worker, url, count),
    "aiohttp": lambda url, count: on_uvloop(aiohttp_worker, url, count),
    "urllib3": urllib3_threads,
    "httpx": lambda url, count: on_uvloop(httpx_worker, url, count),
}


def license_of(package: str) -> str:
    """The licence as the package states it."""
    about = metadata(package)
    for key in ("License-Expression", "License"):
        if key in about:
            return about[key].splitlines()[0]
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License")]
    if classifiers:
        return "".join(c.split(" :: ")[-1] for c in classifiers)
    texts = [f for f in files(package) or [] if "LICENSE" in f.name]
    return texts[0].read_text().strip().splitlines()[0].strip() if texts else ""


def main(name: str, url: str, count: int) -> None:
    """Do the work and print what it took, without the time that importing takes."""
    for module in ("uvloop", name, "pyreqwest.client" if name == "pyreqwest" else name):
        import_module(module)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    CLIENTS[name](url, count)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    if [ANSWER_BYTES] * count != ANSWERED:
        raise ValueError(f"{len(ANSWERED)} of {count} answers, of {set(ANSWERED)} bytes")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = {"seconds": seconds, "cpu_us": cpu / count * 1e6}
    print(json.dumps({**told, "version": metadata(name)["Version"], "license": license_of(name)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
