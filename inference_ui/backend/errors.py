"""The one error tree. An error is a code and its arguments; sentences are made by ``i18n``.

::

    ProductError
    ├── Refused                the caller asked for what cannot be; nothing was changed
    │   ├── Unauthenticated    nobody is signed in
    │   ├── Forbidden          somebody is, but may not do this
    │   ├── NotFound           no such thing, or not visible to the caller
    │   ├── Conflict           it is in a state that excludes this
    │   └── InvalidFields      one message for each field that is wrong
    ├── CannotStart            a setting or the machine's state keeps a program from starting
    ├── CannotGoOn             the machine's state ends a running program, as a full disk does
    ├── ClusterError           the cluster could not be asked; asking again later may help
    └── StoreError             the database could not be used

Foreign exceptions are converted where they enter (an adapter, a reader) and chained, so that no
caller above ever catches an exception of a library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

Argument: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Message:
    """What to tell a person, before it has a language: ``QUEUED_NO_ROOM {"needed": 2}``.

    ``code`` is a key of the catalogues in ``i18n`` (prefixed there with ``reason.``), ``args`` are
    its named arguments: plain text and numbers, so that a message can be stored as JSON.
    """

    code: str
    args: Mapping[str, Argument] = field(default_factory=lambda: MappingProxyType({}))

    def to_json(self) -> dict[str, Any]:
        """Return ``{"code": …, "args": {…}}``."""
        return {"code": self.code, "args": dict(self.args)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        """Read what :meth:`to_json` wrote."""
        return cls(data["code"], dict(data.get("args", {})))


class ProductError(Exception):
    """Base of every error that the product raises on purpose."""

    def __init__(self, code: str, **args: Argument) -> None:
        super().__init__(code, args)
        self.message = Message(code, args)

    @property
    def code(self) -> str:
        """The message's code."""
        return self.message.code

    def __str__(self) -> str:
        args = ", ".join(f"{key}={value!r}" for key, value in self.message.args.items())
        return f"{self.code}({args})"


class Refused(ProductError):
    """The caller asked for what cannot be. Nothing was changed."""


class Unauthenticated(Refused):
    """Nobody is signed in, or the session has ended."""


class Forbidden(Refused):
    """The acting user may not do this."""


class NotFound(Refused):
    """There is no such thing, or the acting user may not see it."""


class Conflict(Refused):
    """The thing is in a state that excludes what was asked."""


class InvalidFields(Refused):
    """Some given fields are wrong: ``fields`` maps each one's name to what is wrong with it."""

    def __init__(self, fields: Mapping[str, Message]) -> None:
        super().__init__("INVALID_FIELDS", fields=", ".join(sorted(fields)))
        self.fields = dict(fields)


class CannotStart(ProductError):
    """A setting, or the state of the machine, keeps a program from starting."""


class CannotGoOn(ProductError):
    """The state of the machine ends a program that was running. Nothing that was written is lost;
    starting the program again later may help."""


class ClusterError(ProductError):
    """The cluster could not be asked or refused; asking again later may help."""


class StoreError(ProductError):
    """The database could not be used."""
