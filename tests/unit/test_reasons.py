"""Whatever the product can say has a sentence in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import inference_ui
from inference_ui.backend import errors
from inference_ui.backend.batch import command
from inference_ui.backend.models.task import EndReason, TaskStatus
from inference_ui.backend.protocols import ServiceType, detections
from inference_ui.i18n.catalogue import LOCALES, arguments, messages

SOURCE = Path(inference_ui.__file__).parent
BATCH = SOURCE / "backend" / "batch"
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
MAKERS = {"Message", "message"} | {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ProductError)
} - {"InvalidFields"}
"""What is called with a code first: ``message`` is the local cluster's, made without imports.
``InvalidFields`` takes messages."""


@dataclass
class Module:
    """A source file, with what each of its names is assigned anywhere in it."""

    path: Path
    calls: list[ast.Call] = field(default_factory=list)
    values: dict[str, list[ast.expr]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Module:
        module = cls(path)
        makers = set(MAKERS)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                told = makers & {_last_name(base) for base in node.bases}
                makers = makers | {node.name} if told else makers - {node.name}
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        module.values.setdefault(target.id, []).append(node.value)
            elif isinstance(node, ast.Call):
                module.calls.append(node)
        module.calls = [
            call for call in module.calls if call.args and _last_name(call.func) in makers
        ]
        return module

    def codes(self, expression: ast.expr, seen: frozenset[str] = frozenset()) -> set[str]:
        """All codes that an expression can be, following the names in it."""
        found: set[str] = set()
        if isinstance(expression, ast.IfExp):
            return self.codes(expression.body, seen) | self.codes(expression.orelse, seen)
        if isinstance(expression, ast.Dict):
            return set().union(*(self.codes(value, seen) for value in expression.values))
        for node in ast.walk(expression):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if CODE.fullmatch(node.value) else set()
            elif isinstance(node, ast.Name) and node.id not in seen:
                for value in self.values.get(node.id, ()):
                    found |= self.codes(value, seen | {node.id})
        return found


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def modules(*, of_batch: bool = False) -> Iterator[Module]:
    """The batch client is apart: it runs where no catalogue is, and has English of its own."""
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name != "errors.py" and path.is_relative_to(BATCH) is of_batch:
            yield Module.read(path)


def passes_on(call: ast.Call) -> bool:
    """Whether a call copies the code of a message that was made elsewhere."""
    return ast.unparse(call.args[0]) in (
        "reason['code']",
        "reason.code",
        "problem.code",
        "error.code",
    )


def warnings() -> set[str]:
    """The codes of what may be odd about detections: constants that are named as they read."""
    constants = vars(detections).items()
    return {value for name, value in constants if name == value and CODE.fullmatch(name)}


def given(call: ast.Call) -> set[str] | None:
    """The names of the arguments that a call gives, or None where that is not plain to see."""
    names = {keyword.arg for keyword in call.keywords}
    for extra in call.args[1:]:
        if not isinstance(extra, ast.Dict):
            return None
        names |= {key.value if isinstance(key, ast.Constant) else None for key in extra.keys}
    return None if None in names else {str(name) for name in names}


def spoken() -> dict[str, list[tuple[str, set[str] | None]]]:
    """Every code in the source: where it is used, and with which arguments."""
    found: dict[str, list[tuple[str, set[str] | None]]] = {"UNEXPECTED": []}
    for module in modules():
        for call in module.calls:
            place = f"{module.path.relative_to(SOURCE)}:{call.lineno}"
            codes = module.codes(call.args[0])
            if not codes and module.path.name in ("item_view.py", "asking.py"):
                codes = warnings()
            assert codes or passes_on(call), f"{place}: which codes can this be?"
            for code in codes:
                found.setdefault(code, []).append((place, given(call)))
    return found


CODES = spoken()


def test_the_codes_of_the_backend_are_found() -> None:
    expected = {
        "NAME_TAKEN",  # a plain literal
        "DATASET_WITHOUT_IMAGES",  # one of two, by way of a local name
        "SPEC_TOO_LARGE",  # a value of a table
        "SIGN_IN_WRONG",  # an exception's first argument
    }
    assert expected <= CODES.keys()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_code_has_a_sentence(locale: str) -> None:
    known = messages(locale)
    missing = {code: uses for code, uses in CODES.items() if f"reason.{code}" not in known}
    assert not missing


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_asks_for_what_its_code_does_not_bring(locale: str) -> None:
    wrong = [
        (code, place, sorted(arguments(parts) - names))
        for code, uses in CODES.items()
        if (parts := messages(locale).get(f"reason.{code}")) is not None
        for place, names in uses
        if names is not None and not arguments(parts) <= names
    ]
    assert not wrong


def test_no_sentence_is_left_over() -> None:
    reasons = {key.removeprefix("reason.") for key in messages("zh") if key.startswith("reason.")}
    used = "\n".join(
        path.read_text("utf-8") for path in SOURCE.rglob("*.py") if "i18n" not in path.parts
    )
    assert not {code for code in reasons if f'"{code}"' not in used} - {"INVALID_FIELDS"}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("area", "codes"),
    [("status", TaskStatus), ("end", EndReason), ("service_type", ServiceType)],
    ids=["status", "end", "service type"],
)
def test_every_value_has_a_word(locale: str, area: str, codes: type) -> None:
    known = messages(locale)
    assert not [code for code in codes if f"{area}.{code}" not in known]


def test_both_languages_say_the_same() -> None:
    zh, en = messages("zh"), messages("en")
    assert zh.keys() == en.keys()
    # Dates are written differently on purpose.
    differing = [key for key in zh if arguments(zh[key]) != arguments(en[key])]
    assert all(key.startswith("format.") for key in differing)


def test_the_batch_client_has_english_for_whatever_ends_it() -> None:
    codes = {
        code
        for module in modules(of_batch=True)
        for call in module.calls
        for code in module.codes(call.args[0])
    }
    assert "LOCKED" in codes
    assert codes <= command._SENTENCES.keys()
