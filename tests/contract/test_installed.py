"""The product as ``deploy/`` installs it on a real cluster, in a namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.support.drivers import IMAGE
from tests.support.kubernetes_world import new_namespace
from tests.support.manifests import Json, combined

pytestmark = pytest.mark.kubernetes

WEB = "deployment/inference-ui"
START_S = 300
TASK_S = 600


class Kubectl:
    """``kubectl`` in one namespace."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def __call__(self, *arguments: str, given: str | None = None, timeout_s: float = 120) -> str:
        """Run it; return what it prints, or fail with what it says."""
        program = shutil.which("kubectl")
        assert program is not None, "kubectl is not installed"
        done = subprocess.run(
            [program, "--kubeconfig", os.environ["KUBECONFIG"], "-n", self.namespace, *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {arguments}: {done.stdout}{done.stderr}"
        return done.stdout


def objects_for(namespace: str, image: str, folder: Path) -> list[Json]:
    """Return what the overlay for one machine installs, as another installation than one that may
    be there already."""
    text = yaml.safe_dump_all(combined(folder, "overlays/kind"))
    found = []
    for one in yaml.safe_load_all(text.replace("inference-ui:local", image)):
        if one["kind"] == "Namespace":
            continue
        if one["kind"].startswith("Cluster"):
            one["metadata"]["name"] = namespace
            if "roleRef" in one:
                one["roleRef"]["name"] = namespace
        else:
            one["metadata"]["namespace"] = namespace
        for subject in one.get("subjects", ()):
            subject["namespace"] = namespace
        found.append(one)
    return found


@contextmanager
def installed(folder: Path) -> Iterator[Kubectl]:
    """Yield ``kubectl`` for a namespace in which the product runs."""
    with new_namespace(Path(os.environ["KUBECONFIG"])) as namespace:
        kubectl = Kubectl(namespace)
        objects = yaml.safe_dump_all(objects_for(namespace, IMAGE, folder))
        try:
            kubectl("apply", "-f", "-", given=objects)
            kubectl("rollout", "status", WEB, f"--timeout={START_S}s", timeout_s=START_S + 30)
            yield kubectl
        finally:
            for kind in ("clusterrolebinding", "clusterrole"):
                kubectl("delete", kind, namespace, "--ignore-not-found")


def test_a_whole_task_runs_to_its_end_and_leaves_nothing_but_the_product(tmp_path: Path) -> None:
    with installed(tmp_path) as kubectl:
        told = kubectl(
            "exec", WEB, "--", "python", "-m", "inference_ui", "sample", timeout_s=TASK_S
        )
        assert "200" in told
        mine = kubectl(
            "get",
            "deployments,jobs,pods,secrets,services",
            "-l",
            "app.kubernetes.io/component in (server,client)",
            "-o",
            "name",
        )
        assert mine == ""
        lines = kubectl(
            "exec", WEB, "--", "sh", "-c", "cat /data/volumes/results/*/result.ndjson | wc -l"
        )
        assert lines.strip() == "200"
