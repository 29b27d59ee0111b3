"""The look of the sign-in page: one template, filled with words and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from inference_ui import __version__, cookies, routes
from inference_ui.backend.errors import Message
from inference_ui.i18n.text import reason, say

THEMES = ("light", "dark")
HEAD = (Path(__file__).parents[1] / "client" / "head.js").read_text("utf-8")
_PAGE = Template((Path(__file__).parent / "sign_in.html").read_text("utf-8"))
_WARNING = (
    '<svg class="ic" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 4 2.8 19.5h18.4z"/>'
    '<path d="M12 10v4.5M12 17.2h.01"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Look:
    """The language of the page, and its colours; ``""`` for the system's."""

    locale: str
    theme: str


def render(
    look: Look,
    next_path: str,
    name: str = "",
    problems: Mapping[str, Message] | None = None,
) -> str:
    """Return the page. ``problems`` stand beside their field: ``name``, ``password``, or ``""``."""
    problems = problems or {}
    words = partial(say, look.locale)
    other_locale = "en" if look.locale == "zh" else "zh"
    other_theme = "light" if look.theme == "dark" else "dark"
    values = {
        "lang": "zh-CN" if look.locale == "zh" else "en",
        "theme": look.theme,
        "title": words("sign_in.title"),
        "name_label": words("sign_in.name"),
        "password_label": words("sign_in.password"),
        "no_account": words("sign_in.no_account"),
        "show_password": words("sign_in.show_password"),
        "other_language": words("sign_in.other_language"),
        "other_language_label": words("sign_in.other_language_label"),
        "theme_label": words("nav.switch_theme"),
        "version": __version__,
        "name": name,
        "next": next_path,
        "action": routes.SIGN_IN,
        "tokens": routes.TOKENS,
        "favicon": routes.FAVICON,
        "locale_href": _switch(next_path, cookies.LOCALE, other_locale),
        "theme_href": _switch(next_path, cookies.THEME, other_theme),
        "focus_name": "" if name else "autofocus",
        "focus_password": "autofocus" if name else "",
    }
    filled = {key: escape(value) for key, value in values.items()}
    for field in ("", "name", "password"):
        filled |= _problem(look.locale, field, problems.get(field))
    return _PAGE.substitute(filled, head=HEAD)


def _problem(locale: str, field: str, problem: Message | None) -> dict[str, str]:
    suffix = f"_{field}" if field else ""
    if problem is None:
        return {f"problem{suffix}": "", f"error{suffix}": ""}
    text = escape(reason(locale, problem))
    mark = f'<p class="e" id="problem{suffix}" role="alert">{_WARNING}{text}</p>'
    described = f' aria-invalid="true" aria-describedby="problem{suffix}"'
    return {f"problem{suffix}": mark, f"error{suffix}": described}


def _switch(next_path: str, name: str, value: str) -> str:
    return f"{routes.SIGN_IN}?{urlencode({'next': next_path, name: value})}"
