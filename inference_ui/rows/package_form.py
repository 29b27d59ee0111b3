"""The form of a model package: its fields, its tables, and from them to a draft.

Values of secrets are in no row: what is typed goes to the server and does not come back.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from secrets import token_hex
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import RunParameter
from inference_ui.backend.protocols import ServiceType, protocol_of
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.package_drafts import PackageDraft, VariableDraft
from inference_ui.rows.common import MessageRow, message_row

FIELDS = (
    "name",
    "version",
    "description",
    "service_type",
    "model_name",
    "predict_path",
    "readiness_path",
    "command",
    "ready_timeout_s",
    "image",
    "port",
    "image_command",
    "image_arguments",
    "pull_secret",
    "shm_mib",
    "as_root",
    "writable",
    "model_volume_id",
    "model_path",
    "box_format",
    "prompt",
    "image_template",
)
"""The form's fields in the order in which they are filled in; names of ``PackageDraft``."""

TABLES = ("variables", "parameters")
EMPTY = {**dict.fromkeys(FIELDS, ""), "version": "1.0.0", "box_format": str(BoxFormat.XYXY)}

LONGEST = 10_000
"""Characters of a field; the service refuses what is that long in any case."""
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class EditRow:
    """A row of a table. ``key`` names it as long as the form is open. ``kept``: a secret that is
    copied from another package; ``typed``: one that was typed here."""

    key: str
    name: str = ""
    default: str = ""
    description: str = ""
    secret: bool = False
    kept: bool = False
    typed: bool = False
    problem: MessageRow = field(default_factory=MessageRow)


@dataclass(frozen=True, slots=True)
class FormRows:
    """All that was filled in, and from which package (``source``, an id) it began."""

    values: dict[str, str]
    variables: list[EditRow]
    parameters: list[EditRow]
    source: str = ""


def with_typed(form: FormRows, secrets: Mapping[str, str]) -> FormRows:
    """Return the form with those secrets marked whose values the server still has."""
    rows = [replace(row, typed=row.secret and bool(secrets.get(row.key))) for row in form.variables]
    return replace(form, variables=rows)


def new_row() -> EditRow:
    """Return an empty row."""
    return EditRow(token_hex(4))


def form_of(draft: PackageDraft) -> FormRows:
    """Return the form that a draft fills in."""
    return FormRows(
        values={name: str(getattr(draft, name)) for name in FIELDS},
        variables=[
            replace(
                new_row(),
                name=one.name,
                default="" if one.secret else one.default,
                description=one.description,
                secret=one.secret,
                kept=one.kept,
            )
            for one in draft.variables
        ],
        parameters=[
            replace(new_row(), name=one.name, default=one.default, description=one.description)
            for one in draft.parameters
        ],
        source=draft.source_id,
    )


def draft_of_form(form: FormRows, secrets: Mapping[str, str]) -> PackageDraft:
    """Return what was filled in; ``secrets`` are typed secret values by the key of their row."""
    return PackageDraft(
        **form.values,
        variables=tuple(
            VariableDraft(
                row.name,
                secrets.get(row.key, "") if row.secret else row.default,
                row.description,
                row.secret,
                row.kept,
            )
            for row in form.variables
        ),
        parameters=tuple(
            RunParameter(name=row.name, default=row.default, description=row.description)
            for row in form.parameters
        ),
        source_id=form.source,
    )


def kept_text(form: FormRows) -> str:
    """Return what the browser's tab keeps of a form; no secret is in it."""
    rows = {
        table: [
            {**asdict(row), "typed": False, "problem": None}
            for row in (form.variables if table == "variables" else form.parameters)
        ]
        for table in TABLES
    }
    return json.dumps({"values": form.values, "source": form.source, **rows})


def form_from_text(text: str) -> FormRows | None:
    """Return the form that a tab kept, None where that is something else."""
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("values"), dict):
        return None
    values = {name: str(found["values"].get(name, EMPTY[name]))[:LONGEST] for name in FIELDS}
    tables = [_rows(found.get(table)) for table in TABLES]
    return FormRows(values, tables[0], tables[1], str(found.get("source") or ""))


def _rows(given: object) -> list[EditRow]:
    found = given if isinstance(given, list) else []
    return [
        EditRow(
            key=str(row.get("key") or token_hex(4))[:16],
            name=str(row.get("name") or "")[:LONGEST],
            default="" if row.get("secret") is True else str(row.get("default") or "")[:LONGEST],
            description=str(row.get("description") or "")[:LONGEST],
            secret=row.get("secret") is True,
            kept=row.get("kept") is True,
        )
        for row in found[:MOST_ROWS]
        if isinstance(row, dict)
    ]


def with_cell(rows: Sequence[EditRow], key: str, column: str, value: str) -> list[EditRow]:
    """Return the rows with one text changed. A secret's value is noted as typed, no more."""
    if column not in ("name", "default", "description"):
        return list(rows)
    return [_changed(row, column, value[:LONGEST]) if row.key == key else row for row in rows]


def _changed(row: EditRow, column: str, value: str) -> EditRow:
    if column == "default" and row.secret:
        return replace(row, typed=row.typed or bool(value))
    return replace(row, **{column: value})


def with_secret(rows: Sequence[EditRow], key: str) -> list[EditRow]:
    """Return the rows with a variable made secret, or plain; a plain one begins empty."""
    return [
        replace(
            row,
            secret=not row.secret,
            default="",
            kept=False,
            typed=not row.secret and bool(row.default),
        )
        if row.key == key
        else row
        for row in rows
    ]


def with_problems(
    rows: Iterable[EditRow], table: str, problems: Mapping[str, Message], left: Iterable[str]
) -> list[EditRow]:
    """Return the rows with what is wrong with those that were left."""
    shown = set(left)
    return [
        replace(
            row,
            problem=message_row(problems.get(f"{table}.{index}") if row.key in shown else None),
        )
        for index, row in enumerate(rows)
    ]


def problem_rows(problems: Mapping[str, Message], shown: Iterable[str]) -> dict[str, MessageRow]:
    """Return a row for every field and table: empty where nothing is wrong, or is to be shown."""
    told = set(shown)
    return {
        name: message_row(problems.get(name) if name in told else None)
        for name in (*FIELDS, *TABLES)
    }


def wrong_field(problems: Mapping[str, Message], form: FormRows) -> str:
    """Return the name of the first control that has a problem; ``""`` where none has."""
    first = next((name for name in FIELDS if name in problems), "")
    if first:
        return first
    for table, rows in (("variables", form.variables), ("parameters", form.parameters)):
        for index, row in enumerate(rows):
            if f"{table}.{index}" in problems:
                return f"{row.key}.name"
    return ""


def form_values(form: FormRows, given: Mapping[str, Any]) -> tuple[FormRows, dict[str, str]]:
    """Return the form with what the browser sent of it, and the secrets among that by row."""
    values = {name: str(given.get(name, form.values[name]) or "")[:LONGEST] for name in FIELDS}
    tables = []
    secrets: dict[str, str] = {}
    for rows in (form.variables, form.parameters):
        changed = list(rows)
        for row in rows:
            for column in ("name", "default", "description"):
                sent = given.get(f"{row.key}.{column}")
                if sent is not None:
                    changed = with_cell(changed, row.key, column, str(sent))
            if row.secret and (typed := str(given.get(f"{row.key}.default") or "")):
                secrets[row.key] = typed[:LONGEST]
        tables.append(changed)
    return FormRows(values, tables[0], tables[1], form.source), secrets


def words_of(command: str) -> list[str]:
    """Return the words of a command as a shell takes them; none where quotes are not closed."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def default_paths(service_type: str, model_name: str) -> tuple[str, str]:
    """Return where a server of that type takes requests, and where it says that it is ready."""
    if service_type not in set(ServiceType) or service_type == ServiceType.CUSTOM:
        return "", ""
    protocol = protocol_of(service_type, model_name=model_name.strip() or "MODEL")
    return protocol.predict_path, protocol.readiness.path
