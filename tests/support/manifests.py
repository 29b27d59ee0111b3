"""The manifests of ``deploy/`` as kustomize puts them together, and what to ask of objects."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
Json = dict[str, Any]


def built(folder: Path) -> list[Json]:
    """Return the objects of a kustomization."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run(
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # a warning tells of what will not work for long
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def combined(folder: Path, resource: str, *components: str) -> list[Json]:
    """Return the objects of a base or overlay with components on top, put together in ``folder``,
    which is empty."""
    paths = {
        "resources": [os.path.relpath(DEPLOY / resource, folder)],
        "components": [os.path.relpath(DEPLOY / "components" / one, folder) for one in components],
    }
    text = yaml.safe_dump({"namespace": "inference-ui", **paths})
    (folder / "kustomization.yaml").write_text(text, "utf-8")
    return built(folder)


def of_kind(objects: list[Json], kind: str) -> dict[str, Json]:
    """Return the objects of a kind by their name."""
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


def pod_specs(objects: list[Json]) -> Iterator[Json]:
    """Yield the spec of the pods of every workload."""
    for one in objects:
        if one["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield one["spec"]["template"]["spec"]


def named(objects: list[Json], kind: str, stem: str) -> Json:
    """Return the one object whose generated name begins so."""
    found = [one for name, one in of_kind(objects, kind).items() if name.startswith(f"{stem}-")]
    assert len(found) == 1, f"{len(found)} of {kind} {stem}"
    return found[0]
