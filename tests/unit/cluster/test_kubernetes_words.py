"""What a real cluster says, as sentences in both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.cluster.kubernetes import words
from inference_ui.backend.errors import Message
from inference_ui.i18n.catalogue import LOCALES
from inference_ui.i18n.text import reason

TAIL = (
    " no new claims to deallocate, preemption: 0/8 nodes are available:"
    " 8 Preemption is not helpful for scheduling."
)
TOO_MANY_CARDS = (
    "0/8 nodes are available: 1 node(s) were unschedulable, 7 Insufficient cambricon.com/mlu."
    + TAIL
)
WRONG_DRIVER = (
    "0/8 nodes are available: 1 node(s) were unschedulable, "
    "7 node(s) didn't match Pod's node affinity/selector." + TAIL
)
NO_IMAGE = (
    'Back-off pulling image "registry.example/missing:1": ErrImagePull: failed to pull and unpack '
    'image "registry.example/missing:1": failed to resolve image: failed to do request: '
    'Head "https://registry.example/v2/missing/manifests/1": dial tcp: lookup registry.example on '
    "10.96.0.10:53: no such host"
)
OVER_QUOTA = (
    'pods "over-quota-7cfc767686-vs9q5" is forbidden: exceeded quota: q, '
    "requested: requests.nvidia.com/gpu=64, used: requests.nvidia.com/gpu=5, "
    "limited: requests.nvidia.com/gpu=40"
)
IMAGE = "registry.example/missing:1"


@pytest.mark.parametrize(
    ("message", "zh", "en"),
    [
        (
            words.unschedulable(TOO_MANY_CARDS),
            "8 个节点都放不下，7 个的 MLU 不够，1 个已停止调度",
            "None of 8 nodes has room; 7 have too few MLUs; 1 is cordoned",
        ),
        (
            words.unschedulable(WRONG_DRIVER),
            "8 个节点都放不下，7 个不是要求的节点或驱动版本，1 个已停止调度",
            "None of 8 nodes has room; 7 are not the nodes or driver version asked for; "
            "1 is cordoned",
        ),
        (
            words.unschedulable(
                "0/3 nodes are available: 1 node(s) had untolerated taint {tier: gold}, "
                "1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, "
                "1 Insufficient memory, 1 Insufficient cpu. preemption: 0/3 nodes are available: "
                "3 Preemption is not helpful for scheduling."
            ),
            "3 个节点都放不下，1 个的内存不够，1 个的 CPU 不够，"
            "1 个有规格不容忍的污点（tier=gold），1 个没有就绪",
            "None of 3 nodes has room; 1 has too little memory; 1 has too little CPU; "
            "1 has a taint that the spec does not tolerate (tier=gold); 1 is not ready",
        ),
        (
            words.unschedulable(
                "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, "
                "2 node(s) were struck by lightning."
            ),
            "2 个节点都放不下，1 个的 GPU 不够；集群还说：2 node(s) were struck by lightning",
            "None of 2 nodes has room; 1 has too few GPUs; "
            "the cluster adds: 2 node(s) were struck by lightning",
        ),
        (
            words.unschedulable('error while running "X" filter plugin for pod "p": no good'),
            '还没有分到节点，集群说：error while running "X" filter plugin for pod "p": no good',
            'Has no node yet; the cluster says: error while running "X" filter plugin for pod "p":'
            " no good",
        ),
        (
            words.unschedulable(
                '0/8 nodes are available: persistentvolumeclaim "missing" not found. not found'
            ),
            "存储声明“missing”不存在或不可用，请管理员检查",
            "The volume claim “missing” does not exist or cannot be used; "
            "ask an administrator to check it",
        ),
        (
            words.unschedulable(
                "0/8 nodes are available: pod has unbound immediate PersistentVolumeClaims." + TAIL
            ),
            "存储声明还没有绑定到存储，请管理员检查",
            "A volume claim is not bound to storage yet; ask an administrator to check it",
        ),
        (
            words.hami_filtered("1 nodes CardInsufficientMemory(node-a)"),
            "HAMi 分不出合适的卡：显存不够（1 nodes CardInsufficientMemory(node-a)）",
            "HAMi has no card that will do: too little memory on the card "
            "(1 nodes CardInsufficientMemory(node-a))",
        ),
        (
            words.create_refused(OVER_QUOTA),
            "超出命名空间的配额“q”：nvidia.com/gpu 需要 64，已用 5，上限 40。"
            "请等别的任务结束，或请管理员提高配额",
            "Over the namespace's quota “q”: needs 64 of nvidia.com/gpu, 5 used, limit 40. "
            "Wait for other tasks to end, or ask an administrator to raise it",
        ),
        (
            words.create_refused(
                'Error creating: pods "p" is forbidden: violates PodSecurity "restricted:latest": x'
            ),
            '集群不肯创建 Pod：violates PodSecurity "restricted:latest": x',
            'The cluster refuses to create the pod: violates PodSecurity "restricted:latest": x',
        ),
        (
            words.container_waiting("ImagePullBackOff", NO_IMAGE, IMAGE),
            "拉不到镜像 registry.example/missing:1：找不到镜像仓库的主机，请检查模型包的镜像名",
            "The image registry.example/missing:1 cannot be pulled: the registry's host is not "
            "known; check the image's name in the model package",
        ),
        (
            words.container_waiting("CreateContainerConfigError", 'secret "nope" not found', IMAGE),
            "密钥“nope”不存在，请管理员在命名空间里创建它",
            "The secret “nope” does not exist; ask an administrator to create it in the namespace",
        ),
        (
            words.container_waiting("ContainerCreating", "", IMAGE, "real-0"),
            "节点 real-0 正在准备容器",
            "real-0 is preparing the container",
        ),
        (
            words.ended(1, "Error", 5),
            "进程退出，退出码 1，已重启 5 次，原因见日志",
            "The process exited with code 1, restarted 5 times; see its log",
        ),
        (
            words.ended(137, "OOMKilled", 5, limit_bytes=64 << 20),
            "内存超出上限 64 MiB，被系统结束，已重启 5 次。请选内存更大的规格",
            "Used more memory than its 64 MiB and was ended, restarted 5 times. "
            "Choose a spec with more memory",
        ),
        (
            words.evicted("The node was low on resource: ephemeral-storage. ", "real-0"),
            "被节点 real-0 驱逐：The node was low on resource: ephemeral-storage.",
            "Evicted from real-0: The node was low on resource: ephemeral-storage.",
        ),
        (
            Message("CLUSTER_FORBIDDEN", {"verb": "list", "resource": "pods", "namespace": "scen"}),
            "程序没有权限对命名空间 scen 的 pods 做 list，请管理员应用 deploy/base 里的 RBAC",
            "This program may not list pods in the namespace scen; "
            "ask an administrator to apply the RBAC in deploy/base",
        ),
        (
            Message("CLUSTER_FORBIDDEN", {"verb": "list", "resource": "nodes", "namespace": ""}),
            "程序没有权限对整个集群的 nodes 做 list，请管理员应用 deploy/base 里的 RBAC",
            "This program may not list nodes in the whole cluster; "
            "ask an administrator to apply the RBAC in deploy/base",
        ),
        (Message("CLUSTER_UNREACHABLE"), "连不上集群", "The cluster cannot be reached"),
    ],
)
def test_what_the_cluster_says_becomes_a_sentence(message: Message, zh: str, en: str) -> None:
    assert [reason("zh", message), reason("en", message)] == [zh, en]


FILTERS = {
    "Insufficient cpu": "cpu",
    "Insufficient memory": "memory",
    "Insufficient ephemeral-storage": "disk",
    "Insufficient pods": "pods",
    "Too many pods": "pods",
    "Insufficient nvidia.com/mig-1g.10gb": "cards",
    "node(s) were unschedulable": "cordoned",
    "node(s) had untolerated taint {a: b}": "taint",
    "node(s) had untolerated taint {a: }": "taint",
    "node(s) had untolerated taint(s)": "taint",
    "node(s) had untolerated taint {node.kubernetes.io/not-ready: }": "unready",
    "node(s) had untolerated taint {node.kubernetes.io/unschedulable: }": "cordoned",
    "node(s) didn't match Pod's node affinity/selector": "affinity",
    "node(s) didn't match the requested node name": "affinity",
    "node(s) didn't satisfy plugin(s) [NodeAffinity]": "affinity",
    "node(s) didn't satisfy plugin NodeAffinity": "affinity",
    "node(s) didn't match pod topology spread constraints": "spread",
    "node(s) didn't match pod topology spread constraints (missing required label)": "spread",
    "node(s) didn't match pod anti-affinity rules": "spread",
    "node(s) didn't match pod affinity rules": "spread",
    "node(s) didn't satisfy existing pods anti-affinity rules": "spread",
    "node(s) didn't have free ports for the requested pod ports": "ports",
    "node(s) had volume node affinity conflict": "volumes",
    "node(s) didn't find available persistent volumes to bind": "volumes",
    "node(s) did not have enough free storage": "volumes",
    "node(s) exceed max volume count": "volumes",
    "node(s) had no available volume zone": "volumes",
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)": "volumes",
    "NodeUnfitPod": "unfit",
    "NodeInsufficientDevice": "unfit",
    "node unregistered": "unfit",
}


@pytest.mark.parametrize(("said", "kind"), FILTERS.items())
def test_every_filter_of_the_scheduler_is_counted(said: str, kind: str) -> None:
    found = words.unschedulable(f"0/9 nodes are available: 9 {said}." + TAIL)
    assert found.code == "K8S_UNSCHEDULABLE"
    assert {
        key: value for key, value in found.args.items() if isinstance(value, int) and value
    } == {
        "nodes": 9,
        kind: 9,
    }
    assert found.args["other"] == ""


@pytest.mark.parametrize("locale", LOCALES)
@given(
    parts=st.lists(
        st.tuples(st.integers(1, 20_000), st.sampled_from([*FILTERS, "of what nobody knows"])),
        min_size=1,
        max_size=6,
        unique_by=lambda part: part[1],
    )
)
def test_whatever_the_filters_say_together_is_all_in_the_sentence(
    locale: str, parts: list[tuple[int, str]]
) -> None:
    said = ", ".join(f"{count} {what}" for count, what in parts)
    found = words.unschedulable(f"0/20000 nodes are available: {said}.")
    sentence = reason(locale, found)
    if found.code == "K8S_UNSCHEDULABLE_SAYS":
        assert said in sentence
        return
    counted = [value for key, value in found.args.items() if key != "nodes" and value]
    numbers = sum(value for value in counted if isinstance(value, int))
    other = str(found.args["other"])
    numbers += sum(int(one) for one in re.findall(r"(?:^|, )(\d+) ", other))
    assert numbers == sum(count for count, _ in parts)
    for value in counted:
        assert (f"{value:,}" if isinstance(value, int) else value) in sentence


ANYTHING = st.text(max_size=60) | st.sampled_from(
    [TOO_MANY_CARDS, WRONG_DRIVER, NO_IMAGE, OVER_QUOTA, "0/0 nodes are available: ", "exceeded"]
)


@given(ANYTHING, ANYTHING)
def test_no_words_of_the_cluster_raise_or_get_lost(said: str, also: str) -> None:
    message = f"{said}{also}"
    assert words.unschedulable(message).code.startswith("K8S_")
    refused = words.create_refused(message)
    assert refused.code == "K8S_QUOTA" or str(refused.args["message"]) in message
    for why in ("ErrImagePull", "CreateContainerError"):
        waits = words.container_waiting(why, message, IMAGE)
        assert waits is not None
        assert reason("zh", waits) != waits.code
    words.hami_filtered(message)
    words.ended(1, "StartError", 0, message=message)


@pytest.mark.parametrize(
    ("why", "message", "cause"),
    [
        ("ErrImagePull", NO_IMAGE, "host"),
        ("ErrImagePull", 'failed to resolve reference "x": x: not found', "missing"),
        (
            "ErrImagePull",
            "manifest for x:9 not found: manifest unknown: manifest unknown",
            "missing",
        ),
        (
            "ErrImagePull",
            "pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed",
            "denied",
        ),
        ("ErrImagePull", "unexpected status from HEAD request: 401 Unauthorized", "denied"),
        ("ErrImagePull", "dial tcp 10.0.0.1:5000: connect: connection refused", "unreachable"),
        ("ErrImagePull", "dial tcp 10.0.0.1:443: i/o timeout", "unreachable"),
        (
            "ErrImagePull",
            "tls: failed to verify certificate: x509: unknown authority",
            "certificate",
        ),
        ("ErrImagePull", "toomanyrequests: You have reached your pull rate limit", "limited"),
        ("ErrImagePull", "no match for platform in manifest: not found", "platform"),
        ("ErrImagePull", "write /var/lib: no space left on device", "disk"),
        ("InvalidImageName", 'Failed to apply default image tag "A B": couldn\'t parse', "name"),
        (
            "ErrImageNeverPull",
            'Container image "x" is not present with pull policy of Never',
            "never",
        ),
        ("ImagePullBackOff", 'Back-off pulling image "x"', "none"),
        ("ErrImagePull", "rpc error: code = Unknown desc = the moon is wrong", "other"),
    ],
)
def test_why_an_image_cannot_be_pulled_is_told_apart(why: str, message: str, cause: str) -> None:
    found = words.container_waiting(why, message, IMAGE)
    assert found is not None
    assert (found.code, found.args["cause"]) == ("K8S_IMAGE_PULL", cause)


@pytest.mark.parametrize(
    ("message", "telling"),
    [
        (
            'Back-off pulling image "x": ErrImagePull: rpc error: code = Unknown desc = odd thing',
            "odd thing",
        ),
        (
            'failed to pull and unpack image "r/x:1": failed to resolve image: '
            'failed to do request: Head "https://r/v2/x/manifests/1": odd: thing',
            "odd: thing",
        ),
    ],
)
def test_of_an_unknown_cause_the_telling_part_is_shown(message: str, telling: str) -> None:
    found = words.container_waiting("ImagePullBackOff", message, "x")
    assert found is not None
    assert reason("en", found) == f"The image x cannot be pulled: {telling}"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (
            "container has runAsNonRoot and image will run as root "
            '(pod: "p_ns(uid)", container: server)',
            "K8S_RUNS_AS_ROOT",
        ),
        ('exec: "serve": executable file not found in $PATH: unknown', "COMMAND_NOT_FOUND"),
        ('exec: "/opt/serve": stat /opt/serve: no such file or directory', "COMMAND_NOT_FOUND"),
        ('exec: "/opt/serve": permission denied: unknown', "COMMAND_NOT_EXECUTABLE"),
        ("couldn't find key token in Secret ns/s", "K8S_CONTAINER_CONFIG"),
    ],
)
def test_why_a_container_cannot_start_is_told_apart(message: str, code: str) -> None:
    waits = words.container_waiting("CreateContainerError", message, IMAGE)
    assert waits is not None
    ended = words.ended(128, "StartError", 0, message=message, image=IMAGE)
    assert [waits.code, ended.code] == [code, code]


def test_a_loop_of_crashes_is_told_by_how_the_container_ended() -> None:
    back_off = "back-off 5m0s restarting failed container=server pod=p"
    assert words.container_waiting("CrashLoopBackOff", back_off, IMAGE) is None


def test_a_quota_of_several_resources_names_them_all() -> None:
    found = words.quota(
        'pods "p" is forbidden: exceeded quota: small, requested: limits.memory=8Gi,'
        "requests.cpu=4, used: limits.memory=1Gi,requests.cpu=0, limited: limits.memory=2Gi,"
        "requests.cpu=2"
    )
    assert found == Message(
        "K8S_QUOTA",
        {
            "quota": "small",
            "resource": "limits.memory, cpu",
            "requested": "8Gi, 4",
            "used": "1Gi, 0",
            "limited": "2Gi, 2",
        },
    )


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("PreemptionByScheduler", "K8S_PREEMPTED"),
        ("DeletionByTaintManager", "K8S_NODE_LOST"),
        ("TerminationByKubelet", "K8S_EVICTED"),
        ("EvictionByEvictionAPI", "K8S_EVICTED"),
    ],
)
def test_who_took_a_pod_from_its_node_is_told(why: str, code: str) -> None:
    assert words.disrupted(why, "because", "real-0").code == code
