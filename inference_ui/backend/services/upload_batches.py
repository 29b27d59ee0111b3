"""What the server remembers of an upload while it runs: who sends, and how much has arrived."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from inference_ui.backend.errors import Conflict, NotFound, Refused
from inference_ui.backend.models.upload import Upload
from inference_ui.backend.services.receiving import Receiver, Totals
from inference_ui.backend.services.upload_folders import Places, sizes_below

LEASE_S = 15.0
"""So long after a tab's last sign of life no other one may send."""

MAX_SENDER = 64


class Running:
    """One upload. ``lock`` is held by whoever changes its files, ``unpacked`` are bytes of how
    many."""

    class Stopped(Exception):
        """Unpacking was cancelled, or the server stops."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.cancelled = threading.Event()
        self.totals: Totals | None = None
        self.unpacked: tuple[int, int] | None = None
        self._sender = ""
        self._seen = 0.0

    def take(self, sender: str) -> None:
        """Become the one that sends, and take the lock. Raises :class:`Conflict`."""
        if not sender or len(sender) > MAX_SENDER:
            raise Refused("UPLOAD_BODY_WRONG")
        if self._sender not in ("", sender) and self.sending:
            raise Conflict("UPLOAD_ELSEWHERE")
        self.seize()
        self._sender = sender
        self.renew()

    def seize(self) -> None:
        """Take the lock. Raises :class:`Conflict` when a batch is on its way, or it is unpacked."""
        if not self.lock.acquire(blocking=False):
            raise Conflict("UPLOAD_BUSY")

    def renew(self) -> None:
        """Note that the sender is alive."""
        self._seen = time.monotonic()

    def leave(self, sender: str) -> None:
        """Let another one send."""
        if self._sender == sender:
            self._sender = ""

    @property
    def sending(self) -> bool:
        """Whether some tab sends."""
        return bool(self._sender) and time.monotonic() - self._seen < LEASE_S

    def count(self, places: Places, upload: Upload) -> Totals:
        """Return what has arrived, counted on the disk the first time. Needs the lock."""
        if self.totals is None:
            whole = [size for _, size in sizes_below(places.received)]
            parts = sum(size for _, size in sizes_below(places.parts))
            self.totals = Totals(upload.files, upload.bytes, len(whole), sum(whole) + parts)
        return self.totals

    def unpacking(self, stopping: threading.Event) -> Callable[[int, int], None]:
        """Return what unpacking tells how far it is."""

        def progress(done: int, total: int) -> None:
            if stopping.is_set() or self.cancelled.is_set():
                raise Running.Stopped
            self.unpacked = (done, total)

        return progress


class Batch:
    """A batch that comes in. Feed it the body, then :meth:`close` or :meth:`abort` it: until then
    nobody else sends."""

    def __init__(self, places: Places, running: Running, archive: str | None) -> None:
        assert running.totals is not None  # noqa: S101 - counted when the batch was opened
        self._running = running
        self._totals = running.totals
        self._receiver = Receiver(places, running.totals, only=archive)

    def feed(self, data: bytes) -> None:
        """Write what came next. Raises as ``Receiver.feed``, and :class:`NotFound` once the
        upload is cancelled."""
        if self._running.cancelled.is_set():
            raise NotFound("UPLOAD_UNKNOWN")
        self._running.renew()
        self._receiver.feed(data)

    def close(self) -> tuple[int, int]:
        """End it; return how many files and bytes have arrived in all."""
        try:
            self._receiver.close()
        finally:
            self._let_go()
        return self._totals.files, self._totals.bytes

    def abort(self) -> None:
        """End it before its end: the connection is gone. What came stays."""
        try:
            self._receiver.abort()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._running.renew()
        self._running.lock.release()
