"""Whether bytes are JSON in UTF-8. Pure, quick (under a microsecond for a kilobyte), and without a
copy of what is large."""

from __future__ import annotations

import codecs

import msgspec

from inference_ui.backend.batch import failures

_RAW = msgspec.json.Decoder(msgspec.Raw)
_SLICE = 1 << 20


def json_fault(content: bytes) -> str | None:
    """Return EMPTY, NOT_UTF8, NOT_JSON or TOO_DEEP (codes of ``failures``); None for JSON.

    JSON as RFC 8259 has it: no NaN, no byte order mark, nothing behind the value.
    """
    if not content or content.isspace():
        return failures.EMPTY
    if not is_utf8(content):
        return failures.NOT_UTF8
    try:
        _RAW.decode(content)
    except msgspec.DecodeError:
        return failures.NOT_JSON
    except RecursionError:
        return failures.TOO_DEEP
    return None


def is_utf8(content: bytes) -> bool:
    """Tell whether bytes are UTF-8; msgspec alone would let other bytes pass inside strings."""
    if content.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _SLICE):
            decoder.decode(content[start : start + _SLICE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
