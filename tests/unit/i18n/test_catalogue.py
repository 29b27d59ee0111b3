"""The two catalogues say the same things, and a malformed sentence is found when it is read."""

from __future__ import annotations

import re

import pytest

from inference_ui.i18n.catalogue import LOCALES, CatalogueError, Parts, arguments, messages, parse


def test_both_languages_have_the_same_keys() -> None:
    assert messages("zh").keys() == messages("en").keys()


def test_both_languages_use_the_same_arguments() -> None:
    # A date is written from other pieces in each language; all of them are always given.
    free = {"format.date", "format.full"}
    differing = {
        key: (arguments(parts), arguments(messages("en")[key]))
        for key, parts in messages("zh").items()
        if key not in free and arguments(parts) != arguments(messages("en")[key])
    }
    assert not differing


@pytest.mark.parametrize("locale", LOCALES)
def test_plurals_have_a_form_for_one_and_for_others(locale: str) -> None:
    for key, parts in messages(locale).items():
        for cases in plurals(parts):
            assert cases.keys() <= {"one", "other"}, key


def test_chinese_sentences_are_chinese_and_english_ones_are_not() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    speaks_of_the_other = {
        "nav.switch_language",
        "sign_in.other_language",
        "sign_in.other_language_label",
    }
    assert not [
        key
        for key, parts in messages("en").items()
        if key not in speaks_of_the_other and chinese.search(str(parts))
    ]
    half_width = re.compile(r"[\u4e00-\u9fff][,;:?!]")
    assert not [key for key, parts in messages("zh").items() if half_width.search(str(parts))]


def plurals(parts: Parts) -> list[dict[str, Parts]]:
    """All choices by number in a message, however deep."""
    found: list[dict[str, Parts]] = []
    for part in parts:
        if isinstance(part, dict):
            cases = part.get("p") or part.get("s") or {}
            found += [part["p"]] if "p" in part else []
            for branch in cases.values():
                found += plurals(branch)
    return found


def test_a_sentence_is_parsed_to_text_and_placeholders() -> None:
    assert parse("no holes") == ["no holes"]
    assert parse("{a} of {b, number}") == [
        {"a": "a", "k": "text"},
        " of ",
        {"a": "b", "k": "number"},
    ]
    assert parse("{n, plural, one {# item} other {# items {x}}}!") == [
        {
            "a": "n",
            "p": {
                "one": [{"a": "n", "k": "number"}, " item"],
                "other": [{"a": "n", "k": "number"}, " items ", {"a": "x", "k": "text"}],
            },
        },
        "!",
    ]
    assert parse("{k, select, a {#1} other {}}") == [{"a": "k", "s": {"a": ["#1"], "other": []}}]


@pytest.mark.parametrize(
    "sentence",
    [
        "{", "}", "{}", "{a", "{a,}", "{a, colour}", "{a, number", "{a, plural, one {#}}",
        "{a, plural, other {#}", "{a, plural other {#}}", "{a b}", "{a, select, other {",
    ],
)  # fmt: skip
def test_a_malformed_sentence_is_refused(sentence: str) -> None:
    with pytest.raises(CatalogueError):
        parse(sentence)
