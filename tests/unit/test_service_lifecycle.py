"""The life of an online service as a table: from what is wished and seen to what is done."""

from datetime import timedelta

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.service import ServiceStatus
from inference_ui.backend.ports import GONE, Observation, Phase, Replica
from inference_ui.backend.service_lifecycle import (
    TEAR_DOWN,
    ServiceAction,
    ServiceStep,
    next_service_step,
)
from tests.support.samples import NOW, a_service, elsewhere

NO_ROOM = Message("QUEUED_NO_ROOM", {"among": "all", "resource": "cpu", "needed": 1000, "free": 0})
CRASHED = Message("PROCESS_EXITED", {"exit_code": 1, "restarts": 3})
REFUSED = Message("NO_CONNECTION", {"error": "refused"})
STARTS = Message("SERVER_STARTING", {"replicas": 1})
LATE = Message("SERVER_NOT_READY_IN_TIME", {"seconds": 60})

WAITING = Observation(Phase.WAITING, reason=NO_ROOM)
STARTING = Observation(Phase.STARTING, (Replica("server-0", Phase.STARTING),))
LOOPING = Observation(Phase.STARTING, (Replica("0", Phase.STARTING, restarts=2, reason=CRASHED),))
READY = Observation(Phase.READY, (Replica("0", Phase.READY, endpoint="http://127.0.0.1:1"),))
FAILED = Observation(Phase.FAILED, reason=CRASHED)
DONE = Observation(Phase.DONE, exit_code=0)

APPLY = (ServiceAction.APPLY,)
GIVEN_UP = ServiceStep(TEAR_DOWN, ServiceStatus.FAILED, failed=CRASHED)

DEPLOYED = [
    # wished to run
    ("RUN", "QUEUED", GONE, ServiceStep(APPLY)),
    ("RUN", "QUEUED", WAITING, ServiceStep(APPLY, waiting=NO_ROOM)),
    ("RUN", "QUEUED", STARTING, ServiceStep(to=ServiceStatus.STARTING)),
    ("RUN", "QUEUED", READY, ServiceStep(to=ServiceStatus.STARTING)),
    ("RUN", "QUEUED", FAILED, GIVEN_UP),
    ("RUN", "STARTING", STARTING, ServiceStep(APPLY, waiting=STARTS)),
    ("RUN", "STARTING", LOOPING, ServiceStep(APPLY, waiting=CRASHED)),
    ("RUN", "STARTING", READY, ServiceStep(to=ServiceStatus.RUNNING)),
    ("RUN", "STARTING", GONE, ServiceStep(to=ServiceStatus.QUEUED)),
    ("RUN", "STARTING", WAITING, ServiceStep(to=ServiceStatus.QUEUED, waiting=NO_ROOM)),
    ("RUN", "STARTING", FAILED, GIVEN_UP),
    ("RUN", "RUNNING", READY, ServiceStep(APPLY)),
    ("RUN", "RUNNING", LOOPING, ServiceStep(APPLY, ServiceStatus.STARTING, CRASHED)),
    ("RUN", "RUNNING", WAITING, ServiceStep(APPLY, ServiceStatus.QUEUED, NO_ROOM)),
    ("RUN", "RUNNING", GONE, ServiceStep(APPLY, ServiceStatus.QUEUED)),
    ("RUN", "RUNNING", FAILED, GIVEN_UP),
    (
        "RUN",
        "RUNNING",
        DONE,
        ServiceStep(TEAR_DOWN, ServiceStatus.FAILED, failed=Message("SERVICE_ENDED")),
    ),
    # started again
    ("RUN", "STOPPED", GONE, ServiceStep(to=ServiceStatus.QUEUED)),
    ("RUN", "FAILED", GONE, ServiceStep(to=ServiceStatus.QUEUED)),
    # wished to stop: logs first, then the workload, until nothing is left
    ("STOP", "QUEUED", GONE, ServiceStep(to=ServiceStatus.STOPPED)),
    ("STOP", "RUNNING", READY, ServiceStep(TEAR_DOWN, ServiceStatus.STOPPING)),
    ("STOP", "STOPPING", READY, ServiceStep(TEAR_DOWN)),
    ("STOP", "STOPPING", GONE, ServiceStep(to=ServiceStatus.STOPPED)),
    ("STOP", "STOPPED", GONE, ServiceStep()),
    # one that failed stays so, and what is left of it goes
    ("STOP", "FAILED", FAILED, ServiceStep(TEAR_DOWN)),
    ("STOP", "FAILED", GONE, ServiceStep()),
    # wished away: the same, then the row goes
    ("DELETE", "RUNNING", READY, ServiceStep(TEAR_DOWN, ServiceStatus.STOPPING)),
    ("DELETE", "STOPPING", READY, ServiceStep(TEAR_DOWN)),
    ("DELETE", "STOPPING", GONE, ServiceStep(delete=True)),
    ("DELETE", "FAILED", GONE, ServiceStep(delete=True)),
    ("DELETE", "STOPPED", GONE, ServiceStep(delete=True)),
]

NOT_ASKED = Observation(Phase.WAITING)
ANSWERS = Observation(Phase.READY)
SILENT = Observation(Phase.STARTING, reason=REFUSED)

ELSEWHERE = [
    ("RUN", "STARTING", NOT_ASKED, ServiceStep()),
    ("RUN", "STARTING", ANSWERS, ServiceStep(to=ServiceStatus.RUNNING)),
    ("RUN", "STARTING", SILENT, ServiceStep(waiting=REFUSED)),
    ("RUN", "RUNNING", NOT_ASKED, ServiceStep()),
    ("RUN", "RUNNING", ANSWERS, ServiceStep()),
    ("RUN", "RUNNING", SILENT, ServiceStep(to=ServiceStatus.STARTING, waiting=REFUSED)),
    ("RUN", "STOPPED", NOT_ASKED, ServiceStep(to=ServiceStatus.STARTING)),
    ("STOP", "RUNNING", GONE, ServiceStep(to=ServiceStatus.STOPPED)),
    ("STOP", "STOPPED", GONE, ServiceStep()),
    ("DELETE", "RUNNING", GONE, ServiceStep(delete=True)),
]


@pytest.mark.parametrize(("wish", "status", "seen", "step"), DEPLOYED)
def test_a_deployed_service(wish, status, seen, step):
    assert next_service_step(a_service(wish=wish, status=status), seen, NOW) == step


@pytest.mark.parametrize(("wish", "status", "seen", "step"), ELSEWHERE)
def test_a_service_elsewhere(wish, status, seen, step):
    assert next_service_step(elsewhere(wish=wish, status=status), seen, NOW) == step


@pytest.mark.parametrize(("seen", "why"), [(STARTING, LATE), (LOOPING, CRASHED)])
def test_one_that_is_not_ready_in_its_time_fails_with_what_is_known(seen, why):
    service = a_service(status="STARTING")
    in_time, late = NOW + timedelta(seconds=60), NOW + timedelta(seconds=61)
    assert next_service_step(service, seen, in_time).to is None
    assert next_service_step(service, seen, late) == ServiceStep(
        TEAR_DOWN, ServiceStatus.FAILED, failed=why
    )


def test_only_watched_time_counts():
    service = a_service(status="STARTING")
    awake = NOW + timedelta(hours=8)
    step = next_service_step(service, STARTING, awake + timedelta(seconds=60), awake)
    assert step.to is None
    step = next_service_step(service, STARTING, awake + timedelta(seconds=61), awake)
    assert step.failed == LATE
