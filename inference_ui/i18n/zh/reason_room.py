AREA = "reason"
_MODEL = "{model, select, any {加速卡} other {{model}}}"
_SHORT = (
    "{resource, select, cpu {CPU {needed, milli} 核，最多空 {free, milli} 核} "
    "memory {内存 {needed, size}，最多空 {free, size}} "
    "other {{needed, number}，最多空 {free, number}}}"
)
_ALL = (
    "{resource, select, cpu {CPU {needed, milli} 核，最多只有 {free, milli} 核} "
    "memory {内存 {needed, size}，最多只有 {free, size}} "
    "other {{needed, number}，最多只有 {free, number}}}"
)
_AMONG = "{among, select, all {} other {限定 {among}：}}"
TEXT = {
    # what something waits for
    "QUEUED_NO_CARDS": _AMONG + f"一个节点上需要 {{needed, number}} 张 {_MODEL}，"
    "{free, select, 0 {现在没有空闲的} other {现在最多空 {free, number} 张，在 {node}}}",
    "QUEUED_NO_SLICES": _AMONG + f"一个节点上需要 {{needed, number}} 个 {_MODEL} 的切片，"
    "{free, select, 0 {现在没有空闲的} other {现在最多空 {free, number} 个，在 {node}}}",
    "QUEUED_NO_ROOM": _AMONG + f"一个节点上需要 {_SHORT}，在 {{node}}",
    "QUEUED_FEW_SEATS": _AMONG + "需要同时放下 {replicas, number} 个副本，"
    "现在放得下 {fitting, number} 个，差"
    f"{{resource, select, cpu {{ CPU}} memory {{内存}} other {{ {_MODEL}}}}}",
    "QUEUED_NO_ROOM_FOR_CLIENT": f"服务端放得下，批量客户端放不下：需要 {_SHORT}",
    "QUEUED_HELD": "{node} 现在放得下，但位置留给排在前面、已等了很久的“{task}”",
    "QUEUED_NO_NODE_OPEN": "{nodes, number} 个节点现在都不能调度，等其中一个恢复",
    "QUEUED_NO_NODE_NAMED": "等节点 {nodes} 出现",
    "QUEUED_NO_NODE_WITH_DRIVER": "等驱动版本是 {driver} 的节点出现",
    "QUEUED_NO_NODE_READY": "集群里没有节点，等节点出现",
    # why a node does not do
    "NODE_NOT_READY": "{node} 没有就绪{why, select, none {} other {：{why}}}",
    "NODE_CORDONED": "{node} 已停止调度{why, select, none {} other {：{why}}}",
    "NODE_TAINTED": "{node} 有污点 {taint}，规格不容忍它",
    "NODE_TOO_SMALL": f"太小：需要 {_ALL}",
    "NODE_NO_CARDS": f"需要 {{needed, number}} 张 {_MODEL}，"
    "{free, select, 0 {这里没有} other {这里只有 {free, number} 张}}",
    "NODE_NO_SLICES": f"需要 {{needed, number}} 个 {_MODEL} 的切片，"
    "{free, select, 0 {这里没有这样的切片} other {这里只有 {free, number} 个}}",
    # what can never be
    "SPEC_TOO_LARGE": _AMONG
    + f"集群空着也放不下：一个节点上需要 {_ALL}，在 {{node}}。请选小一些的规格",
    "SPEC_NO_CARDS": _AMONG + f"集群空着也放不下：一个节点上需要 {{needed, number}} 张 {_MODEL}，"
    "{free, select, 0 {没有这样的节点} other {最多只有 {free, number} 张，在 {node}}}"
    "。请选别的规格",
    "SPEC_NO_SLICES": _AMONG
    + f"集群空着也放不下：一个节点上需要 {{needed, number}} 个 {_MODEL} 的切片，"
    "{free, select, 0 {没有这样的节点} other {最多只有 {free, number} 个，在 {node}}}"
    "。请选别的规格",
    "SPEC_FEW_SEATS": _AMONG
    + "集群空着也只放得下 {fitting, number} 个副本，少于 {replicas, number} 个，差"
    f"{{resource, select, cpu {{ CPU}} memory {{内存}} other {{ {_MODEL}}}}}"
    "。请少用节点或选小一些的规格",
    "SPEC_NO_ROOM_FOR_CLIENT": "集群空着，服务端放得下，批量客户端却放不下："
    f"需要 {_ALL}。请选小一些的规格",
    "NODES_UNKNOWN": "没有叫 {nodes} 的节点",
    "DRIVER_UNKNOWN": "没有驱动版本是 {driver} 的节点",
    "NO_NODE_READY": "集群里没有节点，请联系管理员",
}
