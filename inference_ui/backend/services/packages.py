"""Model packages (模型包): registering versions, showing them, taking them away.

Everybody who is signed in sees them, but never a secret value: what this gives out for showing
(:meth:`Packages.filled_in`) has none, and whoever shows a package's row leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, Message, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch, PackageSnapshot
from inference_ui.backend.models.service import ServiceWish
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.item_view import PackageFormat
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.names import clean_name
from inference_ui.backend.services.package_checks import (
    MAX_TEXT,
    model_folder,
    package_problems,
)
from inference_ui.backend.services.package_drafts import (
    PackageDraft,
    draft_of,
    next_version,
    package_of,
    version_key,
)
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store import online as online_queries
from inference_ui.backend.store.database import Session, Store


@dataclass(frozen=True, slots=True)
class PackageEntry:
    """A version of a package, and the name of who registered it."""

    package: ModelPackage
    owner: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """All of a version: its ``entry``, the name of the volume with the model's files, all versions
    of the same name (the newest first), and whether the acting user may change it."""

    entry: PackageEntry
    volume: str
    versions: tuple[ModelPackage, ...]
    may_change: bool


class Packages:
    """Registering is for users; a command on this machine for administrators."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    def all(self, actor: Actor) -> list[ModelPackage]:
        """Return all packages, by name, the newest first."""
        with self._store.read() as session:
            return queries.packages(session)

    def entries(self, actor: Actor) -> list[PackageEntry]:
        """Return all packages with their owners, by name, the highest version first."""
        with self._store.read() as session:
            owners = {user.id: user.name for user in account_queries.users(session)}
            rows = queries.packages(session)
        rows.sort(key=lambda row: version_key(row.version), reverse=True)
        rows.sort(key=lambda row: row.name)
        return [PackageEntry(row, owners.get(row.owner_id, "")) for row in rows]

    def get(self, actor: Actor, package_id: str) -> ModelPackage:
        """Return a package. Raises :class:`NotFound`."""
        with self._store.read() as session:
            return _found(session, package_id)

    def view(self, actor: Actor, package_id: str) -> PackageView:
        """Return all that is shown of a package. Raises :class:`NotFound`."""
        entry = next((e for e in self.entries(actor) if e.package.id == package_id), None)
        if entry is None:
            raise NotFound("PACKAGE_UNKNOWN", id=package_id)
        package = entry.package
        with self._store.read() as session:
            volumes = {one.id: one.name for one in queries.volumes(session)}
        return PackageView(
            entry=entry,
            volume=volumes.get(package.launch.model_volume_id or "", ""),
            versions=tuple(
                e.package for e in self.entries(actor) if e.package.name == package.name
            ),
            may_change=actor.owns(package.owner_id),
        )

    def format_of(self, actor: Actor, ran: PackageSnapshot) -> PackageFormat:
        """Return how boxes are written by a package that was run: as it says now, where it still
        exists, else as it said then. Without an ``id`` it was an outside service's."""
        label = f"{ran.name} {ran.version}".strip()
        with self._store.read() as session:
            package = session.get(ModelPackage, ran.id) if ran.id else None
        if package is None:
            gone = Message("PACKAGE_GONE" if ran.id else "NO_PACKAGE", {"name": label})
            return PackageFormat(ran.id, label, ran.box_format, gone)
        mine = actor.owns(package.owner_id)
        not_yours = None if mine else Message("NOT_YOUR_PACKAGE", {"name": label})
        return PackageFormat(package.id, label, BoxFormat(package.box_format), not_yours)

    def filled_in(self, actor: Actor, package_id: str) -> PackageDraft:
        """Return a form filled in for the next version of a package, without secret values: those
        of a package of one's own are copied when it is registered. Raises :class:`NotFound`."""
        package = self.get(actor, package_id)
        draft = draft_of(package)
        if not actor.is_administrator:
            draft = replace(draft, command="")
        if not actor.owns(package.owner_id):
            draft = replace(
                draft, variables=tuple(replace(one, kept=False) for one in draft.variables)
            )
        versions = [row.version for row in self.all(actor) if row.name == package.name]
        return replace(draft, version=next_version(versions))

    def check(self, actor: Actor, draft: PackageDraft) -> dict[str, Message]:
        """Return what is wrong with a draft, by field; ``variables.0`` is the first variable."""
        with self._store.read() as session:
            return self._read(session, actor, draft)[1]

    def create(self, actor: Actor, draft: PackageDraft) -> ModelPackage:
        """Register what was filled in. Raises :class:`Forbidden`, :class:`InvalidFields`."""
        _may_create(actor)
        with self._store.write() as session:
            package, problems = self._read(session, actor, draft)
            self._insert(session, actor, package, problems)
        self._tell(package.id)
        return package

    def add(self, actor: Actor, package: ModelPackage) -> ModelPackage:
        """Register a package; its owner becomes the acting user.

        Raises :class:`Forbidden`, :class:`InvalidFields`.
        """
        _may_create(actor)
        with self._store.write() as session:
            self._insert(session, actor, package, self._problems(session, actor, package))
        self._tell(package.id)
        return package

    def revise(
        self,
        actor: Actor,
        package_id: str,
        *,
        box_format: str | None = None,
        description: str | None = None,
        prompt: str | None = None,
    ) -> ModelPackage:
        """Change what has no part in how the server starts, for its owner or an administrator.

        Tasks that were created keep what they ran with. Raises :class:`NotFound`,
        :class:`Forbidden`, :class:`InvalidFields`.
        """
        texts = {"description": description, "prompt": prompt}
        problems = {
            field: Message("TEXT_TOO_LONG", {"max": MAX_TEXT, "length": len(text)})
            for field, text in texts.items()
            if text is not None and len(text) > MAX_TEXT
        }
        if box_format is not None and box_format not in set(BoxFormat):
            problems["box_format"] = Message("REQUIRED")
        with self._store.write() as session:
            package = _own(session, actor, package_id)
            if prompt and package.service_type != ServiceType.OPENAI:
                problems["prompt"] = Message("PROMPT_OPENAI_ONLY")
            if problems:
                raise InvalidFields(problems)
            if box_format is not None:
                package.box_format = box_format
            if description is not None:
                package.description = description.strip()
            if prompt is not None:
                package.launch = package.launch.model_copy(update={"prompt": prompt.strip()})
            session.add(package)
        self._tell(package_id)
        return package

    def remove(self, actor: Actor, package_id: str) -> None:
        """Take a version away, for its owner or an administrator. Tasks keep their snapshot.

        Raises :class:`NotFound`, :class:`Forbidden`, and :class:`Conflict` while an online service
        that was deployed from it is wanted to run.
        """
        with self._store.write() as session:
            package = _own(session, actor, package_id)
            running = [
                service.name
                for service in online_queries.services(session)
                if service.deployed
                and service.wish == ServiceWish.RUN
                and service.package.id == package_id
            ]
            if running:
                label = f"{package.name} {package.version}"
                raise Conflict("PACKAGE_IN_USE", name=label, services=", ".join(running))
            session.delete(package)
        self._tell(package_id)

    def _read(
        self, session: Session, actor: Actor, draft: PackageDraft
    ) -> tuple[ModelPackage, dict[str, Message]]:
        problems: dict[str, Message] = {}
        package = package_of(draft, self._secrets(session, actor, draft.source_id), problems)
        return package, self._problems(session, actor, package) | problems

    def _secrets(self, session: Session, actor: Actor, source_id: str) -> dict[str, str]:
        """Return the secret values of a package that the user owns: a secret of somebody else's,
        copied into a package with another image, would be given away."""
        source = session.get(ModelPackage, source_id) if source_id else None
        if source is None or not actor.owns(source.owner_id):
            return {}
        return {one.name: one.default for one in source.launch.variables if one.secret}

    def _problems(
        self, session: Session, actor: Actor, package: ModelPackage
    ) -> dict[str, Message]:
        problems = package_problems(actor, package, queries.volumes(session))
        name = clean_name(package.name)
        taken = {(row.name, row.version) for row in queries.packages(session)}
        if "version" not in problems and (name, package.version) in taken:
            named = {"name": name, "version": package.version}
            problems["version"] = Message("VERSION_TAKEN", named)
        return problems

    def _insert(
        self,
        session: Session,
        actor: Actor,
        package: ModelPackage,
        problems: dict[str, Message],
    ) -> None:
        if problems:
            raise InvalidFields(problems)
        package.name, package.owner_id = clean_name(package.name), actor.id
        folder = model_folder(package, queries.volumes(session))
        package.launch = _with_folder(package.launch, folder)
        session.add(package)

    def _tell(self, package_id: str) -> None:
        self._changes.publish(frozenset({f"package:{package_id}"}))


def _with_folder(launch: PackageLaunch, folder: str) -> PackageLaunch:
    return launch.model_copy(
        update={"model_folder": folder, "model_path": launch.model_path.strip("/")}
    )


def _may_create(actor: Actor) -> None:
    if not actor.may_create:
        raise Forbidden("VIEWERS_ONLY_LOOK")


def _found(session: Session, package_id: str) -> ModelPackage:
    package = session.get(ModelPackage, package_id)
    if package is None:
        raise NotFound("PACKAGE_UNKNOWN", id=package_id)
    return package


def _own(session: Session, actor: Actor, package_id: str) -> ModelPackage:
    package = _found(session, package_id)
    if not actor.owns(package.owner_id):
        raise Forbidden("NOT_YOUR_PACKAGE", name=f"{package.name} {package.version}")
    return package
