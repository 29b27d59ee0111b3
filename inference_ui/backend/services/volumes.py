"""Storage volumes: folders of this machine, or sub-paths of claims that are mounted here.

Administrators register them; what may be one is decided here, whoever calls.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, Message, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import Volume
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store import tasks as task_queries
from inference_ui.backend.store import uploads as upload_queries
from inference_ui.backend.store.database import Session, Store

ANSWER_S = 2.0
"""A file system that does not tell its use in this time, as a dead network one, is passed by."""

_TESTED = 4096


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a file system is: bytes and inodes, free for a user and in all. Inodes are None
    where the file system does not count them."""

    free_bytes: int
    total_bytes: int
    free_inodes: int | None
    total_inodes: int | None


@dataclass(frozen=True, slots=True)
class VolumeView:
    """A volume; ``usage`` is None where nobody can tell, ``datasets`` how many lie on it."""

    volume: Volume
    owner: str
    usage: Usage | None
    datasets: int


@dataclass(frozen=True, slots=True)
class VolumeDraft:
    """What the form holds: an absolute folder, or a claim and a path below it."""

    name: str
    folder: str = ""
    claim: str = ""
    sub_path: str = ""


@dataclass(frozen=True, slots=True)
class VolumeCheck:
    """What is wrong with a draft, by field; and how full the volume would be, and whether a file
    could be written (None: it was not tried)."""

    problems: dict[str, Message]
    usage: Usage | None = None
    writable: bool | None = None


class Volumes:
    """``roots``: folders below which a volume may lie; ``claims``: where claims are mounted, by
    name; ``own``: the product's data folder, of which only ``own/volumes`` may hold volumes."""

    def __init__(
        self, store: Store, *, roots: Sequence[Path], claims: Mapping[str, Path], own: Path
    ) -> None:
        self._store = store
        self._roots = tuple(Path(os.path.realpath(root)) for root in roots)
        self._claims = dict(claims)
        self._own = Path(os.path.realpath(own))
        self._threads = ThreadPoolExecutor(8, "usage")
        self._asked: dict[str, Future[Usage | None]] = {}

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims that are mounted here, by name."""
        return tuple(sorted(self._claims))

    def all(self, actor: Actor) -> list[VolumeView]:
        """Return all volumes, by name. Takes some seconds at most, whatever is mounted."""
        with self._store.read() as session:
            rows = queries.volumes(session)
            names = account_queries.names_of(session, {row.owner_id for row in rows})
            counts = queries.datasets_by_volume(session)
        usages = self._usages([row.root for row in rows])
        return [
            VolumeView(row, names.get(row.owner_id, ""), usages[row.root], counts.get(row.id, 0))
            for row in rows
        ]

    def named(self, actor: Actor, name: str) -> Volume:
        """Return the volume of a name. Raises :class:`InvalidFields` where there is none."""
        with self._store.read() as session:
            for row in queries.volumes(session):
                if row.name == name:
                    return row
        raise InvalidFields({"volume": Message("VOLUME_UNKNOWN", {"name": name})})

    def free_bytes(self, actor: Actor) -> dict[str, int | None]:
        """Return how many bytes are free on each volume, by its id; None where nobody can tell."""
        with self._store.read() as session:
            rows = queries.volumes(session)
        usages = self._usages([row.root for row in rows])
        return {row.id: use.free_bytes if (use := usages[row.root]) else None for row in rows}

    def check(self, actor: Actor, draft: VolumeDraft) -> VolumeCheck:
        """Say what is wrong with a draft; where its folder is right, write and delete a file there.

        Raises :class:`Forbidden`.
        """
        _require_administrator(actor)
        problems: dict[str, Message] = {}
        root = self._checked(draft, problems)
        if root is None:
            return VolumeCheck(problems)
        usage = self._usages([str(root)])[str(root)]
        return VolumeCheck(problems, usage, writable="folder" not in problems)

    def add(self, actor: Actor, draft: VolumeDraft) -> Volume:
        """Register a volume. Raises :class:`Forbidden`, :class:`InvalidFields`."""
        _require_administrator(actor)
        problems: dict[str, Message] = {}
        root = self._checked(draft, problems)
        if root is None or problems:
            raise InvalidFields(problems)
        claim, sub_path = self._on_claim(root)
        volume = Volume(
            name=clean_name(draft.name),
            owner_id=actor.id,
            root=str(root),
            claim=claim,
            sub_path=sub_path,
        )
        with self._store.write() as session:
            self._check_taken(session, draft, root, problems)
            if problems:
                raise InvalidFields(problems)
            session.add(volume)
        return volume

    def remove(self, actor: Actor, volume_id: str) -> None:
        """Forget a volume; its files stay.

        Raises :class:`NotFound`, :class:`Forbidden`, :class:`Conflict` while something uses it.
        """
        _require_administrator(actor)
        with self._store.write() as session:
            volume = session.get(Volume, volume_id)
            if volume is None:
                raise NotFound("VOLUME_GONE")
            datasets = [row.name for row, on in queries.datasets(session) if on.id == volume_id]
            if datasets:
                others = len(datasets) - 1
                raise Conflict(
                    "VOLUME_HAS_DATASETS", name=volume.name, dataset=datasets[0], others=others
                )
            for task in task_queries.unfinished(session):
                if task.plan.volume_id == volume_id:
                    raise Conflict("VOLUME_IN_USE", name=volume.name, task=task.name)
            if coming := upload_queries.under_way_on(session, volume_id):
                raise Conflict("VOLUME_HAS_UPLOAD", name=volume.name, upload=coming)
            queries.forget_uploads(session, volume_id)
            session.delete(volume)

    def close(self) -> None:
        """Wait for no file system any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _usages(self, roots: Sequence[str]) -> dict[str, Usage | None]:
        asked = {root: self._ask(root) for root in roots}
        found: dict[str, Usage | None] = {}
        for root, answer in asked.items():
            try:
                found[root] = answer.result(timeout=ANSWER_S)
            except TooLate:
                found[root] = None
        return found

    def _ask(self, root: str) -> Future[Usage | None]:
        """Ask for the use of a folder; one that hangs is not asked again."""
        asked = self._asked.get(root)
        if asked is None or asked.done():
            asked = self._asked[root] = self._threads.submit(usage_of, root)
        return asked

    def _checked(self, draft: VolumeDraft, problems: dict[str, Message]) -> Path | None:
        """Return the folder of a draft where it may be a volume; what is wrong is added."""
        name = name_problem(draft.name)
        if name is not None:
            problems["name"] = name
        root = self._claimed(draft, problems) if draft.claim else self._folder(draft, problems)
        if root is None:
            return None
        place = "sub_path" if draft.claim else "folder"
        problem = self._place_problem(root, any_root=bool(draft.claim)) or _write_problem(root)
        if problem is not None:
            problems[place] = problem
            return None if problem.code != "VOLUME_NOT_WRITABLE" else root
        with self._store.read() as session:
            self._check_taken(session, draft, root, problems)
        return root

    def _folder(self, draft: VolumeDraft, problems: dict[str, Message]) -> Path | None:
        given = Path(draft.folder.strip()).expanduser() if draft.folder.strip() else None
        if given is None:
            problems["folder"] = Message("FOLDER_EMPTY")
        elif not given.is_absolute() or "\0" in draft.folder:
            problems["folder"] = Message("FOLDER_NOT_ABSOLUTE", {"folder": draft.folder.strip()})
        elif not given.exists():
            problems["folder"] = Message("VOLUME_MISSING", {"folder": str(given)})
        elif not given.is_dir():
            problems["folder"] = Message("VOLUME_NO_FOLDER", {"folder": str(given)})
        else:
            return Path(os.path.realpath(given))
        return None

    def _claimed(self, draft: VolumeDraft, problems: dict[str, Message]) -> Path | None:
        mount = self._claims.get(draft.claim)
        if mount is None:
            problems["claim"] = Message("CLAIM_UNKNOWN", {"name": draft.claim})
            return None
        given = draft.sub_path.strip()
        parts = PurePosixPath(given).parts
        if given.startswith("/") or ".." in parts or "\0" in given:
            problems["sub_path"] = Message("SUB_PATH_FORM", {"path": given})
            return None
        root = Path(os.path.realpath(mount)) / given
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            details = {"folder": str(root), "error": error.strerror}
            problems["sub_path"] = Message("VOLUME_NOT_WRITABLE", details)
            return None
        real = Path(os.path.realpath(root))
        if not _is_below(real, Path(os.path.realpath(mount))):
            problems["sub_path"] = Message("SUB_PATH_FORM", {"path": given})
            return None
        return real

    def _on_claim(self, root: Path) -> tuple[str | None, str]:
        """Return the claim that a folder lies on and where on it; None and ``""`` for none. Of
        claims that are mounted one in the other it is the inner one."""
        mounts = {name: Path(os.path.realpath(mount)) for name, mount in self._claims.items()}
        holding = [name for name, mount in mounts.items() if _is_below(root, mount)]
        if not holding:
            return None, ""
        claim = max(holding, key=lambda name: len(mounts[name].parts))
        path = root.relative_to(mounts[claim])
        return claim, "" if path == Path() else str(path)

    def _place_problem(self, root: Path, *, any_root: bool) -> Message | None:
        folder = {"folder": str(root)}
        if not any_root and not any(_is_below(root, allowed) for allowed in self._roots):
            roots = ", ".join(str(allowed) for allowed in self._roots)
            return Message("VOLUME_OUTSIDE", {**folder, "roots": roots})
        if _is_below(root, self._own) and not _is_below(root, self._own / "volumes"):
            return Message("VOLUME_OWN_DATA", folder)
        if _is_below(self._own, root):
            return Message("VOLUME_HOLDS_OWN_DATA", {**folder, "own": str(self._own)})
        return None

    def _check_taken(
        self, session: Session, draft: VolumeDraft, root: Path, problems: dict[str, Message]
    ) -> None:
        for row in queries.volumes(session):
            if row.name == clean_name(draft.name):
                problems.setdefault("name", Message("NAME_TAKEN", {"name": row.name}))
            if row.root == str(root):
                place = "sub_path" if draft.claim else "folder"
                problems.setdefault(place, Message("VOLUME_TWICE", {"name": row.name}))


def usage_of(root: str) -> Usage | None:
    """Ask a file system how full it is; None where it cannot be asked. May block."""
    try:
        stat = os.statvfs(root)
    except OSError:
        return None
    counted = stat.f_files > 0
    return Usage(
        free_bytes=stat.f_bavail * stat.f_frsize,
        total_bytes=stat.f_blocks * stat.f_frsize,
        free_inodes=stat.f_favail if counted else None,
        total_inodes=stat.f_files if counted else None,
    )


def _write_problem(root: Path) -> Message | None:
    """Write a file, read it back and delete it; say what kept it from being done, or None."""
    path = root / f".write-test-{secrets.token_hex(8)}"
    content = secrets.token_bytes(_TESTED)
    try:
        try:
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            right = path.read_bytes() == content
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        return Message("VOLUME_NOT_WRITABLE", {"folder": str(root), "error": error.strerror})
    return None if right else Message("VOLUME_READS_WRONG", {"folder": str(root)})


def _is_below(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("ADMINISTRATORS_ONLY")
