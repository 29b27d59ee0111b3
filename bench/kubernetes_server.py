"""An API server of a large cluster that never was: lists its nodes and pods, then changes them.

`python -m bench.kubernetes_server PORT PODS RATE`. Objects are as large as real ones and made as
they are sent. Of five updates of a pod, four change its status alone; one changes its requests.
"""

import json
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
NODES = 2_000
CARDS = 8
TELLING = 5
"""Every so many updates, one changes what the pod asks for."""
WHEN = "2026-01-01T00:00:00Z"


def node(number: int, version: int) -> Json:
    """A node with eight cards, the conditions, addresses and images that kubelets report."""
    amounts = {
        "cpu": "128",
        "memory": "1056277232Ki",
        "ephemeral-storage": "1843269236Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "pods": "110",
        "cambricon.com/mlu": str(CARDS),
    }
    kinds = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    conditions = [
        {
            "type": kind,
            "status": "True" if kind == "Ready" else "False",
            "lastHeartbeatTime": f"2026-01-01T00:{version % 60:02}:00Z",
            "lastTransitionTime": WHEN,
            "reason": f"KubeletHas{kind}",
            "message": f"kubelet says this of {kind}",
        }
        for kind in kinds
    ]
    images = [
        {"names": [f"registry.example/team/image-{n}@sha256:{n:064x}"], "sizeBytes": 10**9 + n}
        for n in range(50)
    ]
    metadata = {
        "name": f"node-{number}",
        "uid": f"00000000-0000-0000-0000-{number:012}",
        "resourceVersion": str(version),
        "creationTimestamp": WHEN,
        "labels": {
            "kubernetes.io/hostname": f"node-{number}",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux",
            "Model": "MLU370-X8",
            "DriverVersion": "v5.10.27",
        },
        "managedFields": _managed(amounts),
    }
    info = {
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "kernelVersion": "6.1.0",
        "architecture": "amd64",
    }
    status = {
        "capacity": amounts,
        "allocatable": amounts,
        "conditions": conditions,
        "nodeInfo": info,
        "images": images,
    }
    return {"metadata": metadata, "spec": {"podCIDR": "10.0.0.0/24"}, "status": status}


def pod(number: int, version: int) -> Json:
    """A pod with one container, variables, volumes, and who wrote which field."""
    name, home = f"app-{number % 5_000}-7d9f8c6b5d-{number:05}", f"node-{number % NODES}"
    more = version // TELLING % 8 if version % TELLING == 0 else 0
    requests = {"cpu": f"{500 + 500 * more}m", "memory": "16Gi"}
    if number % 2:
        requests["cambricon.com/mlu"] = "1"
    variables = [
        {"name": f"SETTING_{n}", "value": f"https://service-{n}.example/with/a/path"}
        for n in range(20)
    ]
    mounts = [
        {"name": f"volume-{n}", "mountPath": f"/data/{n}", "readOnly": True} for n in range(5)
    ]
    container = {
        "name": "server",
        "image": "registry.example/team/server:1.2.3",
        "args": ["--port", "8080", "--model", "/data/0/model"],
        "env": variables,
        "volumeMounts": mounts,
        "resources": {"requests": requests, "limits": requests},
        "terminationMessagePath": "/dev/termination-log",
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5},
    }
    volumes = [
        {"name": f"volume-{n}", "persistentVolumeClaim": {"claimName": f"c-{n}"}} for n in range(5)
    ]
    kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready", "PodReadyToStartContainers")
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": WHEN}
        for kind in kinds
    ]
    state = {
        "name": "server",
        "ready": True,
        "restartCount": version % 7,
        "started": True,
        "image": container["image"],
        "imageID": f"sha256:{number:064x}",
        "containerID": f"containerd://{number:064x}",
        "state": {"running": {"startedAt": WHEN}},
    }
    metadata = {
        "namespace": f"team-{number % 50}",
        "name": name,
        "uid": f"10000000-0000-0000-0000-{number:012}",
        "resourceVersion": str(version),
        "creationTimestamp": WHEN,
        "labels": {"app": f"app-{number % 5_000}", "pod-template-hash": "7d9f8c6b5d"},
        "annotations": {"prometheus.io/scrape": "true", "checksum/config": f"{number:064x}"},
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name[:-6], "uid": "u"}
        ],
        "managedFields": _managed({one["name"]: 1 for one in variables}),
    }
    spec = {
        "nodeName": home,
        "containers": [container],
        "volumes": volumes,
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}],
        "serviceAccountName": "default",
        "schedulerName": "default-scheduler",
    }
    status = {
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": [state],
        "hostIP": "10.0.0.1",
        "podIP": "10.1.0.1",
        "startTime": WHEN,
        "qosClass": "Guaranteed",
    }
    return {"metadata": metadata, "spec": spec, "status": status}


def _managed(fields: Json) -> list[Json]:
    keys: Json = {
        f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}} for name in fields
    }
    template = {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:env": keys}}
    return [
        {"manager": who, "operation": "Update", "time": WHEN, "fieldsType": "FieldsV1",
         "fieldsV1": template}
        for who in ("kube-controller-manager", "kubelet")
    ]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pods = 0
    rate = 0.0

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(split.query).items()}
        make, count = (node, NODES) if split.path.endswith("/nodes") else (pod, self.pods)
        with suppress(OSError):
            if "watch" not in query:
                self._list(make, count, query)
            elif make is pod:
                self._watch(pod, count, self.rate)
            else:
                self._watch(node, count, NODES / 300)

    def _list(self, make: Any, count: int, query: dict[str, str]) -> None:
        start = int(query.get("continue", 0))
        end = min(count, start + int(query["limit"]))
        metadata = {"resourceVersion": "1", **({"continue": str(end)} if end < count else {})}
        data = json.dumps({"metadata": metadata, "items": [make(n, 1) for n in range(start, end)]})
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data.encode())

    def _watch(self, make: Any, count: int, rate: float) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        begun = time.monotonic()
        for sent, version in enumerate(range(2, sys.maxsize)):
            time.sleep(max(0.0, begun + sent / rate - time.monotonic()))
            thing = make(version * 7_919 % count, version)
            line = json.dumps({"type": "MODIFIED", "object": thing}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the standard input ends."""
    port, pods, rate = (int(one) for one in sys.argv[1:4])
    _Handler.pods, _Handler.rate = pods, rate
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
