"""Sentences, numbers and times on a page: Vars that the browser renders in the page's language.

Everything here returns a string Var that may stand wherever text may: as a child, a placeholder, an
aria-label, a page's title. A key that does not exist, or arguments that do not fit its sentence,
fail when the page is compiled. Only pages and components use this; the rest uses :mod:`.text`.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex.vars.base import LiteralVar
from reflex.vars.sequence import StringVar

from inference_ui.i18n.catalogue import arguments, messages

MODULE = "$/utils/product/i18n"
"""Where the build puts ``client/i18n.js``."""

_LOCALE = "pageLocale"
_HOOK = f"const {_LOCALE} = useLocale()"


def t(key: str, **args: Any) -> StringVar:
    """Return the sentence ``key``, for instance ``t("tasks.failed", count=Row.failed)``.

    Raises ``KeyError`` when there is no such sentence, ``TypeError`` when its arguments differ.
    """
    expected = arguments(messages("zh")[key])
    if expected != args.keys():
        raise TypeError(f"{key} takes {sorted(expected)}, not {sorted(args)}")
    return _call("say", key, args) if args else _call("say", key)


def one_of(area: str, code: Any) -> StringVar:
    """Return the sentence of ``area`` that the Var ``code`` names, e.g. a status' word."""
    return _call("sayOf", _known(area), code)


def reason(code: Any, args: Any) -> StringVar:
    """Return the sentence for a message of the backend: its code and its arguments (a dict)."""
    return _call("sayOf", "reason", code, args)


def fmt_number(value: Any, digits: int = 1) -> StringVar:
    """``1,204,318``; at most ``digits`` after the point; — for None."""
    return _call("number", value, digits)


def fmt_rate(value: Any) -> StringVar:
    """``1,846``, ``96.4``, ``0.52``: a rate with three digits that matter."""
    return _call("rate", value)


def fmt_percent(share: Any) -> StringVar:
    """``17.8%`` of a share between 0 and 1."""
    return _call("percent", share)


def fmt_size(value: Any) -> StringVar:
    """``1.2 TiB`` of a number of bytes."""
    return _call("size", value)


def fmt_duration(seconds: Any, parts: int = 2) -> StringVar:
    """``11 min 36 s``; with ``parts=1`` only the largest unit."""
    return _call("duration", seconds, parts)


def fmt_clock(seconds: Any) -> StringVar:
    """``43:23``, for what counts down."""
    return _call("clock", seconds)


def fmt_time(value: Any, style: str = "short") -> StringVar:
    """``Today 09:12`` of seconds since 1970 or an ISO text; ``full`` gives year and seconds,
    ``minute`` the time of day alone."""
    return _call("time", value, style)


def fmt_time_of_day(value: Any) -> StringVar:
    """``09:23:40``."""
    return _call("timeOfDay", value)


def switch_locale() -> rx.event.EventSpec:
    """Return an event for the browser: change to the other language, and remember it."""
    return rx.call_function(_function("switchLocale"))


def remember_theme() -> rx.event.EventSpec:
    """Return an event for the browser: remember the colours that are about to be chosen."""
    return rx.call_function(_function("rememberTheme"))


def is_locale(locale: str) -> rx.Var[bool]:
    """Return whether the page speaks ``locale``."""
    return rx.Var(f'({_LOCALE} === "{locale}")', _var_type=bool, _var_data=_data("useLocale"))


def _known(area: str) -> str:
    if not any(key.startswith(f"{area}.") for key in messages("zh")):
        raise KeyError(area)
    return area


def _data(*functions: str) -> VarData:
    return VarData(imports={MODULE: list(dict.fromkeys(functions))}, hooks={_HOOK: None})


def _function(name: str) -> rx.Var[Any]:
    return rx.Var(name, _var_data=VarData(imports={MODULE: [name]}))


def _call(function: str, *args: Any) -> StringVar:
    given = [LiteralVar.create(arg) for arg in args]
    return rx.Var(
        f"{function}({', '.join((_LOCALE, *map(str, given)))})",
        _var_type=str,
        _var_data=VarData.merge(
            _data("useLocale", function), *(arg._get_all_var_data() for arg in given)
        ),
    ).to(str)
