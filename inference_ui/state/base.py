"""What every tab knows: who is signed in. The guard writes it before each event.

Reading it is for showing names and hiding buttons. It permits nothing: a handler passes
``context.actor()`` to a service, and the service decides.
"""

from __future__ import annotations

import reflex as rx

from inference_ui.backend.models.account import Actor


class SignedIn(rx.State):
    """The user of this tab."""

    name: str = ""
    role: str = ""
    _user_id: str = ""

    def _is_of(self, user: Actor) -> bool:
        """Whether the tab was used by nobody else."""
        return self._user_id in ("", user.id)

    def _take(self, user: Actor) -> None:
        """Remember the user."""
        if self._user_id != user.id:
            self._user_id = user.id
        if self.name != user.name:
            self.name = user.name
        if self.role != user.role:
            self.role = str(user.role)
