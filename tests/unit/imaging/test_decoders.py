"""The processes that decode: what they do not live through, the server does."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference_ui.backend.imaging import BadPicture
from inference_ui.backend.imaging.decoder import MEMORY
from inference_ui.backend.imaging.decoders import AT_ONCE, Decoders, Question
from tests.support.pictures import KINDS, huge_jpeg, zip_bomb_png
from tests.support.results import a_picture
from tests.support.waiting import wait_for

EXPECTED = ("PICTURE_BROKEN", "PICTURE_UNKNOWN", "PICTURE_TOO_LARGE", "PICTURE_TOO_DEMANDING")
"""Why a picture may not be shown that keeps nobody from answering."""


_others: set[int] = set()


@pytest.fixture(autouse=True)
def _mine_alone():
    """Leave out of :func:`processes` what other tests have left running."""
    _others.clear()
    _others.update(one.pid for one in processes())


@pytest.fixture
def decoders():
    made = Decoders()
    yield made
    made.close()


def ask(decoders, data, job="thumbnail", side=32, *, large=False):
    return decoders.ask(Question(job, len(data), side, large), io.BytesIO(data))


def why_not(decoders, data, job="copy"):
    with pytest.raises(BadPicture) as refused:
        ask(decoders, data, job)
    return refused.value


def outcome(decoders, data):
    try:
        ask(decoders, data, "copy")
    except BadPicture as refused:
        return refused.code
    return ""


def processes(of=None):
    """The decoders that a process (this one) has started."""
    found = []
    for child in (of or psutil.Process()).children():
        with contextlib.suppress(psutil.Error):  # it ends while it is looked at
            mine = child.pid not in _others
            if mine and "inference_ui.backend.imaging.decoder" in child.cmdline():
                found.append(child)
    return found


def decoding():
    """Those that are so large that they must be decoding."""
    found = []
    for one in processes():
        with contextlib.suppress(psutil.Error):
            if one.memory_info().rss > 80 << 20:
                found.append(one)
    return found


def test_a_picture_is_decoded_elsewhere(decoders):
    small = ask(decoders, a_picture(640, 480))
    assert Image.open(io.BytesIO(small.data)).size == (32, 24)
    assert ask(decoders, a_picture(), "show") is None
    assert ask(decoders, a_picture(kind="TIFF"), "show").media_type == "image/jpeg"
    assert len(processes()) == 1


def test_a_broken_picture_is_the_pictures_fault_and_no_reason_to_start_again(decoders):
    ask(decoders, a_picture())
    before = processes()
    assert why_not(decoders, a_picture(kind="JPEG")[:300]).code == "PICTURE_BROKEN"
    assert why_not(decoders, b"no picture").code == "PICTURE_UNKNOWN"
    assert why_not(decoders, zip_bomb_png(11_000)).code == "PICTURE_TOO_LARGE"
    ask(decoders, a_picture())
    assert processes() == before


def test_memory_is_bounded(decoders):
    reason = why_not(decoders, huge_jpeg(60_000, 60_000, progressive=True))
    assert (reason.code, reason.message.args["most"]) == ("PICTURE_TOO_DEMANDING", MEMORY)
    limit = processes()[0].rlimit(psutil.RLIMIT_AS)
    assert limit == (MEMORY, MEMORY)


def test_a_picture_that_takes_too_long_is_given_up():
    hasty = Decoders(limit_s=0.01)  # less than a process takes to start
    assert why_not(hasty, a_picture()).code == "PICTURE_TOO_SLOW"
    assert processes() == []


def test_one_that_was_killed_while_it_decodes_is_told_and_replaced(decoders):
    data = zip_bomb_png(9_900)

    def kill():
        busy = wait_for(decoding, "a process that decodes")
        busy[0].send_signal(signal.SIGKILL)

    with ThreadPoolExecutor(1) as aside:
        killed = aside.submit(kill)
        reason = why_not(decoders, data)
        killed.result()
    assert (reason.code, reason.message.args) == ("PICTURE_NOT_DECODED", {"error": "SIGKILL"})
    assert ask(decoders, a_picture()).data


def test_one_that_was_killed_while_it_waits_is_replaced_unseen(decoders):
    ask(decoders, a_picture())
    (idle,) = processes()
    idle.send_signal(signal.SIGKILL)
    idle.wait(10)
    assert ask(decoders, a_picture()).data


def test_one_that_hangs_is_given_up():
    decoders = Decoders(limit_s=5)
    ask(decoders, a_picture())
    (idle,) = processes()
    idle.suspend()
    assert why_not(decoders, a_picture(900, 900, "BMP")).code == "PICTURE_TOO_SLOW"
    assert processes() == []
    decoders.close()


def test_a_file_that_becomes_shorter_meanwhile_is_broken(decoders):
    with pytest.raises(BadPicture) as refused:
        decoders.ask(Question("copy", 1 << 20), io.BytesIO(a_picture()))
    assert refused.value.code == "PICTURE_BROKEN"
    assert ask(decoders, a_picture()).data


def test_what_has_nothing_to_do_ends_after_a_while():
    decoders = Decoders(idle_s=0.1)
    ask(decoders, a_picture())
    wait_for(lambda: not processes(), "no process any more")
    assert ask(decoders, a_picture()).data
    decoders.close()
    assert processes() == []


def test_many_pictures_are_decoded_by_few_processes(decoders):
    most = []

    def one(number):
        small = ask(decoders, a_picture(300 + number, 200))
        most.append(len(processes()))
        return Image.open(io.BytesIO(small.data)).size

    with ThreadPoolExecutor(12) as threads:
        sizes = list(threads.map(one, range(0, 240, 10)))
    assert {width for width, _ in sizes} == {32}
    assert max(most) <= AT_ONCE


def test_large_pictures_leave_room_for_small_ones(decoders):
    large = zip_bomb_png(9_900)
    done = []

    def show_large():
        ask(decoders, large, "thumbnail", large=True)
        done.append("large")

    with ThreadPoolExecutor(3) as threads:
        all_of_them = [threads.submit(show_large) for _ in range(3)]
        wait_for(decoding, "a process that decodes")
        ask(decoders, a_picture())
        done.append("small")
        for one in all_of_them:
            one.result()
    assert done.index("small") < 2


def test_who_looks_at_a_large_picture_does_not_wait_for_a_list_of_them(decoders):
    large = zip_bomb_png(6_000)
    done = []

    def show(job):
        ask(decoders, large, job, large=True)
        done.append(job)

    with ThreadPoolExecutor(7) as threads:
        waiting = [threads.submit(show, "thumbnail") for _ in range(6)]
        wait_for(processes, "the first of the list")
        waiting.append(threads.submit(show, "copy"))
        for one in waiting:
            one.result()
    assert done.index("copy") <= 3


def test_it_knows_nothing_of_the_server_and_gives_way_to_it(decoders, monkeypatch):
    monkeypatch.setenv("INFERENCE_UI_DATABASE_URL", "postgres://user:secret@host/db")
    ask(decoders, a_picture())
    (process,) = processes()
    assert "INFERENCE_UI_DATABASE_URL" not in process.environ()
    assert process.nice() > os.nice(0)
    assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert {fd.path for fd in process.open_files()} == set()


def test_a_signal_for_the_terminal_does_not_end_it(decoders):
    ask(decoders, a_picture())
    (process,) = processes()
    process.send_signal(signal.SIGINT)
    assert ask(decoders, a_picture()).data
    assert processes() == [process]


SERVER = """
import io, sys, time
from inference_ui.backend.imaging.decoders import Decoders, Question
data = sys.stdin.buffer.read()
Decoders().ask(Question("thumbnail", len(data), 32), io.BytesIO(data))
print("done", flush=True)
time.sleep(600)
"""


def test_it_ends_with_a_server_that_is_killed():
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    server.stdin.write(a_picture())
    server.stdin.close()
    assert server.stdout.readline() == b"done\n"
    (process,) = processes(psutil.Process(server.pid))
    server.kill()
    server.wait()
    server.stdout.close()
    process.wait(10)  # the pipe ended


def test_closing_ends_what_is_decoded_and_refuses_who_waits():
    decoders, picture = Decoders(), zip_bomb_png(9_900)
    with ThreadPoolExecutor(6) as threads:
        waiting = [threads.submit(outcome, decoders, picture) for _ in range(6)]
        wait_for(lambda: len(processes()) == AT_ONCE, "as many as there may be")
        for process in processes():
            process.suspend()  # none may be quicker than the end
        decoders.close()
        outcomes = [one.result() for one in waiting]
    # One may have been done before the other one had begun.
    assert outcomes.count("PICTURE_NOT_DECODED") > AT_ONCE
    assert set(outcomes) <= {"PICTURE_NOT_DECODED", ""}
    assert processes() == []


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    at=st.integers(10, 400),
    noise=st.binary(max_size=40),
    job=st.sampled_from(["show", "copy", "thumbnail"]),
)
def test_whatever_comes_is_answered(kind, at, noise, job):
    data = bytearray(a_picture(40, 30, kind))
    data[at : at + len(noise)] = noise
    try:
        made = ask(SHARED, bytes(data), job)
    except BadPicture as error:
        code = error.code
    else:
        code = "" if made is None else made.media_type
    assert code in ("", "image/jpeg", "image/png", *EXPECTED)


SHARED = Decoders()


@pytest.fixture(scope="module", autouse=True)
def end_shared():
    yield
    SHARED.close()
