"""A log that follows its end until its reader scrolls up."""

from __future__ import annotations

import reflex as rx


class LogView(rx.Component):
    """The log called ``log`` with its ``text``. Children stand in its head, beside ``title``.

    ``follow`` is the button's word, ``waiting`` the one while new lines wait to be seen, ``empty``
    stands in place of a log that says nothing.
    """

    library = "$/utils/product/log_view"
    tag = "LogView"

    log: rx.Var[str]
    text: rx.Var[str]
    title: rx.Var[str]
    follow: rx.Var[str]
    waiting: rx.Var[str]
    empty: rx.Var[str]
