AREA = "reason"


def _some(count: str, words: str) -> str:
    """Words with a comma before them, where there are any nodes of that kind."""
    return f"{{{count}, select, 0 {{}} other {{，{words}}}}}"


TEXT = {
    # why a pod has no node
    "K8S_UNSCHEDULABLE": "{nodes, number} 个节点都放不下"
    + _some(
        "cards",
        "{cards, number} 个的 {card, select, nvidia.com/gpu {GPU} cambricon.com/mlu {MLU} "
        "other {{card}}} 不够",
    )
    + _some("unfit", "{unfit, number} 个没有 HAMi 能分出来的卡")
    + _some("memory", "{memory, number} 个的内存不够")
    + _some("cpu", "{cpu, number} 个的 CPU 不够")
    + _some("disk", "{disk, number} 个的临时存储不够")
    + _some("pods", "{pods, number} 个的 Pod 已满")
    + _some("affinity", "{affinity, number} 个不是要求的节点或驱动版本")
    + _some(
        "taint",
        "{taint, number} 个有规格不容忍的污点{taints, select, none {} other {（{taints}）}}",
    )
    + _some("volumes", "{volumes, number} 个挂不上需要的卷")
    + _some("spread", "{spread, number} 个不符合副本分布的要求")
    + _some("ports", "{ports, number} 个的端口已被占用")
    + _some("unready", "{unready, number} 个没有就绪")
    + _some("cordoned", "{cordoned, number} 个已停止调度")
    + "{other, select, none {} other {；集群还说：{other}}}",
    "K8S_UNSCHEDULABLE_SAYS": "还没有分到节点，集群说：{message}",
    "K8S_CARDS_UNFIT": "HAMi 分不出合适的卡："
    "{why, select, memory {显存不够} cores {算力不够} slices {能切的份数用完了} "
    "exclusive {要独占的卡已有别人在用} count {卡的张数不够} type {卡的型号不符} "
    "other {要求的卡不在同一个 NUMA 节点上}}（{message}）",
    "K8S_CLAIM_MISSING": "存储声明“{claim}”不存在或不可用，请管理员检查",
    "K8S_CLAIM_PENDING": "存储声明{claim, select, none {} other {“{claim}”}}"
    "还没有绑定到存储，请管理员检查",
    # why a pod does not exist
    "K8S_QUOTA": "超出命名空间的配额“{quota}”：{resource} 需要 {requested}，"
    "已用 {used}，上限 {limited}。请等别的任务结束，或请管理员提高配额",
    "K8S_CREATE_REFUSED": "集群不肯创建 Pod：{message}",
    # why a container does not run
    "K8S_PREPARING": "节点 {node} 正在准备容器",
    "K8S_IMAGE_PULL": "拉不到镜像 {image}："
    "{cause, select, name {镜像名写得不对，请检查模型包} "
    "never {节点上没有这个镜像，而模型包不许拉取} "
    "host {找不到镜像仓库的主机，请检查模型包的镜像名} "
    "certificate {镜像仓库的证书不受信任，请联系管理员} "
    "limited {镜像仓库限制了拉取次数，会自动重试} "
    "denied {没有权限，请检查模型包的镜像名和拉取密钥} "
    "disk {节点的磁盘满了，请联系管理员} "
    "platform {没有适合这个节点的版本，请换一个镜像} "
    "missing {仓库里没有它，请检查模型包的镜像名和标签} "
    "unreachable {连不上镜像仓库，会自动重试（{message}）} "
    "none {会自动重试} other {{message}}}",
    "K8S_SECRET_MISSING": "密钥“{name}”不存在，请管理员在命名空间里创建它",
    "K8S_RUNS_AS_ROOT": "镜像 {image} 要用 root 运行，集群不允许。"
    "请换一个镜像，或请管理员为这个模型包开例外",
    "K8S_CONTAINER_CONFIG": "容器启动不了：{message}",
    # how a pod ended
    "K8S_OUT_OF_MEMORY": "内存超出上限{limit_bytes, select, 0 {} other { {limit_bytes, size}}}，"
    "被系统结束{restarts, select, 0 {} other {，已重启 {restarts, number} 次}}。"
    "请选内存更大的规格",
    "K8S_EVICTED": "被节点{node, select, none {} other { {node} }}驱逐"
    "{message, select, none {} other {：{message}}}",
    "K8S_PREEMPTED": "优先级更高的工作占用了它{node, select, none {} other {在 {node} 上}}的位置，"
    "会换节点重来",
    "K8S_NODE_LOST": "节点 {node} 失去联系，等它恢复或换节点重来",
    "K8S_DEADLINE": "超过了允许的时长，被集群结束",
    # what cannot be begun
    "K8S_NOT_ON_CLAIM": "文件夹 {path} 不在集群能挂载的存储上，请管理员把它所在的卷放到存储声明里",
    "K8S_NO_IMAGE": "这个模型包没有容器镜像，不能在集群上运行。请换一个版本，或请管理员登记镜像",
    "K8S_NO_OWN_IMAGE": "没有设置 INFERENCE_UI_IMAGE，批量客户端没有镜像可用，请联系管理员",
    # why the cluster cannot be asked
    "CLUSTER_UNAUTHORIZED": "集群不认这个程序的凭据，请管理员更新令牌或 kubeconfig",
    "CLUSTER_FORBIDDEN": "程序没有权限对"
    "{namespace, select, none {整个集群} other {命名空间 {namespace} }}的 {resource} 做 {verb}，"
    "请管理员应用 deploy/base 里的 RBAC",
    "CLUSTER_REFUSED": "集群拒绝了请求（{status}）：{message}",
    "CLUSTER_BUSY": "集群太忙，{seconds, duration}后再试",
    "CLUSTER_NOT_SYNCED": "正在读取集群的状态",
    "KUBECONFIG_UNREADABLE": "读不了 kubeconfig 文件 {path}：{error}",
    "NOT_IN_CLUSTER": "程序不在集群里运行。请设置 INFERENCE_UI_KUBECONFIG_FILE，"
    "或部署到集群里（见 deploy/）",
}
