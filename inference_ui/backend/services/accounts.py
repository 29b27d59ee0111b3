"""Who may come in: accounts, passwords, sessions and one-time links."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inference_ui.backend.errors import (
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
    Unauthenticated,
)
from inference_ui.backend.models.account import Actor, Role, SignInLink, SignInSession, User
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.services.throttle import Throttle
from inference_ui.backend.store import accounts as queries
from inference_ui.backend.store.database import Store

LINK_LIFE = timedelta(days=1)
MIN_PASSWORD = 8

JUDGED_AT_ONCE, BUSY_S = 4, 2
"""Checking a password takes 64 MiB on purpose: more of them at once must come again, lest strangers
fill the memory and keep everybody else waiting."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: ``token`` is the cookie's value and is kept nowhere."""

    token: str
    user: Actor
    expires_at: datetime


class Accounts:
    """Signing in and out, and the accounts themselves."""

    def __init__(
        self,
        store: Store,
        *,
        session_life: timedelta = timedelta(days=14),
        now: Callable[[], datetime] = utc_now,
        throttle: Throttle | None = None,
    ) -> None:
        self._store = store
        self._life = session_life
        self._now = now
        self._throttle = throttle or Throttle()
        self._hasher = PasswordHasher()
        self._judging = threading.BoundedSemaphore(JUDGED_AT_ONCE)

    def sign_in(self, name: str, password: str, address: str) -> Session:
        """Open a session by name and password, asked from ``address``.

        Raises :class:`Unauthenticated`: SIGN_IN_WRONG with the tries ``left``, or SIGN_IN_WAIT
        with the ``seconds`` to wait. Takes as long for a name that does not exist.
        """
        key = f"{address}\n{name.strip().casefold()}"
        wait = self._throttle.wait_s(key)
        if wait > 0:
            raise Unauthenticated("SIGN_IN_WAIT", seconds=int(wait) + 1)
        with self._store.read() as session:
            user = queries.user_by_name(session, name.strip())
        usable = user is not None and not user.disabled and user.password_hash is not None
        known = user.password_hash if user is not None and usable else None
        left = self._throttle.failed(key)  # counted first: guesses made at once are all counted
        if not self._matches(known, password) or user is None or not usable:
            if left == 0:
                raise Unauthenticated("SIGN_IN_WAIT", seconds=int(self._throttle.wait_s(key)) + 1)
            raise Unauthenticated("SIGN_IN_WRONG", left=left)
        self._throttle.succeeded(key)
        return self._open(user)

    def redeem(self, token: str) -> Session:
        """Open a session by a one-time link. Raises :class:`Unauthenticated`: LINK_USED."""
        with self._store.write() as session:
            user = queries.use_link(session, _digest(token), self._now())
        if user is None:
            raise Unauthenticated("LINK_USED")
        return self._open(user)

    def actor(self, token: str | None) -> Actor | None:
        """Return who a session's token stands for, or None when it opens nothing (any more)."""
        if not token:
            return None
        with self._store.read() as session:
            user = queries.user_of_session(session, _digest(token), self._now())
        return user.actor if user else None

    def sign_out(self, token: str) -> None:
        """End a session at once, in every tab that uses it."""
        with self._store.write() as session:
            queries.end_session(session, _digest(token))

    def new_link(self, name: str) -> str:
        """Return the token of a new link that signs the user in once, within a day.

        For the machine's administrator at the command line; raises :class:`NotFound`.
        """
        token = token_urlsafe(32)
        now = self._now()
        with self._store.write() as session:
            user = queries.user_by_name(session, name)
            if user is None:
                raise NotFound("USER_UNKNOWN", name=name)
            session.add(
                SignInLink(token_hash=_digest(token), owner_id=user.id, expires_at=now + LINK_LIFE)
            )
        return token

    def ensure_administrator(self, name: str = "admin") -> Actor:
        """Return the first administrator, made (without a password) where there is none."""
        with self._store.write() as session:
            user = queries.user_by_name(session, name)
            if user is None:
                user = User(name=name, role=Role.ADMINISTRATOR)
                session.add(user)
        return user.actor

    def users(self, actor: Actor) -> list[User]:
        """Return all accounts. For administrators."""
        _require_administrator(actor)
        with self._store.read() as session:
            return queries.users(session)

    def create_user(self, actor: Actor, name: str, password: str | None, role: Role) -> Actor:
        """Make an account. For administrators. Raises :class:`InvalidFields`."""
        _require_administrator(actor)
        problems = {"name": name_problem(name), "password": _password_problem(password)}
        _raise_if_any(problems)
        user = User(name=clean_name(name), role=role, owner_id=actor.id)
        if password is not None:
            user.password_hash = self._hasher.hash(password)
        with self._store.write() as session:
            if queries.user_by_name(session, user.name) is not None:
                raise InvalidFields({"name": Message("NAME_TAKEN", {"name": user.name})})
            session.add(user)
        return user.actor

    def set_password(self, actor: Actor, name: str, password: str) -> None:
        """Change a password, one's own or (administrators) anybody's, and end all sessions.

        Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidFields`.
        """
        if actor.name != name:
            _require_administrator(actor)
        _raise_if_any({"password": _password_problem(password)})
        with self._store.write() as session:
            user = queries.user_by_name(session, name)
            if user is None:
                raise NotFound("USER_UNKNOWN", name=name)
            user.password_hash = self._hasher.hash(password)
            session.add(user)
            queries.end_sessions_of(session, user.id)

    def disable(self, actor: Actor, name: str) -> None:
        """Keep a user out from now on. For administrators; the last one cannot be disabled."""
        _require_administrator(actor)
        with self._store.write() as session:
            user = queries.user_by_name(session, name)
            if user is None:
                raise NotFound("USER_UNKNOWN", name=name)
            if user.role == Role.ADMINISTRATOR and queries.administrators(session) == 1:
                raise Conflict("LAST_ADMINISTRATOR", name=name)
            user.disabled = True
            session.add(user)
            queries.end_sessions_of(session, user.id)

    def _open(self, user: User) -> Session:
        token = token_urlsafe(32)
        now = self._now()
        expires = now + self._life
        with self._store.write() as session:
            queries.forget_expired(session, now)
            session.add(
                SignInSession(token_hash=_digest(token), owner_id=user.id, expires_at=expires)
            )
        return Session(token, user.actor, expires)

    @cached_property
    def _of_nobody(self) -> str:
        """The hash of a password that nobody has. It takes long on purpose, so it is made when a
        password is judged, and not by every command that opens the accounts."""
        return self._hasher.hash(token_urlsafe())

    def _matches(self, known: str | None, password: str) -> bool:
        if not self._judging.acquire(blocking=False):
            raise Unauthenticated("SIGN_IN_WAIT", seconds=BUSY_S)
        try:
            of_nobody = self._of_nobody  # for any name, lest one that is unknown take longer
            return self._hasher.verify(known or of_nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._judging.release()


def _digest(token: str) -> str:
    """The token is random and long, so a plain hash keeps it as safe as a slow one would."""
    return hashlib.sha256(token.encode()).hexdigest()


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("ADMINISTRATORS_ONLY")


def _password_problem(password: str | None) -> Message | None:
    if password is not None and len(password) < MIN_PASSWORD:
        return Message("PASSWORD_TOO_SHORT", {"min": MIN_PASSWORD})
    return None


def _raise_if_any(problems: dict[str, Message | None]) -> None:
    found = {field: problem for field, problem in problems.items() if problem is not None}
    if found:
        raise InvalidFields(found)
