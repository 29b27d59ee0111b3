AREA = "reason"
TEXT = {
    "VIEWERS_ONLY_LOOK": "你是查看者，可以看任务和结果，不能创建。需要创建时请管理员改你的角色",
    "ADMINISTRATORS_ONLY": "只有管理员可以这样做",
    "NOT_YOUR_TASK": "“{name}”是别人的任务，只有创建人和管理员能停止它",
    "TASK_UNKNOWN": "没有这个任务（{id}），可能已被删除",
    "TASK_ENDED": "“{name}”已经结束，不用停止了",
    "PACKAGE_OTHER_TYPE": "这个模型包的服务类型是 {type}，请换模型包或服务类型",
    "DATASET_UNKNOWN": "没有这个数据集（{id}），可能已被删除",
    "DATASET_MISSING": "数据集的文件夹 {folder} 不存在，请检查存储卷是否挂好",
    "DATASET_UNREADABLE": "数据集的文件夹 {folder} 读不了：{error}",
    "DATASET_WITHOUT_JSON": "{folder} 里找到 {found, number} 个 JSON 文件"
    "（其他文件 {others, number} 个），没有可以推理的",
    "DATASET_WITHOUT_IMAGES": "{folder} 里找到 {found, number} 张图片"
    "（其他文件 {others, number} 个），没有可以推理的",
    "VOLUME_MISSING": "存储卷的文件夹 {folder} 不存在，请检查它是否挂好",
    "VOLUME_UNKNOWN": "没有叫“{name}”的存储卷",
    "OUTPUT_EXISTS": "输出文件夹 {folder} 已经存在，请换一个名称，以免混进原有的文件",
    "OUTPUT_NOT_WRITABLE": "不能写入 {folder}：{error}。请换一个存储卷，或请管理员开放写权限",
    "NODE_COUNT_RANGE": "节点数要是 {min, number} 到 {max, number} 的整数",
    "VERSION_PARTS": "版本要写成 1.2.3 这样的三段，现在是“{version}”",
    "COMMAND_EMPTY": "这个模型包没有单机启动命令，不能在这台机器上运行"
    "；请管理员登记带启动命令的版本",
    "LOG_UNKNOWN": "没有 {replica} 的日志",
}
