"""The sample's model server: the digits model behind Seldon's API, as a program of its own.

::

    python -m inference_ui.demo.server --port 9000

    POST /api/v1.0/predictions     {"strData": …} or {"binData": …}: a picture as base64, the
                                   former also as a data URL
    GET  /health/ping, /health/status, /ready, /live    503 until the model is trained, then 200

A picture's answer is ``{"dclasses", "dobjects", "dconfidences", "dnum"}``: parallel arrays, boxes
as [x1, y1, x2, y2] in pixels. Errors are Seldon's FAILURE body. CONF_THRESHOLD (0.25) is the least
confidence that is answered, DELAY_MS (0) an additional time for every picture, to see a task run.

It is a model server like anybody's: it must know nothing of the product but this protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import binascii
import io
import json
import logging
import os
import sys
import threading
import time
from base64 import b64decode
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import uvicorn
from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from inference_ui.demo.model import DigitModel, Found

log = logging.getLogger("digits")

MAX_PIXELS = 50_000_000
"""Larger pictures are refused before they are decoded: a small file can hold an enormous one."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")

THREADS = min(4, os.cpu_count() or 1)
"""So many pictures are looked at in the same instant; others wait for their turn."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the environment says: least confidence in 0..1, additional seconds for a picture."""

    least_confidence: float = 0.25
    delay_s: float = 0.0

    @classmethod
    def from_environment(cls) -> Options:
        """Read CONF_THRESHOLD and DELAY_MS; raises ValueError when one is not a number in range."""
        least_confidence = float(os.environ.get("CONF_THRESHOLD", "0.25"))
        delay_s = float(os.environ.get("DELAY_MS", "0")) / 1000
        if not 0 <= least_confidence <= 1:
            raise ValueError("CONF_THRESHOLD must be between 0 and 1")
        if not 0 <= delay_s <= 600:
            raise ValueError("DELAY_MS must be between 0 and 600000")
        return cls(least_confidence, delay_s)


class BadRequest(Exception):
    """The request is not one that this model can answer; its text tells the caller why."""


def create_app(model: Future[DigitModel], options: Options) -> Starlette:
    """Return the application that answers with ``model`` as soon as that is there."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="inference")
    turns = asyncio.Semaphore(THREADS)

    async def health(request: Request) -> Response:
        if _is_ready(model):
            return JSONResponse({"status": "ok"})
        return failure(503, "NOT_READY", "the model is being trained")

    async def predict(request: Request) -> Response:
        if not _is_ready(model):
            return failure(503, "NOT_READY", "the model is being trained")
        body = await request.body()
        async with turns:
            await asyncio.sleep(options.delay_s)
            found = await asyncio.get_running_loop().run_in_executor(
                threads, _detect, model.result(), body, options.least_confidence
            )
        return JSONResponse(answer(found))

    async def on_bad_request(request: Request, error: Exception) -> Response:
        return failure(400, "MICROSERVICE_BAD_DATA", str(error))

    async def on_error(request: Request, error: Exception) -> Response:
        return failure(500, "MICROSERVICE_INTERNAL_ERROR", type(error).__name__)

    return Starlette(
        routes=[
            Route("/api/v1.0/predictions", predict, methods=["POST"]),
            *(
                Route(path, health)
                for path in ("/health/ping", "/health/status", "/ready", "/live")
            ),
        ],
        exception_handlers={BadRequest: on_bad_request, Exception: on_error},
    )


def answer(found: list[Found]) -> dict[str, Any]:
    """Return what was found as the detection answer."""
    return {
        "dclasses": [one.label for one in found],
        "dobjects": [[round(edge, 1) for edge in one.box] for one in found],
        "dconfidences": [round(one.confidence, 4) for one in found],
        "dnum": len(found),
    }


def failure(code: int, reason: str, info: str) -> Response:
    """Return Seldon's FAILURE body, with ``code`` as the HTTP status too."""
    status = {"status": 1, "info": info, "code": code, "reason": reason}
    return JSONResponse({"status": status}, status_code=code)


def picture_of(body: bytes) -> Image.Image:
    """Return the picture in a request's body, upright; raises :class:`BadRequest`."""
    try:
        picture = Image.open(io.BytesIO(_picture_bytes(body)), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise BadRequest(f"the picture has more than {MAX_PIXELS} pixels")
        return ImageOps.exif_transpose(picture)
    except UnidentifiedImageError as error:
        raise BadRequest("the data is not a picture") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # What Pillow raises for files that are damaged or cut off.
        raise BadRequest(f"the picture cannot be read: {error}") from error


def _picture_bytes(body: bytes) -> bytes:
    try:
        request = json.loads(body)
    except ValueError as error:
        raise BadRequest("the request is not JSON") from error
    data = request.get("strData", request.get("binData")) if isinstance(request, dict) else None
    if not isinstance(data, str):
        raise BadRequest("the request has neither strData nor binData with text in it")
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("the data is not base64") from error


def _detect(model: DigitModel, body: bytes, least_confidence: float) -> list[Found]:
    return model.detect(picture_of(body), least_confidence)


def _is_ready(model: Future[DigitModel]) -> bool:
    return model.done() and model.exception() is None


def _train(model: Future[DigitModel], server: uvicorn.Server) -> None:
    """Train the model; when that fails, end the server, so that nobody waits for it."""
    started = time.monotonic()
    try:
        trained = DigitModel.train()
        from threadpoolctl import threadpool_limits

        # Requests are what runs in parallel. The call knows only libraries that are loaded, and
        # these have come with the training.
        threadpool_limits(1)
    except Exception as error:
        log.exception("the model could not be trained")
        model.set_exception(error)
        server.should_exit = True
        return
    model.set_result(trained)
    log.info("ready: model trained in %.1f s", time.monotonic() - started)


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m inference_ui.demo.server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        options = Options.from_environment()
    except ValueError as error:
        parser.error(str(error))
    model: Future[DigitModel] = Future()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(model, options),
            host=chosen.host,
            port=chosen.port,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    log.info(
        "listening on %s:%d, least confidence %g, delay %g s; training the model",
        chosen.host,
        chosen.port,
        options.least_confidence,
        options.delay_s,
    )
    # A daemon: a signal that comes during the training need not wait for it.
    threading.Thread(target=_train, args=(model, server), name="training", daemon=True).start()
    server.run()
    return 1 if model.done() and model.exception() else 0


if __name__ == "__main__":
    sys.exit(main())
