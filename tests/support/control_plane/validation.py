"""What the API server refuses: the faults of an object, and changes of what cannot change."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.control_plane.errors import Cause, invalid_value, required
from tests.support.control_plane.kinds import Kind
from tests.support.control_plane.objects import Json, dig

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_KEY_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_DATA_KEY = r"[-._a-zA-Z0-9]+"
_LONGEST = 63
_MOST_DATA = 1024**2
_LONGEST_SUBDOMAIN = 253

_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_SUBDOMAIN}')"
)
_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    f"for validation is '{_LABEL}')"
)
_DNS_1035_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    f"regex used for validation is '{_DNS_1035}')"
)
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    f"or '12345', regex used for validation is '{_VALUE}')"
)
_NOT_SELECTED = "`selector` does not match template `labels`"
_IMMUTABLE = "field is immutable"

_FIXED = {
    "deployments": ("selector",),
    "replicasets": ("selector",),
    "jobs": ("template", "selector", "completionMode", "podFailurePolicy"),
    "services": ("clusterIP",),
}
_POD_MAY_CHANGE = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")


def faults(kind: Kind, obj: Json) -> list[Cause]:
    """Return what is wrong with an object whose defaults are filled in."""
    found = [*_name_faults(kind, obj["metadata"]["name"]), *_label_faults(obj["metadata"])]
    spec = obj.get("spec") or {}
    if kind.plural in ("deployments", "replicasets"):
        found += _selector_faults(spec)
        found += _template_faults(spec["template"], ("Always",))
    elif kind.plural == "jobs":
        found += _template_faults(spec["template"], ("OnFailure", "Never"))
        found += _job_faults(spec, obj["metadata"]["name"])
    elif kind.plural == "pods":
        found += _pod_faults("spec", spec)
    elif kind.plural == "services":
        found += _service_faults(spec)
    elif kind.plural in ("secrets", "configmaps"):
        found += _data_faults(obj)
    return found


def changes_refused(kind: Kind, before: Json, after: Json) -> list[Cause]:
    """Return which changes between two states of an object are not allowed."""
    old, new = before.get("spec") or {}, after.get("spec") or {}
    found = []
    for field in _FIXED.get(kind.plural, ()):
        if old.get(field) != new.get(field):
            found.append(invalid_value(f"spec.{field}", _shown(new.get(field)), _IMMUTABLE))
    if kind.plural == "pods" and _pod_without(old, new) != _pod_without(new, new):
        words = (
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
            "additions to existing tolerations),`spec.terminationGracePeriodSeconds`"
        )
        found.append(Cause("spec", "FieldValueForbidden", f"Forbidden: {words}"))
    if kind.plural == "secrets" and before.get("type") != after.get("type"):
        found.append(invalid_value("type", _shown(after.get("type")), _IMMUTABLE))
    if before.get("immutable") and before.get("data") != after.get("data"):
        words = "Forbidden: field is immutable when `immutable` is set"
        found.append(Cause("data", "FieldValueForbidden", words))
    return found


def _pod_without(spec: Json, new: Json) -> Json:
    """Return ``spec`` without what may change; its node may be given once, which is a binding."""
    left = {key: value for key, value in spec.items() if key not in _POD_MAY_CHANGE}
    if not left.get("nodeName"):
        left["nodeName"] = new.get("nodeName")
    for field in ("containers", "initContainers"):
        left[field] = [{**one, "image": ""} for one in spec.get(field) or []]
    return left


def _name_faults(kind: Kind, name: str) -> Iterator[Cause]:
    pattern, longest, words = _SUBDOMAIN, _LONGEST_SUBDOMAIN, _SUBDOMAIN_WORDS
    if kind.plural == "services":
        pattern, longest, words = _DNS_1035, _LONGEST, _DNS_1035_WORDS
    elif kind.plural == "namespaces":
        pattern, longest, words = _LABEL, _LONGEST, _LABEL_WORDS
    if not re.fullmatch(pattern, name):
        yield invalid_value("metadata.name", _shown(name), words)
    if len(name) > longest:
        too_long = f"must be no more than {longest} bytes"
        yield invalid_value("metadata.name", _shown(name), too_long)


def _label_faults(meta: Json, path: str = "metadata") -> Iterator[Cause]:
    for key, value in (meta.get("labels") or {}).items():
        yield from _key_faults(f"{path}.labels", key)
        if not isinstance(value, str) or not re.fullmatch(_VALUE, value):
            yield invalid_value(f"{path}.labels", _shown(value), _VALUE_WORDS)
        elif len(value) > _LONGEST:
            yield invalid_value(f"{path}.labels", _shown(value), "must be no more than 63 bytes")
    for key in meta.get("annotations") or {}:
        yield from _key_faults(f"{path}.annotations", key)


def _key_faults(path: str, key: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    good = re.fullmatch(_KEY_NAME, name) and len(name) <= _LONGEST
    if not good or (slash and not re.fullmatch(_SUBDOMAIN, prefix)):
        words = "name part must consist of alphanumeric characters, '-', '_' or '.'"
        yield invalid_value(path, _shown(key), words)


def _selector_faults(spec: Json) -> Iterator[Cause]:
    wanted = dig(spec, "selector", "matchLabels") or {}
    if not wanted:
        yield required("spec.selector")
        return
    labels = dig(spec, "template", "metadata", "labels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        yield invalid_value("spec.template.metadata.labels", _shown(labels), _NOT_SELECTED)


def _template_faults(template: Json, policies: tuple[str, ...]) -> Iterator[Cause]:
    yield from _label_faults(template["metadata"], "spec.template.metadata")
    yield from _pod_faults("spec.template.spec", template["spec"])
    policy = template["spec"]["restartPolicy"]
    if policy not in policies:
        field = "spec.template.spec.restartPolicy"
        if policies == ("Always",):
            words = f'Unsupported value: {_shown(policy)}: supported values: "Always"'
            yield Cause(field, "FieldValueNotSupported", words)
        else:
            yield required(field, 'valid values: "OnFailure", "Never"')


def _job_faults(spec: Json, name: str) -> Iterator[Cause]:
    if len(name) > _LONGEST:
        field = "spec.template.labels"
        yield invalid_value(field, _shown(name), "must be no more than 63 bytes")
    if not spec.get("podFailurePolicy"):
        return
    if dig(spec, "template", "spec", "restartPolicy") != "Never":
        field = "spec.template.spec.restartPolicy"
        words = "only supported value is Never when podFailurePolicy is specified"
        yield invalid_value(field, _shown(dig(spec, "template", "spec", "restartPolicy")), words)
    if spec["podReplacementPolicy"] != "Failed":
        words = (
            f'Unsupported value: {_shown(spec["podReplacementPolicy"])}: supported values: "Failed"'
        )
        yield Cause("spec.podReplacementPolicy", "FieldValueNotSupported", words)


def _pod_faults(path: str, spec: Json) -> Iterator[Cause]:
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    volumes = [volume.get("name") for volume in spec.get("volumes") or []]
    for index, name in enumerate(volumes):
        if not re.fullmatch(_LABEL, name or ""):
            yield invalid_value(f"{path}.volumes[{index}].name", _shown(name), _LABEL_WORDS)
        if name in volumes[:index]:
            yield _twice(f"{path}.volumes[{index}].name", name)
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or []):
            yield from _container_faults(f"{path}.{field}[{index}]", container, volumes)


def _container_faults(path: str, container: Json, volumes: list[Any]) -> Iterator[Cause]:
    name = container.get("name")
    if not name:
        yield required(f"{path}.name")
    elif not re.fullmatch(_LABEL, name) or len(name) > _LONGEST:
        yield invalid_value(f"{path}.name", _shown(name), _LABEL_WORDS)
    if not container.get("image"):
        yield required(f"{path}.image")
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or []):
        at = f"{path}.volumeMounts[{index}]"
        if mount.get("name") not in volumes:
            words = f"Not found: {_shown(mount.get('name'))}"
            yield Cause(f"{at}.name", "FieldValueNotFound", words)
        if not mount.get("mountPath"):
            yield required(f"{at}.mountPath")
        elif mount["mountPath"] in seen:
            words = "must be unique"
            yield invalid_value(f"{at}.mountPath", _shown(mount["mountPath"]), words)
        seen.add(mount.get("mountPath", ""))
    yield from _env_faults(path, container)


def _env_faults(path: str, container: Json) -> Iterator[Cause]:
    for index, variable in enumerate(container.get("env") or []):
        if not variable.get("name"):
            yield required(f"{path}.env[{index}].name")
        elif "=" in variable["name"]:
            words = "a valid environment variable name must consist only of printable ASCII"
            at = f"{path}.env[{index}].name"
            yield invalid_value(at, _shown(variable["name"]), f"{words} characters other than '='")


def _service_faults(spec: Json) -> Iterator[Cause]:
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    names = [port.get("name", "") for port in ports]
    for index, name in enumerate(names):
        if len(names) > 1 and not name:
            yield required(f"spec.ports[{index}].name")
        if name in names[:index]:
            yield _twice(f"spec.ports[{index}].name", name)


def _data_faults(obj: Json) -> Iterator[Cause]:
    for key in obj.get("data") or {}:
        if not re.fullmatch(_DATA_KEY, key):
            words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            yield invalid_value(f"data[{key}]", _shown(key), words)
    size = sum(_size(obj["kind"], value) for value in (obj.get("data") or {}).values())
    if size > _MOST_DATA:
        words = f"Too long: may not be more than {_MOST_DATA} bytes"
        yield Cause("data", "FieldValueTooLong", words)


def _size(kind: str, value: str) -> int:
    return len(base64.b64decode(value)) if kind == "Secret" else len(value.encode())


def _twice(field: str, name: Any) -> Cause:
    return Cause(field, "FieldValueDuplicate", f"Duplicate value: {_shown(name)}")


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
