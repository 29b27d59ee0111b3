"""What a kubelet does for one pod: starts its container, probes it, restarts it, ends it."""

from __future__ import annotations

import os
import select
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.support.control_plane import probes
from tests.support.control_plane.addresses import free_address
from tests.support.control_plane.containers import Container, Launch
from tests.support.control_plane.events import Events
from tests.support.control_plane.launches import SCRATCH, Machine, NotMounted, NotStarted, launch_of
from tests.support.control_plane.objects import Json
from tests.support.control_plane.pace import Pace
from tests.support.control_plane.pod_status import PodState
from tests.support.control_plane.store import Store
from tests.support.control_plane.writing import change_status, delete, is_leaving

_CANNOT_START = 128
_LIVELY_S = 1.0
_NEVER = float("inf")


class Readiness:
    """The readiness probe of one run of a container, and what it said so far."""

    def __init__(self, container: Json, pace: Pace) -> None:
        self._container = container
        self._probe = container.get("readinessProbe")
        self._period_s = pace.probe_s(self._probe["periodSeconds"]) if self._probe else 0.0
        delay_s = self._probe.get("initialDelaySeconds", 0) * pace.probing if self._probe else 0.0
        self.due = time.monotonic() + delay_s if self._probe else _NEVER
        self.ready = self._probe is None
        self.failure: str | None = None
        self._same = 0

    def ask(self, address: str, launch: Launch) -> None:
        """Probe once, and count."""
        assert self._probe is not None  # it is never due
        before = self.failure is None
        self.failure = probes.failure(self._probe, self._container, address, launch)
        good = self.failure is None
        self._same = self._same + 1 if good is before else 1
        needed = self._probe["successThreshold" if good else "failureThreshold"]
        if self._same >= needed:
            self.ready = good
        self.due = time.monotonic() + self._period_s


class PodWorker(threading.Thread):
    """One pod on its node, from when it is placed there until nothing of it is left."""

    def __init__(
        self, pod: Json, store: Store, machine: Machine, pace: Pace, events: Events, folder: Path
    ) -> None:
        super().__init__(name=f"kubelet {pod['metadata']['name']}")
        self._pod = pod
        self._store = store
        self._machine = machine
        self._pace = pace
        self._events = events
        self._folder = folder
        self._spec: Json = pod["spec"]["containers"][0]
        ports = [one["containerPort"] for one in self._spec.get("ports", ())]
        self._state = PodState(free_address(ports))
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.Lock()
        self._container: Container | None = None
        self._runs = 0
        self._over = False
        self._out_of_memory = False
        self._evicted = False
        self._abandoned = False
        self._cut = False
        self._back = False

    # What others tell the worker, from any thread.

    def see(self, pod: Json) -> None:
        """Take notice of the pod as it is now."""
        rings = is_leaving(pod) and pod["metadata"] != self._pod["metadata"]
        self._pod = pod
        if rings:
            self._ring()

    def abandon(self) -> None:
        """Kill what runs: the pod does not exist any longer."""
        self._abandoned = True
        self._ring()

    def evict(self, message: str) -> None:
        """End the pod for the good of its node."""
        self._state.message = message
        self._evicted = True
        self._ring()

    def kill(self, *, out_of_memory: bool = False) -> None:
        """Kill the container alone, as the kernel does."""
        self._out_of_memory = out_of_memory
        self._tell(lambda container: container.kill())

    def cut_off(self) -> None:
        """Let the node be lost: nobody hears of the pod, and the pod does not go on."""
        self._cut = True
        self._tell(lambda container: container.freeze())

    def mend(self) -> None:
        """Let the node be back."""
        self._tell(lambda container: container.thaw())
        self._cut, self._back = False, True
        self._ring()

    def _tell(self, what: Callable[[Container], None]) -> None:
        with self._lock:
            if self._container is not None:
                what(self._container)

    def _ring(self) -> None:
        with self._lock:
            if not self._over:
                os.eventfd_write(self._bell, 1)

    # What is kept of it.

    @property
    def working_folder(self) -> Path:
        """Return the folder that the container has for its working folder."""
        return self._folder / SCRATCH

    def log(self, previous: bool = False) -> Path | None:
        """Return the file with the output of the container, or of the one before it."""
        number = self._runs - 1 if previous else self._runs
        return self._log_of(number) if number > 0 else None

    def writes(self, log: Path) -> bool:
        """Tell whether a container may still write to this file."""
        return not self._over and log == self.log()

    def _log_of(self, run: int) -> Path:
        return self._folder / f"{run}.log"

    # What it does.

    def run(self) -> None:
        """Live the pod's life."""
        try:
            self._live()
        finally:
            self._drop_container()
            with self._lock:
                self._over = True
                os.close(self._bell)

    def _live(self) -> None:
        code: int | None = None
        while not self._leaving():
            launch = self._prepare()
            if launch is None:
                break
            code = self._run_once(launch) if isinstance(launch, Launch) else self._refuse(launch)
            if self._leaving() or not self._starts_again(code):
                break
            self._write()
            self._back_off()
        self._finish(code)

    def _leaving(self) -> bool:
        if self._abandoned:
            return True
        return not self._cut and (self._evicted or is_leaving(self._pod))

    def _starts_again(self, code: int) -> bool:
        policy = self._pod["spec"]["restartPolicy"]
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    def _prepare(self) -> Launch | NotStarted | None:
        """Wait until all is there that the container needs; None when the pod leaves before."""
        tries = 0
        while not self._leaving():
            try:
                if self._spec["image"] not in self._machine.images:
                    tries += 1
                    self._no_image(tries)
                else:
                    return launch_of(
                        self._pod, self._state.address, self._folder, self._store, self._machine
                    )
            except NotMounted as error:
                self._state.sandboxed = False
                self._state.container.wait("ContainerCreating")
                self._say("FailedMount", str(error), warning=True)
            except NotStarted as error:
                if error.reason == "StartError":
                    return error
                self._state.container.wait(error.reason, error.message)
                self._say("Failed", f"Error: {error.message}", warning=True)
            self._write()
            self._pause(self._pace.retry_s)
            self._state.sandboxed = True
        return None

    def _no_image(self, tries: int) -> None:
        image = self._spec["image"]
        registry, _, rest = image.partition("/")
        name, _, tag = rest.partition(":")
        address = f"https://{registry}/v2/{name}/manifests/{tag or 'latest'}"
        words = (
            f'failed to pull and unpack image "{image}": failed to resolve image: failed to do'
            f' request: Head "{address}": dial tcp: lookup {registry} on 10.96.0.10:53: no such'
            " host"
        )
        if tries == 1:
            self._say("Failed", f'Failed to pull image "{image}": {words}', warning=True)
            self._state.container.wait("ErrImagePull", words)
        else:
            self._say("BackOff", f'Back-off pulling image "{image}"')
            message = f'Back-off pulling image "{image}": ErrImagePull: {words}'
            self._state.container.wait("ImagePullBackOff", message)

    def _refuse(self, error: NotStarted) -> int:
        """Note that a container could not be started, which is a run of it."""
        self._begin_run()
        self._state.container.end(_CANNOT_START, error.reason, error.message)
        self._say("Failed", f"Error: {error.message}", warning=True)
        return _CANNOT_START

    def _begin_run(self) -> Path:
        self._out_of_memory = False
        self._state.container.restarts = self._runs
        self._state.container.run(uuid.uuid4().hex * 2)
        self._state.phase = "Running"
        log = self._log_of(self._runs + 1)
        log.touch()
        self._runs += 1
        return log

    def _run_once(self, launch: Launch) -> int:
        """Run the container until it ends; return its exit code."""
        log = self._begin_run()
        container = Container(launch, self._folder, log)
        with self._lock:
            self._container = container
        self._say("Started", "Container started")
        readiness = Readiness(self._spec, self._pace)
        self._state.container.ready = readiness.ready
        self._write()
        while container.poll() is None and not self._leaving():
            self._wait(_NEVER if self._cut else readiness.due)
            if not self._cut and time.monotonic() >= readiness.due:
                self._probe(readiness, launch)
        if container.poll() is None:
            self._end_container(container)
        code = container.poll()
        assert code is not None  # it has ended
        self._drop_container()
        killed = "OOMKilled" if self._out_of_memory else "Error"
        self._state.container.end(code, "Completed" if code == 0 else killed)
        return code

    def _probe(self, readiness: Readiness, launch: Launch) -> None:
        said = readiness.failure
        readiness.ask(self._state.address, launch)
        if readiness.failure not in (None, said):
            words = f"Readiness probe failed: {readiness.failure}"
            self._say("Unhealthy", words, warning=True)
        if readiness.ready is not self._state.container.ready:
            self._state.container.ready = readiness.ready
            self._write()

    def _end_container(self, container: Container) -> None:
        """Ask the container to end, and kill it when its time is over."""
        if not (self._abandoned or self._evicted):
            self._say("Killing", f"Stopping container {self._spec['name']}")
            asked = time.monotonic()
            container.terminate()
            while container.poll() is None and not self._abandoned:
                grace_s = self._pod["metadata"].get("deletionGracePeriodSeconds", 0)
                if time.monotonic() >= asked + grace_s:
                    break
                self._wait(asked + grace_s)
        container.kill()
        while container.poll() is None:
            self._wait(time.monotonic() + _LIVELY_S)

    def _drop_container(self) -> None:
        with self._lock:
            container, self._container = self._container, None
            if container is not None:
                container.close()

    def _back_off(self) -> None:
        meta = self._pod["metadata"]
        place = f"{meta['name']}_{meta['namespace']}({meta['uid']})"
        words = f"Back-off restarting failed container {self._spec['name']} in pod {place}"
        self._say("BackOff", words, warning=True)
        self._pause(self._pace.backoff(self._pace.restart_s, self._runs))

    def _finish(self, code: int | None) -> None:
        """Write down how the pod ended, and remove it if it is to be."""
        while self._cut and not self._abandoned:
            self._wait(time.monotonic() + _LIVELY_S)
        if self._abandoned:
            return
        self._state.phase = "Succeeded" if code == 0 and not self._evicted else "Failed"
        if self._evicted:
            self._state.reason, self._state.disruption = "Evicted", "TerminationByKubelet"
            self._say("Evicted", self._state.message, warning=True)
        written = self._write()
        # What is deleted after this is gone at once, as the pod has ended.
        if written is not None and is_leaving(written):
            delete(self._store, "pods", written, grace_s=0)

    def _write(self) -> Json | None:
        """Write the status, unless nobody would hear of it now."""
        if self._cut:
            return None
        pod = self._pod
        return change_status(self._store, "pods", pod, lambda one: self._state.write(pod, one))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._leaving():
            self._wait(until)

    def _wait(self, until: float) -> None:
        """Wait for a time, the end of the container, or a word from others."""
        left_s = max(0.0, min(until - time.monotonic(), 3600.0))
        waiting = select.poll()
        waiting.register(self._bell, select.POLLIN)
        if self._container is not None:
            waiting.register(self._container, select.POLLIN)
        waiting.poll(left_s * 1000 + 1)
        with suppress(BlockingIOError):
            os.eventfd_read(self._bell)
            if self._back:
                self._back = False
                self._write()

    def _say(self, reason: str, message: str, *, warning: bool = False) -> None:
        if not self._cut:
            node = self._pod["spec"]["nodeName"]
            self._events.say(self._pod, reason, message, "kubelet", host=node, warning=warning)
