AREA = "reason"


def _some(count: str, one: str, many: str) -> str:
    """Words with a semicolon before them, where there are any nodes of that kind."""
    number = f"{{{count}, number}}"
    return f"{{{count}, select, 0 {{}} 1 {{; 1 {one}}} other {{; {number} {many}}}}}"


_CARDS = (
    "{card, select, nvidia.com/gpu {few GPUs} cambricon.com/mlu {few MLUs} other {little {card}}}"
)

TEXT = {
    # why a pod has no node
    "K8S_UNSCHEDULABLE": "{nodes, plural, one {The only node has no room} "
    "other {None of # nodes has room}}"
    + _some("cards", f"has too {_CARDS}", f"have too {_CARDS}")
    + _some("unfit", "has no card that HAMi can give", "have no card that HAMi can give")
    + _some("memory", "has too little memory", "have too little memory")
    + _some("cpu", "has too little CPU", "have too little CPU")
    + _some("disk", "has too little ephemeral storage", "have too little ephemeral storage")
    + _some("pods", "is full of pods", "are full of pods")
    + _some(
        "affinity",
        "is not the node or driver version asked for",
        "are not the nodes or driver version asked for",
    )
    + _some(
        "taint",
        "has a taint that the spec does not tolerate{taints, select, none {} other { ({taints})}}",
        "have taints that the spec does not tolerate{taints, select, none {} other { ({taints})}}",
    )
    + _some("volumes", "cannot mount the volumes needed", "cannot mount the volumes needed")
    + _some(
        "spread",
        "is ruled out by how replicas are spread",
        "are ruled out by how replicas are spread",
    )
    + _some("ports", "has no free port", "have no free port")
    + _some("unready", "is not ready", "are not ready")
    + _some("cordoned", "is cordoned", "are cordoned")
    + "{other, select, none {} other {; the cluster adds: {other}}}",
    "K8S_UNSCHEDULABLE_SAYS": "Has no node yet; the cluster says: {message}",
    "K8S_CARDS_UNFIT": "HAMi has no card that will do: "
    "{why, select, memory {too little memory on the card} cores {too little compute} "
    "slices {all shares are taken} exclusive {the card asked for alone is in use} "
    "count {too few cards} type {not the model asked for} "
    "other {the cards are not on one NUMA node}} ({message})",
    "K8S_CLAIM_MISSING": "The volume claim “{claim}” does not exist or cannot be used; "
    "ask an administrator to check it",
    "K8S_CLAIM_PENDING": "{claim, select, none {A volume claim} "
    "other {The volume claim “{claim}”}} is not bound to storage yet; "
    "ask an administrator to check it",
    # why a pod does not exist
    "K8S_QUOTA": "Over the namespace's quota “{quota}”: needs {requested} of {resource}, "
    "{used} used, limit {limited}. Wait for other tasks to end, or ask an administrator "
    "to raise it",
    "K8S_CREATE_REFUSED": "The cluster refuses to create the pod: {message}",
    # why a container does not run
    "K8S_PREPARING": "{node} is preparing the container",
    "K8S_IMAGE_PULL": "The image {image} cannot be pulled: "
    "{cause, select, name {its name is malformed; check the model package} "
    "never {it is not on the node, and the package forbids pulling it} "
    "host {the registry's host is not known; check the image's name in the model package} "
    "certificate {the registry's certificate is not trusted; tell an administrator} "
    "limited {the registry limits pulls; it is tried again} "
    "denied {access is denied; check the image's name and pull secret in the model package} "
    "disk {the node's disk is full; tell an administrator} "
    "platform {it has no variant for this node; choose another image} "
    "missing {the registry does not have it; check its name and tag in the model package} "
    "unreachable {the registry does not answer; it is tried again ({message})} "
    "none {it is tried again} other {{message}}}",
    "K8S_SECRET_MISSING": "The secret “{name}” does not exist; ask an administrator to "
    "create it in the namespace",
    "K8S_RUNS_AS_ROOT": "The image {image} runs as root, which the cluster does not allow. "
    "Choose another image, or ask an administrator for an exception for this package",
    "K8S_CONTAINER_CONFIG": "The container cannot be started: {message}",
    # how a pod ended
    "K8S_OUT_OF_MEMORY": "Used more memory than "
    "{limit_bytes, select, 0 {it may} other {its {limit_bytes, size}}} and was ended"
    "{restarts, select, 0 {} 1 {, restarted once} other {, restarted {restarts, number} times}}"
    ". Choose a spec with more memory",
    "K8S_EVICTED": "Evicted from {node, select, none {its node} other {{node}}}"
    "{message, select, none {} other {: {message}}}",
    "K8S_PREEMPTED": "Work of a higher priority took its place"
    "{node, select, none {} other { on {node}}}; it starts again on another node",
    "K8S_NODE_LOST": "{node} does not answer; waiting for it, or starting again elsewhere",
    "K8S_DEADLINE": "Took longer than it may and was ended by the cluster",
    # what cannot be begun
    "K8S_NOT_ON_CLAIM": "The folder {path} is on no storage that the cluster can mount; "
    "ask an administrator to put its volume on a claim",
    "K8S_NO_IMAGE": "This model package has no container image and cannot run on a cluster. "
    "Choose another version, or ask an administrator to add an image",
    "K8S_NO_OWN_IMAGE": "INFERENCE_UI_IMAGE is not set, so batch clients have no image; "
    "tell an administrator",
    # why the cluster cannot be asked
    "CLUSTER_UNAUTHORIZED": "The cluster does not accept this program's credentials; "
    "ask an administrator to renew its token or kubeconfig",
    "CLUSTER_FORBIDDEN": "This program may not {verb} {resource} in "
    "{namespace, select, none {the whole cluster} other {the namespace {namespace}}}; "
    "ask an administrator to apply the RBAC in deploy/base",
    "CLUSTER_REFUSED": "The cluster refused the request ({status}): {message}",
    "CLUSTER_BUSY": "The cluster is too busy; it is asked again in {seconds, duration}",
    "CLUSTER_NOT_SYNCED": "The state of the cluster is being read",
    "KUBECONFIG_UNREADABLE": "The kubeconfig file {path} cannot be read: {error}",
    "NOT_IN_CLUSTER": "This program does not run in a cluster. Set INFERENCE_UI_KUBECONFIG_FILE, "
    "or deploy it into one (see deploy/)",
}
