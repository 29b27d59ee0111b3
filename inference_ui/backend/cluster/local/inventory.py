"""An inventory: a file that says which nodes the local cluster has, in place of this machine's own.

YAML (of which JSON is a part): ``docs/inventory.md`` tells every field. Whatever the file says,
every replica is a process of this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from inference_ui.backend.cluster.local.hardware import Machine
from inference_ui.backend.cluster.local.inventory_nodes import nodes_of
from inference_ui.backend.cluster.local.inventory_problems import Problem, Wrong
from inference_ui.backend.cluster.local.yaml_tree import read_tree
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.models.compute import Node

_log = logging.getLogger(__name__)

_MOST_BYTES = 5_000_000


def read_inventory(path: Path) -> tuple[Node, ...]:
    """Return the nodes of a file, with what the applications listed there use of them.

    Raises :class:`CannotStart` INVENTORY_UNUSABLE with the ``path``, the ``line`` (from 1; 0: none)
    and ``place`` (``nodes[0].cards[1].count``; None: the whole file) of the first thing that is
    wrong, and what it is: ``error`` is a :class:`Problem`, which explains ``found`` and ``wanted``.
    """
    try:
        return nodes_of(read_tree(_content(path)))
    except Wrong as wrong:
        raise CannotStart(
            "INVENTORY_UNUSABLE",
            path=str(path),
            line=wrong.line,
            place=wrong.place or None,
            error=wrong.problem.value,
            found=wrong.found,
            wanted=wrong.wanted,
        ) from wrong


def node_source(path: Path | None, name_kept: Path | None = None) -> Callable[[], tuple[Node, ...]]:
    """Return what tells the nodes that there are now: those of the file, or this machine, whose
    name is written down in ``name_kept``.

    It may be asked often. Raises as :func:`read_inventory` does; what it returned never does.
    """
    if path is not None:
        return _Followed(path.absolute())
    machine = Machine(name_kept)
    return lambda: (machine.node(),)


class _Followed:
    """The nodes of a file that may be changed at any time. While it is wrong or missing they stay
    as they were."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = self._look()
        self._nodes = read_inventory(path)

    def __call__(self) -> tuple[Node, ...]:
        mark = self._look()
        if mark != self._mark:
            self._mark = mark
            self._read_again()
        return self._nodes

    def _look(self) -> tuple[int, ...]:
        """Return something that differs when the file was changed; nothing while it is missing."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def _read_again(self) -> None:
        try:
            self._nodes = read_inventory(self._path)
        except CannotStart as error:
            args = error.message.args
            words = [f"line {args['line']}" if args["line"] else "", args["place"]]
            words += [args["error"], args["found"], args["wanted"]]
            said = ", ".join(str(word) for word in words if word)
            _log.warning(
                "the inventory %s has become unusable, its last nodes stay: %s", self._path, said
            )


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise Wrong(Problem.NOT_A_FILE)  # a pipe would be waited for
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Wrong(Problem.UNREADABLE, found=error.strerror or str(error)) from error
    if len(data) > _MOST_BYTES:
        raise Wrong(Problem.TOO_LARGE, wanted="5 MB")
    return data
