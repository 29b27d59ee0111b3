"""People: accounts with roles, their sessions, and one-time sign-in links."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from inference_ui.backend.models.columns import UtcTime, new_id, utc_now


class Role(StrEnum):
    """What a user may do: look; also create and end own tasks; everything."""

    VIEWER = "VIEWER"
    USER = "USER"
    ADMINISTRATOR = "ADMINISTRATOR"


@dataclass(frozen=True, slots=True)
class Actor:
    """The user on whose behalf a service is called."""

    id: str
    name: str
    role: Role

    @property
    def may_create(self) -> bool:
        """Whether this user may create things of their own."""
        return self.role is not Role.VIEWER

    @property
    def is_administrator(self) -> bool:
        """Whether this user may do everything."""
        return self.role is Role.ADMINISTRATOR

    def owns(self, owner_id: str) -> bool:
        """Whether this user may change what ``owner_id`` owns."""
        return self.is_administrator or (self.may_create and self.id == owner_id)


class User(SQLModel, table=True):
    """An account. Without a password hash it can only be entered through a one-time link."""

    __tablename__ = "user_account"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    role: str
    password_hash: str | None = None
    disabled: bool = False
    owner_id: str | None = Field(default=None, foreign_key="user_account.id")
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)

    @property
    def actor(self) -> Actor:
        """This user as an acting user."""
        return Actor(self.id, self.name, Role(self.role))


class SignInSession(SQLModel, table=True):
    """A signed-in browser. Only a hash of its token is kept: the database opens no session."""

    __tablename__ = "sign_in_session"

    token_hash: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)


class SignInLink(SQLModel, table=True):
    """A link that signs its owner in once. Only a hash of its token is kept."""

    __tablename__ = "sign_in_link"

    token_hash: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)
