"""Asking a running server one thing, in the browser: a form, and what came of it.

Pictures and answers go over REST, so no state of Reflex holds them. The routes read the request
with ``api.asking.question_of`` and answer with ``api.asking.answer_json``.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

_ANSWER = "$/utils/product/ask_answer"


class AskForm(rx.Component):
    """A form for JSON or a picture, posted to ``url`` with ``query`` (names with values).

    ``verb`` is the button's word (``quiet`` where the page has a primary button of its own);
    ``example`` the JSON that stands there first (``rows.ask.example_of``); ``prompts`` says whether
    a prompt goes with a picture, ``prompt`` is the one at first. What the route answers is handed
    to ``on_sent``; where it holds ``answer``
    (``answer_json``), that is shown below the form. ``variables`` and ``parameters`` (rows with
    ``name``, ``default``, ``secret``, ``set``) may be given another value for this question: they
    go in a header that ``api.asking.overrides_of`` reads.
    """

    library = "$/utils/product/ask"
    tag = "AskForm"

    url: rx.Var[str]
    verb: rx.Var[str]
    example: rx.Var[str]
    prompts: rx.Var[bool]
    prompt: rx.Var[str]
    query: rx.Var[dict[str, str]]
    disabled: rx.Var[bool]
    quiet: rx.Var[bool]
    variables: rx.Var[list[Any]]
    parameters: rx.Var[list[Any]]
    on_sent: rx.EventHandler[passthrough_event_spec(dict)]


class AnswerView(rx.Component):
    """An answer as ``answer_json`` writes it; ``picture`` is the address of the picture sent."""

    library = _ANSWER
    tag = "AnswerView"

    answer: rx.Var[dict[str, Any]]
    picture: rx.Var[str]


class AnswerOf(rx.Component):
    """The answer that the route ``source`` holds (``{"answer": answer_json(…)}``)."""

    library = _ANSWER
    tag = "AnswerOf"

    source: rx.Var[str]
    picture: rx.Var[str]
