"""What Python and the browser make of the same message is the same text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference_ui.backend.errors import Message
from inference_ui.i18n import text
from inference_ui.i18n.catalogue import LOCALES, Parts, arguments, messages
from inference_ui.web.plugin import Frontend

NODE = Path(sys.executable).parent / "node"
STUB = "export const useSyncExternalStore = () => null;"
VALUES: tuple[Any, ...] = (0, 1, 2, 59.6, 61, 3_600, 90_000, 1_234_567, 0.5, 96.44, None)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script as the build makes it, and as much of React as it imports."""
    folder = tmp_path_factory.mktemp("scripts")
    react = folder / "node_modules" / "react"
    react.mkdir(parents=True)
    (react / "package.json").write_text('{"type": "module", "exports": "./index.js"}')
    (react / "index.js").write_text(STUB)
    (folder / "package.json").write_text('{"type": "module"}')
    for path, script in Frontend().get_static_assets():
        if path.name == "i18n.js":
            (folder / path.name).write_text(str(script), "utf-8")
    return folder


def in_browser(scripts: Path, calls: list[tuple[str, list[Any]]]) -> list[str]:
    """Call functions of the browser's module by name; return what they made."""
    program = (
        'import * as i18n from "./i18n.js";'
        'import { readFileSync } from "node:fs";'
        'const calls = JSON.parse(readFileSync(0, "utf8"));'
        "console.log(JSON.stringify(calls.map(([name, args]) => i18n[name](...args))));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", program],
        input=json.dumps(calls), cwd=scripts,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made: list[str] = json.loads(done.stdout)
    return made


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_reads_the_same_in_python_and_in_the_browser(
    scripts: Path, locale: str
) -> None:
    cases = [(key, args) for key, parts in messages(locale).items() for args in fillings(parts)]
    browser = in_browser(scripts, [("say", [locale, key, args]) for key, args in cases])
    python = [text.say(locale, key, **args) for key, args in cases]
    assert python == browser


def fillings(parts: Parts) -> list[dict[str, Any]]:
    """Arguments for a message: numbers of all sizes, and each case of a choice."""
    names = sorted(arguments(parts))
    filled: list[dict[str, Any]] = [dict.fromkeys(names, value) for value in VALUES]
    for part in parts:
        if isinstance(part, dict) and "s" in part:
            filled += [{**dict.fromkeys(names, 3), part["a"]: case} for case in part["s"]]
    return filled if names else [{}]


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        ("clock", ["en", 2603], "43:23"),
        ("clock", ["en", 3725], "1:02:05"),
        ("rate", ["en", 1846.2], "1,846"),
        ("rate", ["en", 96.44], "96.4"),
        ("rate", ["en", 0.519], "0.52"),
        ("percent", ["en", 0.1775], "17.8%"),
        ("duration", ["zh", 696, 1], "11 分"),
        ("number", ["en", None], "—"),
        ("sayOf", ["zh", "status", "RUNNING"], "运行中"),
        ("sayOf", ["zh", "status", "SOMETHING_NEW"], "SOMETHING_NEW"),
        ("say", ["fr", "status.RUNNING"], "Running"),
    ],
)
def test_figures_are_written_as_people_read_them(
    scripts: Path, function: str, args: list[Any], expected: str
) -> None:
    assert in_browser(scripts, [(function, args)]) == [expected]


def test_a_time_is_near_or_far(scripts: Path) -> None:
    """Relative to the browser's clock, so only the kind of answer can be told."""
    import time

    now = time.time()
    today, yesterday, old = in_browser(
        scripts,
        [
            ("time", ["en", now]),
            ("time", ["en", now - 86_400]),
            ("time", ["en", 1_000_000_000, "full"]),
        ],
    )
    assert today.startswith("Today ")
    assert yesterday.startswith("Yesterday ")
    assert old.startswith(("9 Sep 2001 ", "8 Sep 2001 "))


def test_a_code_without_a_sentence_is_shown_as_it_is() -> None:
    assert text.reason("zh", Message("NEVER_HEARD_OF")) == "NEVER_HEARD_OF"


@pytest.mark.parametrize(
    ("cookie", "header", "expected"),
    [
        ("en", "zh-CN,zh;q=0.9", "en"),
        ("fr", "zh-CN,zh;q=0.9", "zh"),
        (None, "de-DE,de;q=0.9,en;q=0.5,zh;q=0.4", "en"),
        (None, "en;q=0.4,zh;q=0.8", "zh"),
        (None, "zh;q=0, en", "en"),
        (None, "fr;q=nonsense", "en"),
        (None, None, "en"),
    ],
)
def test_the_language_is_the_one_chosen_before_else_the_first_that_the_browser_wants(
    cookie: str | None, header: str | None, expected: str
) -> None:
    assert text.best_locale(cookie, header) == expected
