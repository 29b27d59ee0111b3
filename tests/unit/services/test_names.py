"""What a task may be called."""

import pytest

from inference_ui.backend.services.names import MAX_NAME, clean_name, name_problem


@pytest.mark.parametrize(
    "name", ["a", "夜间行人-回归", "run 7 (final)", "x" * MAX_NAME, " padded "]
)
def test_ordinary_names_are_fine(name):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "NAME_EMPTY"),
        (" \t ", "NAME_EMPTY"),
        ("x" * (MAX_NAME + 1), "NAME_TOO_LONG"),
        ("夜" * (MAX_NAME + 1), "NAME_TOO_LONG"),
        ("a/b", "NAME_CHARACTER"),
        ("a\\b", "NAME_CHARACTER"),
        ("..", "NAME_DOTS"),
        (".", "NAME_DOTS"),
        (".hidden", "NAME_DOTS"),
        ("a..b", "NAME_DOTS"),
        ("a\nb", "NAME_CONTROL_CHARACTER"),
        ("a\x00b", "NAME_CONTROL_CHARACTER"),
        ("a\x7fb", "NAME_CONTROL_CHARACTER"),
        ("a\u202eb", "NAME_CONTROL_CHARACTER"),
        ("a\u200bb", "NAME_CONTROL_CHARACTER"),
    ],
)
def test_names_that_would_mislead_or_break_a_folder_are_refused(name, code):
    problem = name_problem(name)
    assert problem is not None
    assert problem.code == code


def test_two_spellings_of_one_accent_are_one_name():
    assert clean_name("e\u0301tude") == clean_name("\u00e9tude")
