"""Queries over accounts, sessions and sign-in links."""

from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from inference_ui.backend.models.account import Role, SignInLink, SignInSession, User


def user_by_name(session: Session, name: str) -> User | None:
    """Return the account of that name."""
    return session.exec(select(User).where(User.name == name)).first()


def users(session: Session) -> list[User]:
    """Return all accounts, by name."""
    return list(session.exec(select(User).order_by(User.name)))


def names_of(session: Session, ids: set[str]) -> dict[str, str]:
    """Return the names of the given accounts."""
    rows = session.exec(select(User.id, User.name).where(col(User.id).in_(ids)))
    return dict(rows.all())


def administrators(session: Session) -> int:
    """Return how many enabled administrators there are."""
    query = select(func.count()).where(
        User.role == Role.ADMINISTRATOR, col(User.disabled).is_(False)
    )
    return session.exec(query).one()


def user_of_session(session: Session, token_hash: str, now: datetime) -> User | None:
    """Return the enabled account of an unexpired session."""
    query = (
        select(User)
        .join(SignInSession, col(SignInSession.owner_id) == User.id)
        .where(
            SignInSession.token_hash == token_hash,
            SignInSession.expires_at > now,
            col(User.disabled).is_(False),
        )
    )
    return session.exec(query).first()


def end_session(session: Session, token_hash: str) -> None:
    """Delete a session."""
    session.exec(delete(SignInSession).where(col(SignInSession.token_hash) == token_hash))


def end_sessions_of(session: Session, user_id: str) -> None:
    """Delete all sessions of an account."""
    session.exec(delete(SignInSession).where(col(SignInSession.owner_id) == user_id))


def forget_expired(session: Session, now: datetime) -> None:
    """Delete sessions and links that open nothing any more."""
    session.exec(delete(SignInSession).where(col(SignInSession.expires_at) <= now))
    session.exec(delete(SignInLink).where(col(SignInLink.expires_at) <= now))


def use_link(session: Session, token_hash: str, now: datetime) -> User | None:
    """Mark a link as used; return its owner, or None when it opens nothing (any more)."""
    marked = session.exec(
        update(SignInLink)
        .where(
            col(SignInLink.token_hash) == token_hash,
            col(SignInLink.used_at).is_(None),
            col(SignInLink.expires_at) > now,
        )
        .values(used_at=now)
    )
    if marked.rowcount != 1:
        return None
    link = session.get_one(SignInLink, token_hash)
    user = session.get(User, link.owner_id)
    return user if user is not None and not user.disabled else None
