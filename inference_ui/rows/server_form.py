"""Rows of what forms ask about a server: overrides of variables and parameters, and its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.choices import Places
from inference_ui.rows.common import MessageRow, message_row


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """A variable or parameter: its default, and the value that was typed (``""``: none was).

    Of a secret neither is here: ``has_default`` and ``changed`` tell whether there is one.
    """

    name: str
    default: str = ""
    value: str = ""
    description: str = ""
    secret: bool = False
    has_default: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node that may be chosen; ``why`` says why it can never fit."""

    name: str
    free: bool = False
    fits: bool = True
    chosen: bool = False
    why: MessageRow = field(default_factory=MessageRow)


def variable_rows(
    package: PackageSnapshot | None, given: Mapping[str, str], secrets: Iterable[str]
) -> list[OverrideRow]:
    """Return a package's variables with what was typed; ``secrets`` are names of secret values
    that are set."""
    if package is None:
        return []
    known = set(secrets)
    rows = []
    for one in package.launch.variables:
        row = OverrideRow(
            one.name,
            description=one.description,
            secret=one.secret,
            has_default=bool(one.default),
        )
        if one.secret:
            rows.append(replace(row, changed=one.name in known))
        else:
            rows.append(_with_value(replace(row, default=one.default), given.get(one.name)))
    return rows


def parameter_rows(package: PackageSnapshot | None, given: Mapping[str, str]) -> list[OverrideRow]:
    """Return the run parameters of a custom package; none of another."""
    if package is None or package.service_type is not ServiceType.CUSTOM:
        return []
    return [
        _with_value(
            OverrideRow(
                one.name,
                default=one.default,
                description=one.description,
                has_default=bool(one.default),
            ),
            given.get(one.name),
        )
        for one in package.launch.parameters
    ]


def node_rows(places: Places, chosen: Sequence[str]) -> list[NodeRow]:
    """Return the nodes to choose of: first those that can ever fit; one that was chosen and is
    gone stands last."""
    rows = [
        NodeRow(
            one.node.name,
            free=one.free_now,
            fits=one.problem is None,
            chosen=one.node.name in chosen,
            why=message_row(one.problem),
        )
        for one in sorted(places.nodes, key=lambda one: one.problem is not None)
    ]
    known = {row.name for row in rows}
    return [
        *rows,
        *(_vanished(name) for name in chosen if name not in known),
    ]


def _vanished(name: str) -> NodeRow:
    return NodeRow(name, fits=False, chosen=True, why=MessageRow("NODES_UNKNOWN", {"nodes": name}))


def _with_value(row: OverrideRow, value: str | None) -> OverrideRow:
    if value is None or value == row.default:
        return row
    return replace(row, value=value, changed=True)
