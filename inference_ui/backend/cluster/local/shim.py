"""The supervisor of one replica: ``python -m inference_ui.backend.cluster.local.shim FOLDER``.

It is to a local replica what the kubelet is to a pod: starts it, restarts it by its policy, probes
its readiness, keeps its output, and ends it with all of its descendants when told by SIGTERM. It
outlives the web server; ``state.json`` says what it knows. It exits when the replica has ended for
good. Killed itself, its child dies with it, and the next ``apply`` starts another shim here, which
counts as a restart. One thread and the standard library only: one of these runs beside every
replica. ``FOLDER`` is a replica's run folder (see ``files``).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import selectors
import signal
import sys
import time
from typing import Any

from inference_ui.backend.cluster.local import child, files
from inference_ui.backend.cluster.local.files import Launch, State
from inference_ui.backend.cluster.local.output import Output
from inference_ui.backend.cluster.local.prober import Prober, Verdict
from inference_ui.backend.cluster.local.processes import (
    LINUX,
    Identity,
    descendants,
    identify,
    marked,
    send,
)
from inference_ui.backend.cluster.local.sockets import HOST, free_port
from inference_ui.backend.cluster.restarts import after_exit

SWEEP_GRACE_S = 5.0
"""How long descendants that outlive the child may take to end, before they are killed."""

_TICK_S = 0.1
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class Shim:
    """One replica's life. ``_step`` is what is done between two waits for something to happen."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        workload, index = os.path.split(folder)
        self._workload = workload
        self._launch = Launch.from_json(files.read_json(f"{workload}/{files.SPEC}")["launch"])
        placement = files.read_json(f"{workload}/{files.PLACEMENT}")
        self._seat_env: dict[str, str] = placement["seats"][int(index)]["env"]
        self._endpoint_file = f"{workload}/{files.ENDPOINTS}/{index}.url"
        before = files.read_state(folder)
        self._is_successor = before is not None
        self._state = (before or State())._replace(shim=identify(os.getpid()))
        self._unsaved = False
        self._output = Output(folder)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output.reading, selectors.EVENT_READ, self._output.pump)
        self._prober: Prober | None = None
        self._told_to_stop = False
        self._stop_by: float | None = None  # monotonic; set once it has to end
        self._sweep_by: float | None = None  # set while descendants of an ended child remain
        self._asked: set[Identity] = set()  # descendants that got their SIGTERM
        self._start_at: float | None = None  # set while waiting to start the child again
        self._over = False

    def run(self) -> None:
        """Supervise until the replica has ended, or until told to stop."""
        self._listen_to_signals()
        self._begin()
        while True:
            self._reap()
            self._step()
            if self._over:
                break
            for key, _ in self._selector.select(self._timeout()):
                key.data()
        self._output.drain()
        self._output.close()

    def _begin(self) -> None:
        self._withdraw()
        if self._state.ended:
            self._over = True
        elif self._is_successor:
            self._output.note("REPLICA_LOST")
            lost = files.message("REPLICA_LOST", restarts=self._state.restarts)
            self._decide(None, lost, at_once=True)
        else:
            self._start_at = time.monotonic()

    def _step(self) -> None:
        now = time.monotonic()
        if self._told_to_stop and self._stop_by is None:
            self._stop(now)
        if self._unsaved:
            self._save()
        if self._state.ended:
            self._over = not self._unsaved or self._told_to_stop
        elif self._sweep_by is not None:
            self._sweep(now)
        elif self._start_at is not None:
            if self._told_to_stop:
                self._over = True
            elif now >= self._start_at:
                self._start()
        elif self._stop_by is not None and now >= self._stop_by:
            self._signal_all(signal.SIGKILL)
        elif self._prober is not None:
            self._prober.advance()

    def _timeout(self) -> float | None:
        if self._unsaved or self._sweep_by is not None or self._stop_by is not None:
            return _TICK_S
        if self._state.ended:
            return 0.0
        due = self._start_at
        if due is None and self._prober is not None:
            due = self._prober.due
        return None if due is None else max(0.0, due - time.monotonic())

    # Starting

    def _start(self) -> None:
        self._start_at = None
        port = free_port() if self._launch.readiness else None
        try:
            pid = child.start(
                self._launch,
                self._seat_env,
                port,
                cwd=f"{self._folder}/{files.WORK}",
                output=self._output.writing,
            )
        except child.CannotStart as error:
            self._output.note(f"{error.reason['code']} {self._launch.command[0]}")
            if error.for_good:
                self._end("FAILED", reason=error.reason)
            else:
                self._decide(None, error.reason)
            return
        self._output.note(f"STARTED pid={pid}" + (f" port={port}" if port else ""))
        self._set(
            phase="STARTING" if port else "READY",
            child=identify(pid) or Identity(pid, ""),
            port=port,
        )
        if self._launch.readiness and port:
            self._prober = Prober(self._selector, self._launch.readiness, port, self._judged)

    # Readiness

    def _judged(self, verdict: Verdict) -> None:
        if verdict is None:
            endpoint = f"http://{HOST}:{self._state.port}"
            self._set(phase="READY", endpoint=endpoint, reason=None)
            self._output.note(f"READY {endpoint}")
            return
        self._withdraw()
        if verdict["code"] == "NOT_LISTENING" and self._state.exit_code is not None:
            verdict = self._state.reason  # how it ended the last time says more
        self._set(phase="STARTING", endpoint=None, reason=verdict)

    def _withdraw(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._endpoint_file)

    # Ending

    def _listen_to_signals(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._selector.register(reading, selectors.EVENT_READ, lambda: os.read(reading, 512))
        for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # handled, not ignored: a child inherits that
        signal.signal(signal.SIGTERM, self._note_signal)

    def _note_signal(self, *_: object) -> None:
        self._told_to_stop = True  # no more here: this may interrupt anything

    def _stop(self, now: float) -> None:
        """End the child: SIGTERM now, SIGKILL for all when its grace is over."""
        removal = files.read_json(f"{self._workload}/{files.REMOVAL}")
        left = files.DEFAULT_GRACE_S
        if removal:
            left = removal["requested_at"] + removal["grace_s"] - time.time()
        self._stop_by = now + max(0.0, left)
        if self._sweep_by is not None:
            self._sweep_by = min(self._sweep_by, self._stop_by)
        self._withdraw()
        self._stop_probing()
        if self._state.child is not None:
            self._set(phase="STARTING", endpoint=None)
            send(self._state.child, signal.SIGTERM)

    def _stop_probing(self) -> None:
        if self._prober is not None:
            self._prober.close()
            self._prober = None

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if self._state.child is not None and pid == self._state.child.pid:
                    self._exited(child.exit_code(status))

    def _exited(self, code: int) -> None:
        self._withdraw()
        self._stop_probing()
        self._output.note(f"EXITED code={code}")
        reason = child.exit_reason(code, self._state.restarts)
        self._set(
            phase="STARTING", child=None, port=None, endpoint=None, exit_code=code, reason=reason
        )
        now = time.monotonic()
        self._sweep_by = now + SWEEP_GRACE_S if self._stop_by is None else self._stop_by

    def _sweep(self, now: float) -> None:
        """End what the child left behind, then decide how to go on."""
        if self._sweep_by is not None and now >= self._sweep_by:
            rest = self._signal_all(signal.SIGKILL)
        else:
            rest = self._signal_all(signal.SIGTERM)
        if rest:
            return
        self._sweep_by = None
        self._asked.clear()
        if self._stop_by is not None:
            self._over = True
        else:
            self._decide(self._state.exit_code, self._state.reason)

    def _signal_all(self, number: signal.Signals) -> list[Identity]:
        """Signal all descendants (SIGTERM once each) and return those that still live."""
        living = descendants(os.getpid())
        if not LINUX:  # orphans are not handed to us there: find them by their environment
            living += [other for other in marked(self._folder) if other not in living]
        for process in living:
            if number is signal.SIGKILL or process not in self._asked:
                self._asked.add(process)
                send(process, number)
        return living

    def _decide(
        self, code: int | None, reason: dict[str, Any] | None, *, at_once: bool = False
    ) -> None:
        """Start again or end, by the policy. ``restarts`` in the reason is brought up to date."""
        policy = self._launch
        following = after_exit(
            code,
            self._state.recent,
            time.time(),
            limit=policy.limit,
            window_s=policy.window_s,
            done=policy.done,
            fatal=policy.fatal,
        )
        if following.outcome != "AGAIN":
            self._end(following.outcome, reason=None if following.outcome == "DONE" else reason)
            return
        restarts = self._state.restarts + 1
        if reason is not None and "restarts" in reason["args"]:
            reason = files.message(reason["code"], **{**reason["args"], "restarts": restarts})
        self._set(
            phase="STARTING", child=None, restarts=restarts, recent=following.recent, reason=reason
        )
        self._start_at = time.monotonic() + (0.0 if at_once else following.delay_s)

    def _end(self, phase: str, *, reason: dict[str, Any] | None) -> None:
        self._output.note(phase)
        self._set(phase=phase, child=None, port=None, endpoint=None, reason=reason)

    # State

    def _set(self, **values: Any) -> None:
        changed = self._state._replace(**values)
        if changed != self._state:
            self._state = changed
            self._save()

    def _save(self) -> None:
        try:
            if self._state.endpoint is not None:
                files.write_text(self._endpoint_file, self._state.endpoint)
            files.write_json(f"{self._folder}/{files.STATE}", self._state._asdict())
            self._unsaved = False
        except OSError as error:
            if error.errno not in _FULL_DISK:
                raise
            self._unsaved = True  # a full disk: tried again with every tick


def _close_inherited() -> None:
    """Keep nothing of the web server's open, above all no listening socket."""
    for name in os.listdir("/dev/fd"):
        if int(name) > 2:
            with contextlib.suppress(OSError):  # the listing's own is closed by now
                os.close(int(name))


def main(folder: str) -> None:
    """Supervise the replica of this run folder, unless another shim does already."""
    _close_inherited()
    lock = os.open(f"{folder}/{files.LOCK}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    me = identify(os.getpid())
    if me is not None:
        files.write_shim(folder, me)
    child.adopt_orphans()
    Shim(folder).run()


if __name__ == "__main__":
    main(sys.argv[1])
