AREA = "reason"
TEXT = {
    "VIEWERS_DELETE_NOTHING": "你是查看者，不能删除任务。需要删除时请管理员改你的角色",
    "NOTHING_TO_DELETE": "选中的任务都已经不在了",
    "TOO_MANY_PICKED": "一次最多选 {most, number} 个任务。更多时请用搜索条件选中全部",
    "TASK_OF_ANOTHER": "“{name}”是 {owner} 的任务，只有创建人和管理员能删除它",
    "TASK_BEING_DELETED": "“{name}”正在被 {who} 删除",
    "TASK_DELETED": "“{name}”已经被 {who} 删除了",
    "SINCE_DELETING": "“{name}”正在被删除，不能接着它做",
    "DELETION_UNKNOWN": "没有这次删除的记录，可能已被清理",
    "OUTPUT_NEEDED": "任务“{task}”还要读“{name}”的结果。等它结束再删，或不勾选输出文件夹",
    "OUTPUT_HOLDS_DATASET": "“{name}”的输出文件夹里有数据集“{dataset}”"
    "。先删除那个数据集，或不勾选输出文件夹",
    "OUTPUT_HOLDS_VOLUME": "“{name}”的输出文件夹里有存储卷“{volume}”"
    "。先移除那个存储卷，或不勾选输出文件夹",
    "OUTPUT_HOLDS_PACKAGE": "“{name}”的输出文件夹里有模型包“{package}”的模型文件"
    "。先删除那个模型包，或不勾选输出文件夹",
    "OUTPUT_MISSING": "没有找到 {folder}。如果存储卷没有挂好，文件还在那里",
    "OUTPUT_NOT_A_FOLDER": "{folder} 是链接或文件，不是任务的文件夹，没有动它",
    "OUTPUT_OFF_VOLUME": "{folder} 不在已登记的存储卷里，没有动它",
    "OUTPUT_NOT_MOVED": "{folder} 删不了：{error}",
    "OUTPUT_NOT_REMOVED": "有 {left, number} 个文件删不了，留在 {folder}：{error}",
}
