"""Who may come in, and how guessing is slowed down."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from inference_ui.backend.errors import (
    Conflict,
    Forbidden,
    InvalidFields,
    NotFound,
    Unauthenticated,
)
from inference_ui.backend.models.account import Role
from inference_ui.backend.services.accounts import LINK_LIFE, Accounts
from inference_ui.backend.services.throttle import TRIES, WAIT_S, Throttle
from tests.support.samples import NOW

PASSWORD = "correct horse"
HERE = "127.0.0.1"


class Clock:
    """A time that tests move on."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def seconds(self):
        return self.now.timestamp()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(sqlite_store, clock):
    return Accounts(sqlite_store, now=clock, throttle=Throttle(clock.seconds))


@pytest.fixture
def admin(accounts):
    return accounts.ensure_administrator()


@pytest.fixture
def linlan(accounts, admin):
    return accounts.create_user(admin, "linlan", PASSWORD, Role.USER)


def test_a_name_and_its_password_open_a_session(accounts, linlan):
    session = accounts.sign_in("linlan", PASSWORD, HERE)
    assert session.user == linlan
    assert accounts.actor(session.token) == linlan


@pytest.mark.parametrize("name", ["linlan", "nobody"])
def test_a_wrong_password_and_an_unknown_name_look_alike(accounts, linlan, name):
    with pytest.raises(Unauthenticated) as refused:
        accounts.sign_in(name, "wrong horse", HERE)
    assert refused.value.message.args == {"left": TRIES - 1}


def test_an_account_without_a_password_is_not_entered_by_an_empty_one(accounts, admin):
    with pytest.raises(Unauthenticated):
        accounts.sign_in("admin", "", HERE)


def test_after_some_wrong_tries_even_the_right_password_must_wait(accounts, linlan, clock):
    codes = []
    for _ in range(TRIES + 1):
        with pytest.raises(Unauthenticated) as refused:
            accounts.sign_in("linlan", "wrong horse", HERE)
        codes.append(refused.value.code)
    assert codes == ["SIGN_IN_WRONG"] * (TRIES - 1) + ["SIGN_IN_WAIT"] * 2
    with pytest.raises(Unauthenticated, match="SIGN_IN_WAIT"):
        accounts.sign_in("linlan", PASSWORD, HERE)
    assert accounts.sign_in("linlan", PASSWORD, "10.0.0.9").user == linlan
    clock.now += timedelta(seconds=WAIT_S + 1)
    assert accounts.sign_in("linlan", PASSWORD, HERE).user == linlan


def test_guesses_made_at_once_are_all_counted(accounts, linlan):
    codes = []
    barrier = threading.Barrier(12)

    def guess():
        barrier.wait()
        try:
            accounts.sign_in("linlan", "wrong horse", HERE)
        except Unauthenticated as error:
            codes.append(error.code)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 12
    assert codes.count("SIGN_IN_WRONG") < TRIES
    with pytest.raises(Unauthenticated, match="SIGN_IN_WAIT"):
        accounts.sign_in("linlan", PASSWORD, HERE)


def test_a_session_ends_by_signing_out_and_by_time(accounts, linlan, clock):
    first, second = (accounts.sign_in("linlan", PASSWORD, HERE) for _ in range(2))
    accounts.sign_out(first.token)
    assert accounts.actor(first.token) is None
    assert accounts.actor(second.token) == linlan
    clock.now = second.expires_at
    assert accounts.actor(second.token) is None


@pytest.mark.parametrize("token", [None, "", "x", "' OR 1=1 --"])
def test_nobody_is_signed_in_by_a_made_up_token(accounts, linlan, token):
    assert accounts.actor(token) is None


def test_a_link_opens_once(accounts, admin):
    token = accounts.new_link("admin")
    assert accounts.redeem(token).user == admin
    with pytest.raises(Unauthenticated, match="LINK_USED"):
        accounts.redeem(token)


def test_a_link_opens_for_a_day(accounts, admin, clock):
    token = accounts.new_link("admin")
    clock.now += LINK_LIFE
    with pytest.raises(Unauthenticated, match="LINK_USED"):
        accounts.redeem(token)


def test_a_disabled_user_is_out_at_once_and_stays_out(accounts, admin, linlan):
    session = accounts.sign_in("linlan", PASSWORD, HERE)
    accounts.disable(admin, "linlan")
    assert accounts.actor(session.token) is None
    with pytest.raises(Unauthenticated):
        accounts.sign_in("linlan", PASSWORD, HERE)


def test_the_last_administrator_cannot_be_locked_out(accounts, admin):
    with pytest.raises(Conflict, match="LAST_ADMINISTRATOR"):
        accounts.disable(admin, "admin")


def test_a_new_password_ends_all_sessions(accounts, linlan):
    session = accounts.sign_in("linlan", PASSWORD, HERE)
    accounts.set_password(linlan, "linlan", "battery staple")
    assert accounts.actor(session.token) is None
    assert accounts.sign_in("linlan", "battery staple", HERE).user == linlan


def test_only_administrators_manage_other_accounts(accounts, admin, linlan):
    calls = [
        lambda: accounts.users(linlan),
        lambda: accounts.create_user(linlan, "x", None, Role.ADMINISTRATOR),
        lambda: accounts.set_password(linlan, "admin", PASSWORD),
        lambda: accounts.disable(linlan, "admin"),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()
    assert [user.name for user in accounts.users(admin)] == ["admin", "linlan"]


def test_bad_account_fields_are_named(accounts, admin, linlan):
    with pytest.raises(InvalidFields) as refused:
        accounts.create_user(admin, "", "short", Role.USER)
    assert {k: v.code for k, v in refused.value.fields.items()} == {
        "name": "NAME_EMPTY",
        "password": "PASSWORD_TOO_SHORT",
    }
    with pytest.raises(InvalidFields, match="name"):
        accounts.create_user(admin, "linlan", None, Role.USER)
    with pytest.raises(NotFound):
        accounts.new_link("nobody")


def test_the_database_holds_no_token_and_no_password(accounts, linlan, tmp_path):
    session = accounts.sign_in("linlan", PASSWORD, HERE)
    link = accounts.new_link("linlan")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("*sqlite3*"))
    for secret in (PASSWORD, session.token, link):
        assert secret.encode() not in content
