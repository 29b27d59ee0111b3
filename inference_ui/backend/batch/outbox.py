"""The end of an input in a worker: its result is written, then its lines are told.

The lines go to the coordinator many at a time; it makes everything safe and appends them to the
journal. So what is told here is on its way to the disk, but not yet safe.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable

import msgspec

from inference_ui.backend.batch import failures
from inference_ui.backend.batch.items import Finished
from inference_ui.backend.batch.messages import Done, Failure
from inference_ui.backend.batch.offload import Offload
from inference_ui.backend.batch.results import BadResultName, Results
from inference_ui.backend.records import Failed, SidecarLine, Succeeded, result_location

_BATCH = 256
_LONGEST_WAIT_S = 0.05
_MAX_PENDING, _MAX_PENDING_BYTES = 256, 64 << 20

_encoder = msgspec.json.Encoder()


class Outbox:
    """Gets every finished input. ``tell`` gets batches of them, ``broken`` an error that ends the
    run: the output cannot be written to. ``progressed`` is called whenever a result is written."""

    def __init__(
        self,
        results: Results,
        source_root: str,
        attempt: int,
        *,
        tell: Callable[[Done], None],
        broken: Callable[[OSError], None],
        progressed: Callable[[], None],
    ) -> None:
        self._results = results
        self._source_root = source_root
        self._attempt = attempt
        self._tell = tell
        self._broken = broken
        self._progressed = progressed
        self._writes: Offload[Finished, OSError | None] = Offload(self._write)
        self._pending_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._clear()

    def _clear(self) -> None:
        self._numbers = array("Q")
        self._journal: list[Succeeded | Failed] = []
        self._sidecar: list[SidecarLine] = []
        self._failures: list[Failure] = []
        self._latencies = array("d")
        self._bytes = 0

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that nothing more should be sent."""
        return self._writes.pending >= _MAX_PENDING or self._pending_bytes >= _MAX_PENDING_BYTES

    @property
    def is_writing(self) -> bool:
        """Whether results are being written."""
        return self._writes.pending > 0

    @property
    def spent_s(self) -> float:
        """Seconds that writing took so far."""
        return self._writes.spent_s

    def add(self, finished: Finished) -> None:
        """Take over a finished input."""
        if finished.failure is not None:
            self._written(finished)
            return

        def written(error: OSError | None) -> None:
            self._pending_bytes -= len(finished.answer)
            if error is None:
                self._written(finished)
            else:
                self._broken(error)
            self._progressed()

        self._pending_bytes += len(finished.answer)
        self._writes.call(finished, written)

    def flush(self) -> None:
        """Tell what was not told yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._numbers:
            return
        done = Done(
            numbers=self._numbers.tobytes(),
            journal=_encoder.encode_lines(self._journal),
            sidecar=_encoder.encode_lines(self._sidecar),
            succeeded=len(self._numbers) - len(self._failures),
            failures=self._failures,
            latencies_ms=self._latencies.tobytes(),
            result_bytes=self._bytes,
        )
        self._clear()
        self._tell(done)

    def close(self) -> None:
        """Wait for what is being written."""
        self._writes.close()

    def _write(self, finished: Finished) -> OSError | None:
        """Write a result. One that cannot have its name becomes a failure."""
        try:
            self._results.write(finished.relative, finished.answer)
        except BadResultName as error:
            finished.failure = failures.unwritable(str(error))
            finished.found = None
        except OSError as error:
            return error
        return None

    def _written(self, finished: Finished) -> None:
        relative, failure = finished.relative, finished.failure
        source = self._source_root + relative
        if failure is None:
            self._journal.append(Succeeded(source, "SUCCEEDED", result_location(relative)))
            self._bytes += len(finished.answer)
        else:
            self._journal.append(Failed(source, "FAILED", failure.text))
            self._failures.append(Failure(failure.cause, relative, failure.text))
        found = finished.found
        self._sidecar.append(
            SidecarLine(
                source=source,
                size=finished.size,
                mtime_ns=finished.mtime_ns,
                ms=round(finished.ms, 3),
                attempt=self._attempt,
                tries=finished.tries,
                n=found.objects if found else None,
                c=found.classes if found else (),
                low=found.lowest if found else None,
                k=found.counts if found else (),
                b=found.bins if found else (),
                cause=failure.cause if failure else None,
            )
        )
        self._numbers.append(finished.number)
        if finished.tries:
            self._latencies.append(finished.ms)
        if len(self._numbers) >= _BATCH:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LONGEST_WAIT_S, self.flush)
