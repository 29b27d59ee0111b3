"""What every protocol module provides: one frozen :class:`ServiceProtocol`. Data and pure
functions; nothing in this package opens a connection or a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inference_ui.backend.records import Detections


@dataclass(frozen=True, slots=True)
class Readiness:
    """How a server is asked whether it is ready: GET ``path`` answers a status of at least 200
    and below ``below_status``, and the regular expression ``body`` is found in the answer when
    one is given."""

    path: str
    body: str | None = None
    below_status: int = 300


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What a request for a picture needs beyond the picture: ``prompt`` is what an
    OpenAI-compatible server is told, ``template`` the JSON text of a custom server's request in
    which ``{image}`` stands for the base64 of the picture."""

    prompt: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Paths:
    """What a protocol's paths are made of. A path that is given replaces the protocol's own."""

    model_name: str = ""
    predict_path: str | None = None
    readiness_path: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceProtocol:
    """How one kind of inference server is spoken to. No function raises, whatever it is given.

    - ``predict_path``: where requests are POSTed, beginning with a slash.
    - ``wrap_image(content, suffix)``: the request body for a picture; the suffix is that of its
      file, with the dot.
    - ``error_of(status, body)``: the server's own words when the response is an error, None when
      it is an answer.
    - ``unwrap(answer)``: the detections in a parsed JSON answer, None when it is something else.
    - ``envelopes``: whether a detection may come in a member ``jsonData``, for a quick look.
    """

    predict_path: str
    readiness: Readiness
    wrap_image: Callable[[bytes, str], bytes]
    error_of: Callable[[int, bytes], str | None]
    unwrap: Callable[[object], Detections | None]
    envelopes: bool = False
