"""The program that decodes pictures: ``python -m inference_ui.backend.imaging.decoder``.

It answers one request after another from its standard input until that ends, as it does when the
process that started it ends in whatever way. A request and an answer are a line of JSON and the
bytes whose number that line names as ``size``:

- ``{"job": "show" | "copy" | "thumbnail", "side": 128, "size": …}`` and the picture;
- ``{"media_type": "image/jpeg", "size": …}`` and a picture, ``{"as_is": true, "size": 0}``, or
  ``{"reason": {"code": "PICTURE_BROKEN", "args": {…}}, "size": 0}``.

Its memory is limited, it opens no files, and it gives way to all others. ``decoders`` ends it when
a picture takes too long; so does an alarm of its own, for one whose starter is gone by then.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, Final

from inference_ui.backend.errors import Message
from inference_ui.backend.imaging import pixels
from inference_ui.backend.imaging.headers import BadPicture, EncodedPicture

MEMORY: Final = 1792 << 20
"""Address space in bytes. Measured for 100 megapixels: a WEBP takes 1,570 MiB (its decoder draws on
two canvases), one with four channels 1,020 MiB (decoded, and once more to be reduced), a
progressive JPEG up to 650 MiB, 16 bits of grey 800 MiB; to which the file comes."""
_ALARM_S: Final = 40
_NICE: Final = 10
_FIRST_TO_GO: Final = b"1000"


def main() -> None:
    """Serve until the input ends."""
    _confine()
    while line := sys.stdin.buffer.readline():
        _serve(json.loads(line))


def _serve(request: dict[str, Any]) -> None:
    """Answer one request. Nothing of it is held afterwards."""
    data = sys.stdin.buffer.read(request["size"])
    signal.alarm(_ALARM_S)
    head, content = _answer(request["job"], data, request["side"])
    signal.alarm(0)
    target = sys.stdout.buffer
    target.write(json.dumps(head | {"size": len(content)}).encode() + b"\n")
    target.write(content)
    target.flush()


def _confine() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # where memory runs out, this process is to be the one
        Path("/proc/self/oom_score_adj").write_bytes(_FIRST_TO_GO)


def _answer(job: str, data: bytes, side: int) -> tuple[dict[str, Any], bytes]:
    try:
        done = _do(job, data, side)
    except BadPicture as error:
        return {"reason": error.message.to_json()}, b""
    except MemoryError:
        return {"reason": Message("PICTURE_TOO_DEMANDING", {"most": MEMORY}).to_json()}, b""
    return ({"media_type": done.media_type}, done.data) if done else ({"as_is": True}, b"")


def _do(job: str, data: bytes, side: int) -> EncodedPicture | None:
    if job == "thumbnail":
        return pixels.thumbnail(data, side)
    return pixels.copy(data) if job == "copy" else pixels.show(data)


if __name__ == "__main__":
    main()
