"""What one writes in an afternoon: asyncio and aiohttp, one result file an item, no journal.

Usage: python -m bench.aiohttp_script DATASET URL OUTPUT
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp

WORKERS = 32


async def worker(
    session: aiohttp.ClientSession, url: str, inputs: Iterator[Path], dataset: Path, output: Path
) -> None:
    """Take the next input until there is none."""
    headers = {"content-type": "application/json"}
    for path in inputs:
        async with session.post(url, data=path.read_bytes(), headers=headers) as answer:
            body = await answer.read()
            answer.raise_for_status()
        result = output / path.relative_to(dataset)
        result.parent.mkdir(parents=True, exist_ok=True)
        result.write_bytes(body)


async def main(inputs: Iterator[Path], dataset: Path, url: str, output: Path) -> None:
    """Send every input."""
    async with aiohttp.ClientSession() as session:
        work = (worker(session, url, inputs, dataset, output) for _ in range(WORKERS))
        await asyncio.gather(*work)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    asyncio.run(main(folder.rglob("*.json"), folder, sys.argv[2], Path(sys.argv[3])))
