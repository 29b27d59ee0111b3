"""Watches over real HTTP: whatever happens between, what is kept is what the server has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_ui.backend.cluster.kubernetes.caches import Records
from inference_ui.backend.cluster.kubernetes.connection import Access, Connection
from inference_ui.backend.cluster.kubernetes.kinds import PODS
from inference_ui.backend.cluster.kubernetes.sinks import Sink
from inference_ui.backend.cluster.kubernetes.watching import Watch
from tests.support.list_watch import (
    FORBIDDEN,
    ListWatch,
    Request,
    expired_event,
    hang_up,
    kubeconfig,
    serving,
    status,
    torn,
)
from tests.support.waiting import wait_for

Json = dict[str, Any]


class Kept:
    """What a watch keeps: the values of the objects by name, and what came of each."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.moves: list[tuple[str, Any, Any]] = []
        self.sink: Sink = Records(lambda thing: thing.get("value"), self._moved, threading.Lock())

    def _moved(self, key: tuple[str, str], before: Any, after: Any) -> None:
        self.moves.append((key[1], before, after))
        if after is None:
            del self.values[key[1]]
        else:
            self.values[key[1]] = after


class Watched:
    """A server, a connection, and a watch with what it keeps."""

    def __init__(self, server: ListWatch, connection: Connection, page: int = 2) -> None:
        self.server = server
        self.kept = Kept()
        self.told = threading.Event()
        self.watch = Watch(connection, PODS, self.kept.sink, self.told.set, page=page)

    def agrees(self) -> bool:
        """Whether what is kept is what the server has."""
        has = {name: one["value"] for name, one in list(self.server.objects.items())}
        return self.watch.synced and self.kept.values == has

    def wait(self) -> None:
        """Wait for that."""
        wait_for(self.agrees, "the watch agrees with the server")


@pytest.fixture
def server() -> Iterator[ListWatch]:
    with serving() as found:
        yield found


@pytest.fixture
def connection(server: ListWatch, tmp_path: Path) -> Iterator[Connection]:
    found = Connection(Access(kubeconfig(tmp_path, server.port)))
    yield found
    found.close()


@pytest.fixture
def watched(server: ListWatch, connection: Connection) -> Iterator[Watched]:
    for number in range(5):
        server.put(f"first-{number}", value=number)
    found = Watched(server, connection)
    yield found
    assert found.watch.stop()


def start(watched: Watched) -> None:
    """Begin to watch, and wait until an event has come that way."""
    watched.watch.start()
    watched.wait()
    watched.server.put("started", value=0)
    watched.wait()


def test_a_list_comes_in_pages_and_the_watch_begins_at_its_version(watched: Watched) -> None:
    watched.watch.start()
    assert watched.watch.wait_synced(10)
    wait_for(watched.server.watches, "a watch")
    assert watched.agrees()
    first = watched.server.requests[:4]
    assert [one.query.get("limit") for one in first[:3]] == ["2"] * 3
    assert ["continue" in one.query for one in first[:3]] == [False, True, True]
    assert first[3].query["resourceVersion"] == "105"
    assert first[3].query["allowWatchBookmarks"] == "true"


def test_changes_and_deletions_arrive_and_are_told(watched: Watched) -> None:
    start(watched)
    watched.told.clear()
    watched.server.put("first-0", value="new")
    watched.server.drop("first-1")
    watched.wait()
    assert watched.told.is_set()


def test_after_a_cut_the_watch_resumes_without_a_list_and_loses_nothing(watched: Watched) -> None:
    start(watched)
    watched.server.cut()
    for number in range(20):
        watched.server.put(f"while-away-{number}", value=number)
    watched.server.drop("first-2")
    watched.wait()
    assert len(watched.server.lists()) == 1
    assert watched.watch.problem is None


@pytest.mark.parametrize("fault", [status(410, "Expired"), expired_event])
def test_a_version_that_is_too_old_is_followed_by_a_list(watched: Watched, fault: Any) -> None:
    start(watched)
    watched.server.faults.append(fault)
    watched.server.cut()
    watched.server.drop("first-3")
    wait_for(lambda: len(watched.server.lists()) == 2, "a second list")
    watched.wait()


def test_a_version_newer_than_any_is_followed_by_a_list(watched: Watched) -> None:
    """So it is after the server's data was restored."""
    start(watched)

    def from_the_future(request: Request) -> None:
        causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
        request.answer(504, {"kind": "Status", "reason": "Timeout", "details": {"causes": causes}})

    watched.server.faults.append(from_the_future)
    watched.server.cut()
    wait_for(lambda: len(watched.server.lists()) == 2, "a second list")
    watched.wait()


def test_what_was_deleted_while_its_history_was_forgotten_is_no_more(watched: Watched) -> None:
    start(watched)
    watched.server.always = hang_up
    watched.server.cut()
    watched.server.drop("first-0")
    watched.server.put("later", value=1)
    watched.server.forget()
    watched.server.always = None
    watched.wait()


def test_a_list_whose_rest_has_expired_begins_again(watched: Watched) -> None:
    asked = threading.Event()

    def expire(request: Request) -> None:
        watched.server.forget()
        asked.set()
        watched.server.serve_list(request)

    watched.server.faults.extend([watched.server.serve_list, expire])
    watched.watch.start()
    watched.wait()
    assert asked.is_set()
    assert len(watched.server.lists()) == 2


def test_all_is_kept_as_it_was_while_the_server_is_away(watched: Watched) -> None:
    start(watched)
    before = dict(watched.kept.values)
    watched.server.always = hang_up
    watched.server.cut()
    problem = wait_for(lambda: watched.watch.problem, "a problem")
    assert problem.code == "CLUSTER_UNREACHABLE"
    assert watched.kept.values == before
    assert watched.watch.synced
    watched.server.always = None
    wait_for(lambda: watched.watch.problem is None, "the problem is over")


def test_a_missing_permission_is_named(watched: Watched) -> None:
    watched.server.always = status(403, "Forbidden", FORBIDDEN)
    watched.watch.start()
    problem = wait_for(lambda: watched.watch.problem, "a problem")
    assert problem.message.to_json() == {
        "code": "CLUSTER_FORBIDDEN",
        "args": {"verb": "list", "resource": "pods", "namespace": ""},
    }
    assert not watched.watch.synced
    watched.server.always = None
    watched.wait()
    assert watched.watch.problem is None


def test_credentials_that_are_not_accepted_are_told(watched: Watched) -> None:
    watched.server.always = status(401, "Unauthorized")
    watched.watch.start()
    problem = wait_for(lambda: watched.watch.problem, "a problem")
    assert problem.code == "CLUSTER_UNAUTHORIZED"


def test_a_server_that_asks_for_time_is_given_it(watched: Watched) -> None:
    watched.server.faults.append(status(429, "TooManyRequests", Retry_After="1"))
    watched.watch.start()
    problem = wait_for(lambda: watched.watch.problem, "a problem")
    assert problem.message.to_json() == {"code": "CLUSTER_BUSY", "args": {"seconds": 1}}
    assert len(watched.server.requests) == 1
    watched.wait()


def test_an_answer_that_is_no_json_is_a_refusal_and_asked_for_again(watched: Watched) -> None:
    watched.server.faults.append(lambda request: request.answer(200, b"<html>"))
    watched.watch.start()
    problem = wait_for(lambda: watched.watch.problem, "a problem")
    assert problem.code == "CLUSTER_REFUSED"
    watched.wait()


def test_an_answer_that_comes_byte_by_byte_is_read(watched: Watched) -> None:
    def slowly(request: Request) -> None:
        request.begin_stream()
        event = {
            "type": "ADDED",
            "object": {"metadata": {"name": "slow", "resourceVersion": "105"}, "value": 7},
        }
        for byte in (str(event).replace("'", '"') + "\n").encode():
            request.chunk(bytes([byte]))
        request.chunk(b"")

    watched.watch.start()
    watched.wait()
    watched.server.faults.append(slowly)
    watched.server.cut()
    wait_for(lambda: watched.kept.values.get("slow") == 7, "the slow object")


def never(request: Request) -> None:
    """Say nothing until the other side leaves."""
    request.rfile.read(1)


def never_more(request: Request) -> None:
    """Begin an answer and say no more until the other side leaves."""
    request.begin_stream()
    request.rfile.read(1)


@pytest.mark.parametrize("silence", [never, never_more])
def test_a_watch_that_waits_for_an_answer_can_be_stopped(
    server: ListWatch, connection: Connection, silence: Callable[[Request], None]
) -> None:
    server.always = silence
    watched = Watched(server, connection)
    watched.watch.start()
    wait_for(lambda: server.requests, "a request")
    assert watched.watch.stop(5)
    assert watched.watch.problem is None


def test_a_quiet_watch_and_one_that_pauses_can_be_stopped(
    server: ListWatch, connection: Connection
) -> None:
    quiet, pausing = Watched(server, connection), Watched(server, connection)
    start(quiet)
    server.always = status(429, "TooManyRequests", Retry_After="9")
    pausing.watch.start()
    wait_for(lambda: pausing.watch.problem, "a problem")
    assert quiet.watch.stop(5)
    assert pausing.watch.stop(5)


def test_stopping_one_watch_leaves_the_others_alone(
    server: ListWatch, connection: Connection
) -> None:
    one, other = Watched(server, connection), Watched(server, connection)
    start(one)
    start(other)
    asked = len(server.requests)
    assert one.watch.stop(5)
    server.put("later", value=1)
    other.wait()
    assert len(server.requests) == asked
    assert other.watch.stop(5)


FAULTS: dict[str, Callable[[ListWatch], None]] = {
    "cut": ListWatch.cut,
    "forget": ListWatch.forget,
    "hang up": lambda server: server.faults.append(hang_up),
    "torn": lambda server: server.faults.append(torn),
    "410": lambda server: server.faults.append(status(410, "Expired")),
    "expired": lambda server: server.faults.append(expired_event),
    "500": lambda server: server.faults.append(status(500, "InternalError")),
}
STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abcde"), st.integers(0, 9)),
    st.tuples(st.just("drop"), st.sampled_from("abcde"), st.just(0)),
    st.tuples(st.just("fault"), st.sampled_from(sorted(FAULTS)), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.just(0)),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_any_sequence_of_faults_ends_in_what_the_server_has(steps: Any, tmp_path: Path) -> None:
    with serving() as server:
        connection = Connection(Access(kubeconfig(tmp_path, server.port)))
        watched = Watched(server, connection)
        watched.watch.start()
        for what, which, value in steps:
            if what == "put":
                server.put(which, value=value)
            elif what == "drop":
                server.drop(which)
            elif what == "fault":
                FAULTS[which](server)
            else:
                wait_for(watched.agrees, "agreement in between")
        server.cut()
        watched.wait()
        assert watched.watch.stop()
        connection.close()
    for _, before, after in watched.kept.moves:
        assert before != after  # nothing is told twice
