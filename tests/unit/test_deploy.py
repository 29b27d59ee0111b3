"""The manifests of ``deploy/`` say what they should, in every combination."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import kubernetes_validate
import pytest

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.settings import Settings
from inference_ui.routes import HEALTH
from tests.support.manifests import (
    Json,
    combined,
    container_of,
    named,
    of_kind,
    pod_specs,
    settings_of,
    web_of,
)

COMBINATIONS = {
    "base": ("base",),
    "base with PostgreSQL": ("base", "postgres"),
    "base with an Ingress": ("base", "ingress"),
    "base with both": ("base", "postgres", "ingress"),
    "kind": ("overlays/kind",),
    "kind with PostgreSQL": ("overlays/kind", "postgres"),
    "production": ("overlays/production",),
}

OLDEST = 31
NEWEST = int(kubernetes_validate.latest_version().split(".")[1])
VERSIONS = [f"1.{OLDEST}", f"1.{NEWEST}"]

CLUSTER_WIDE = {("", "nodes"): {"list", "watch"}, ("", "pods"): {"list", "watch"}}
"""What the web server asks of the whole cluster: resource by group, and verbs."""

IN_NAMESPACE = {
    ("apps", "deployments"): {"create", "delete", "get", "list", "watch"},
    ("apps", "deployments/finalizers"): {"update"},
    ("batch", "jobs"): {"create", "delete", "get", "list", "watch"},
    ("batch", "jobs/finalizers"): {"update"},
    ("", "services"): {"create", "list"},
    ("", "secrets"): {"create", "list"},
    ("", "pods/log"): {"get"},
    ("", "events"): {"list", "watch"},
}
"""What it asks of its own namespace. No more: whoever adds a verb to the code adds it here too."""

OF_CLIENTS = {("discovery.k8s.io", "endpointslices"): {"list", "watch"}}


@pytest.fixture(scope="module")
def combination(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Json]]:
    """The objects of a combination by its name, each put together once."""

    @cache
    def build(name: str) -> list[Json]:
        return combined(tmp_path_factory.mktemp("kustomization"), *COMBINATIONS[name])

    return build


@pytest.fixture(params=COMBINATIONS)
def objects(request: pytest.FixtureRequest, combination: Callable[[str], list[Json]]) -> list[Json]:
    return combination(request.param)


@pytest.fixture
def kind(combination: Callable[[str], list[Json]]) -> list[Json]:
    return combination("kind")


@pytest.fixture
def production(combination: Callable[[str], list[Json]]) -> list[Json]:
    return combination("production")


def permissions(role: Json) -> dict[tuple[str, str], set[str]]:
    return {
        (group, resource): set(rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_every_object_is_one_that_the_api_knows_in_each_version(objects: list[Json]) -> None:
    for version in VERSIONS:
        for one in objects:
            kubernetes_validate.validate(one, version, strict=True)


def test_every_object_is_in_the_product_s_namespace_and_has_its_label(
    objects: list[Json],
) -> None:
    for one in objects:
        metadata = one["metadata"]
        if one["kind"] not in ("Namespace", "ClusterRole", "ClusterRoleBinding"):
            assert metadata["namespace"] == "inference-ui", one
    (account,) = of_kind(objects, "ClusterRoleBinding")["inference-ui"]["subjects"]
    assert account["namespace"] == "inference-ui"


def test_nothing_installed_is_taken_for_a_workload(objects: list[Json]) -> None:
    for one in objects:
        assert names.MANAGED_BY_LABEL not in one["metadata"].get("labels", {})
    for service in of_kind(objects, "Service").values():
        component = service["spec"]["selector"][names.COMPONENT_LABEL]
        assert component not in (names.SERVER, names.CLIENT)


def test_pods_keep_to_the_standard_that_the_namespace_enforces(objects: list[Json]) -> None:
    labels = of_kind(objects, "Namespace")["inference-ui"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in pod_specs(objects):
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["fsGroup"] == security["runAsGroup"] == security["runAsUser"]
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_pods_say_what_they_need_and_how_they_are(objects: list[Json]) -> None:
    for pod in pod_specs(objects):
        assert pod["enableServiceLinks"] is False
        for container in pod["containers"]:
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]
            assert container["readinessProbe"]
            assert container["livenessProbe"]


def test_images_are_pinned(objects: list[Json]) -> None:
    for pod in pod_specs(objects):
        for container in pod["containers"]:
            _, _, tag = container["image"].rpartition("/")[2].partition(":")
            assert tag != "latest"
            # the base alone has none: overlays choose it
            assert tag or container["image"] == "inference-ui"


def test_there_is_one_web_server_and_never_two_at_a_time(objects: list[Json]) -> None:
    assert web_of(objects)["replicas"] == 1
    assert web_of(objects)["strategy"] == {"type": "Recreate"}


def test_the_web_server_is_asked_at_its_open_address(objects: list[Json]) -> None:
    container = container_of(objects)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": HEALTH, "port": "http"}
    (port,) = container["ports"]
    assert str(port["containerPort"]) == settings_of(objects)["INFERENCE_UI_PORT"]
    (served,) = of_kind(objects, "Service")["inference-ui"]["spec"]["ports"]
    assert served["targetPort"] == port["name"]


def test_accounts_may_do_what_the_programs_do_and_nothing_else(objects: list[Json]) -> None:
    roles = of_kind(objects, "Role")
    assert permissions(of_kind(objects, "ClusterRole")["inference-ui"]) == CLUSTER_WIDE
    assert permissions(roles["inference-ui"]) == IN_NAMESPACE
    assert permissions(roles["inference-ui-client"]) == OF_CLIENTS
    bindings = [
        *of_kind(objects, "RoleBinding").values(),
        *of_kind(objects, "ClusterRoleBinding").values(),
    ]
    for binding in bindings:
        assert [one["name"] for one in binding["subjects"]] == [binding["roleRef"]["name"]]
    assert len(bindings) == len(roles) + 1


def test_pods_run_as_accounts_that_are_there(objects: list[Json]) -> None:
    accounts = set(of_kind(objects, "ServiceAccount"))
    assert accounts == {"inference-ui", names.CLIENT_ACCOUNT}
    assert web_of(objects)["template"]["spec"]["serviceAccountName"] == "inference-ui"


def test_what_pods_refer_to_is_there(objects: list[Json]) -> None:
    claims, secrets = of_kind(objects, "PersistentVolumeClaim"), of_kind(objects, "Secret")
    for pod in pod_specs(objects):
        for volume in pod["volumes"]:
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in claims
        for container in pod["containers"]:
            for source in container.get("envFrom", ()):
                if config := source.get("configMapRef"):
                    assert config["name"] in of_kind(objects, "ConfigMap")
            for variable in container.get("env", ()):
                if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                    assert reference["key"] in secrets[reference["name"]]["data"]


def test_everything_that_is_set_is_a_setting_and_is_valid(
    objects: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings_of(objects)
    fields = {f"INFERENCE_UI_{name.upper()}" for name in Settings.model_fields}
    assert set(given) <= fields
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.cluster == "kubernetes"
    assert settings.database.startswith("sqlite:////data/")


def test_claims_are_mounted_where_the_settings_say(objects: list[Json]) -> None:
    pod = web_of(objects)["template"]["spec"]
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["volumes"]
        if "persistentVolumeClaim" in volume
    }
    mounted = {
        claims[mount["name"]]: mount["mountPath"]
        for mount in container_of(objects)["volumeMounts"]
        if mount["name"] in claims
    }
    settings = settings_of(objects)
    own = mounted.pop("inference-ui-data")
    assert own == settings["INFERENCE_UI_DATA_DIR"]
    assert mounted == json.loads(settings["INFERENCE_UI_CLAIMS"])


def test_clients_run_the_image_of_the_web_server(kind: list[Json], production: list[Json]) -> None:
    for objects in (kind, production):
        image = container_of(objects)["image"]
        assert settings_of(objects)["INFERENCE_UI_IMAGE"] == image
    assert container_of(kind)["image"] == "inference-ui:local"
    assert container_of(kind)["imagePullPolicy"] == "IfNotPresent"


def test_one_node_shares_claims_that_many_nodes_cannot(
    kind: list[Json], production: list[Json]
) -> None:
    modes = {
        where: of_kind(objects, "PersistentVolumeClaim")["inference-ui-volumes"]["spec"][
            "accessModes"
        ]
        for where, objects in (("kind", kind), ("production", production))
    }
    assert modes == {"kind": ["ReadWriteOnce"], "production": ["ReadWriteMany"]}


def test_the_ingress_leads_the_public_address_to_the_web_server(production: list[Json]) -> None:
    ingress = of_kind(production, "Ingress")["inference-ui"]
    (rule,) = ingress["spec"]["rules"]
    assert f"https://{rule['host']}" == settings_of(production)["INFERENCE_UI_PUBLIC_URL"]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "inference-ui", "port": {"name": "http"}}
    notes = ingress["metadata"]["annotations"]
    timeouts = [value for name, value in notes.items() if name.endswith("-timeout")]
    assert timeouts == ["3600", "3600"]
    assert notes["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"


def test_postgres_is_reached_with_the_password_that_it_was_made_with(
    production: list[Json],
) -> None:
    variables = {one["name"]: one for one in container_of(production)["env"]}
    secret = named(production, "Secret", "inference-ui-postgres")["metadata"]["name"]
    (database,) = of_kind(production, "StatefulSet")["inference-ui-postgres"]["spec"]["template"][
        "spec"
    ]["containers"]
    its_own = {one["name"]: one for one in database["env"]}
    assert variables["POSTGRES_PASSWORD"] == its_own["POSTGRES_PASSWORD"]
    assert variables["POSTGRES_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == secret
    # A variable is put into another one only when it stands before it.
    order = list(variables)
    assert order.index("POSTGRES_PASSWORD") < order.index("INFERENCE_UI_DATABASE_URL")
    url = variables["INFERENCE_UI_DATABASE_URL"]["value"].replace("$(POSTGRES_PASSWORD)", "word")
    user, name = its_own["POSTGRES_USER"]["value"], its_own["POSTGRES_DB"]["value"]
    assert url == f"postgresql://{user}:word@inference-ui-postgres:5432/{name}"
    assert Settings(database_url=url).database.startswith("postgresql+pg8000://")
