"""What a pod's first container is started with: program, environment, mounts."""

from __future__ import annotations

import base64
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.control_plane.containers import Launch, Mount
from tests.support.control_plane.objects import Json, dig
from tests.support.control_plane.store import Store
from tests.support.server import ROOT

ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
WORKING_FOLDER = "/app"
"""Of every image; writable as the rest of its file system is."""
SCRATCH = "scratch"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PYTHON = ("python", "python3")
_REFERENCE = re.compile(r"\$(\$|\(([^()]+)\))")


class NotStarted(Exception):
    """A container cannot be started now; ``reason`` and the message are the kubelet's."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class NotMounted(Exception):
    """A volume cannot be mounted now; the message is the kubelet's."""


@dataclass
class Machine:
    """What the nodes have that no object of the API says.

    ``images``: the command of each image by its name. ``claims``: the folder of each claim by its
    name. ``account``: files of a service account (``token``, ``ca.crt``). ``server``: host and port
    of the API server, as pods are told.
    """

    images: dict[str, tuple[str, ...]] = field(default_factory=dict)
    claims: dict[str, Path] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    server: tuple[str, int] = ("", 0)


def launch_of(pod: Json, address: str, folder: Path, store: Store, machine: Machine) -> Launch:
    """Return how the pod's first container is started; ``folder`` keeps its volumes.

    Raises NotMounted, and NotStarted for what is missing for its environment or its program.
    """
    container = pod["spec"]["containers"][0]
    mounts = [*_Volumes(pod, folder, store, machine).mounts(container)]
    env = _environment(pod, container, address, store, machine)
    argv = [*(container.get("command") or machine.images[container["image"]])]
    argv = [_expanded(one, env) for one in (*argv, *container.get("args", ()))]
    surroundings = {"PATH": _PATH, "HOSTNAME": pod["metadata"]["name"], "HOME": "/"}
    read_only = dig(container, "securityContext", "readOnlyRootFilesystem") is True
    scratch = folder / SCRATCH
    scratch.mkdir(exist_ok=True)
    mounts.append(Mount(str(scratch), WORKING_FOLDER, read_only))
    return Launch(
        argv=_program(argv, env.get("PATH", _PATH)),
        env={**surroundings, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **env},
        cwd=container.get("workingDir") or WORKING_FOLDER,
        mounts=tuple(mounts),
        read_only=read_only,
    )


def _program(argv: list[str], path: str) -> tuple[str, ...]:
    if argv and argv[0] in _PYTHON:
        return (sys.executable, *argv[1:])
    if not argv or shutil.which(argv[0], path=path) is None:
        name = argv[0] if argv else ""
        words = "failed to create containerd task: failed to create shim task: OCI runtime create"
        where = f'"{name}": executable file not found in $PATH'
        if "/" in name:
            where = f'"{name}": stat {name}: no such file or directory'
        raise NotStarted(
            "StartError",
            f"{words} failed: runc create failed: unable to start container process: error during"
            f" container init: exec: {where}",
        )
    return tuple(argv)


def _expanded(text: str, env: Mapping[str, str]) -> str:
    """Replace ``$(NAME)``; ``$$`` is a dollar, and what is not known stays."""

    def value(found: re.Match[str]) -> str:
        return "$" if found[1] == "$" else env.get(found[2], found[0])

    return _REFERENCE.sub(value, text)


def _environment(
    pod: Json, container: Json, address: str, store: Store, machine: Machine
) -> dict[str, str]:
    """Return what the pod says of its environment, and where the API server is."""
    host, port = machine.server
    env = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": str(port)} if port else {}
    for source in container.get("envFrom", ()):
        env.update(_all_keys(pod, source, store))
    for variable in container.get("env", ()):
        if "valueFrom" in variable:
            value = _referred(pod, variable["valueFrom"], address, store)
            if value is None:
                continue
        else:
            value = _expanded(variable.get("value", ""), env)
        env[variable["name"]] = value
    return env


def _all_keys(pod: Json, source: Json, store: Store) -> dict[str, str]:
    reference, kind = _object_reference(source)
    texts = _texts(pod, kind, reference, store) or {}
    return {source.get("prefix", "") + key: value.decode() for key, value in texts.items()}


def _referred(pod: Json, source: Json, address: str, store: Store) -> str | None:
    if path := dig(source, "fieldRef", "fieldPath"):
        return _field(pod, path, address)
    reference, kind = _object_reference(source)
    texts = _texts(pod, kind, reference, store)
    if texts is None:
        return None
    if reference["key"] not in texts:
        if reference.get("optional"):
            return None
        called = {"secrets": "Secret", "configmaps": "ConfigMap"}[kind]
        place = f"{pod['metadata']['namespace']}/{reference['name']}"
        words = f"couldn't find key {reference['key']} in {called} {place}"
        raise NotStarted("CreateContainerConfigError", words)
    return texts[reference["key"]].decode()


def _object_reference(source: Json) -> tuple[Json, str]:
    for name, kind in (
        ("secretRef", "secrets"),
        ("secretKeyRef", "secrets"),
        ("configMapRef", "configmaps"),
        ("configMapKeyRef", "configmaps"),
    ):
        if name in source:
            return source[name], kind
    raise NotImplementedError(f"environment from {source}")


def _texts(pod: Json, kind: str, reference: Json, store: Store) -> dict[str, bytes] | None:
    """Return the values of a Secret or ConfigMap; None where it may be and is missing."""
    found = values(store.get(kind, pod["metadata"]["namespace"], reference["name"]))
    if found is None and not reference.get("optional"):
        words = f'{kind.removesuffix("s")} "{reference["name"]}" not found'
        raise NotStarted("CreateContainerConfigError", words)
    return found


def values(obj: Json | None) -> dict[str, bytes] | None:
    """Return the values of a Secret or ConfigMap; None where there is none."""
    if obj is None:
        return None
    data = obj.get("data") or {}
    if obj["kind"] == "Secret":
        return {key: base64.b64decode(value) for key, value in data.items()}
    binary = obj.get("binaryData") or {}
    plain = {key: value.encode() for key, value in data.items()}
    return plain | {key: base64.b64decode(value) for key, value in binary.items()}


def _field(pod: Json, path: str, address: str) -> str:
    if path in ("status.podIP", "status.podIPs"):
        return address
    if path == "status.hostIP":
        return host_address(pod)
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str((dig(pod, "metadata", found[1]) or {}).get(found[2], ""))
    return str(dig(pod, *path.split(".")) or "")


def host_address(pod: Json) -> str:
    """Return the address of the machine that all nodes are."""
    return "127.0.0.1" if pod["spec"].get("nodeName") else ""


class _Volumes:
    """The volumes of one pod, as folders of this machine."""

    def __init__(self, pod: Json, folder: Path, store: Store, machine: Machine) -> None:
        self._pod = pod
        self._namespace = pod["metadata"]["namespace"]
        self._folder = folder / "volumes"
        self._store = store
        self._machine = machine

    def mounts(self, container: Json) -> Iterable[Mount]:
        """Yield the mounts of a container. Raises NotMounted."""
        volumes = {one["name"]: one for one in self._pod["spec"].get("volumes", ())}
        for one in container.get("volumeMounts", ()):
            volume = volumes[one["name"]]
            source, locked = self._source(volume)
            if below := one.get("subPath"):
                source = source / below
                if not source.exists():
                    source.mkdir(parents=True)
            yield Mount(str(source), one["mountPath"], locked or one.get("readOnly") is True)
        if self._has_account(container):
            self._write(folder := self._folder / "service-account", self._account_files())
            yield Mount(str(folder), ACCOUNT_FOLDER, True)

    def _source(self, volume: Json) -> tuple[Path, bool]:
        """Return the folder of a volume, and whether nobody may write to it."""
        folder = self._folder / volume["name"]
        if "emptyDir" in volume:
            folder.mkdir(parents=True, exist_ok=True)
            return folder, False
        if claim := volume.get("persistentVolumeClaim"):
            return self._machine.claims[claim["claimName"]], claim.get("readOnly") is True
        if "projected" in volume:
            for source in volume["projected"].get("sources", ()):
                self._write(folder, self._projected(volume["name"], source))
        else:
            self._write(folder, self._projected(volume["name"], volume))
        return folder, True

    def _projected(self, volume: str, source: Json) -> dict[str, bytes]:
        if "serviceAccountToken" in source:
            token = self._machine.account.get("token", "")
            return {source["serviceAccountToken"]["path"]: token.encode()}
        if api := source.get("downwardAPI"):
            return {
                one["path"]: _field(self._pod, one["fieldRef"]["fieldPath"], "").encode()
                for one in api.get("items", ())
            }
        for name, kind in (("secret", "secrets"), ("configMap", "configmaps")):
            if name in source:
                return self._keys(volume, kind, source[name])
        raise NotImplementedError(f"volume {source}")

    def _keys(self, volume: str, kind: str, source: Json) -> dict[str, bytes]:
        name = source.get("secretName") or source["name"]
        found = values(self._store.get(kind, self._namespace, name))
        if found is None:
            if source.get("optional"):
                return {}
            called = kind.removesuffix("s")
            words = f'MountVolume.SetUp failed for volume "{volume}"'
            raise NotMounted(f'{words} : {called} "{name}" not found')
        items = source.get("items")
        return {one["path"]: found[one["key"]] for one in items} if items else found

    def _has_account(self, container: Json) -> bool:
        wanted = self._pod["spec"].get("automountServiceAccountToken", True)
        mounted = {one["mountPath"] for one in container.get("volumeMounts", ())}
        return wanted and bool(self._machine.account) and ACCOUNT_FOLDER not in mounted

    def _account_files(self) -> dict[str, bytes]:
        files = {name: text.encode() for name, text in self._machine.account.items()}
        return {**files, "namespace": self._namespace.encode()}

    def _write(self, folder: Path, files: Mapping[str, bytes]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
