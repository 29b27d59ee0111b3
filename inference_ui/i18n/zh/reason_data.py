AREA = "reason"
TEXT = {
    "FOLDER_EMPTY": "请填写文件夹",
    "FOLDER_NOT_ABSOLUTE": "请写完整路径，以 / 开头，现在是“{folder}”",
    "VOLUME_NO_FOLDER": "{folder} 不是文件夹",
    "VOLUME_OUTSIDE": "{folder} 不在允许的目录下。允许的有：{roots}",
    "VOLUME_OWN_DATA": "{folder} 存放平台自己的数据，不能作存储卷",
    "VOLUME_HOLDS_OWN_DATA": "{folder} 里有平台自己的数据（{own}），"
    "不能整个作存储卷，请选里面的其他文件夹",
    "VOLUME_TWICE": "这个文件夹已经登记为存储卷“{name}”",
    "VOLUME_NOT_WRITABLE": "试写 {folder} 失败：{error}。请检查权限和剩余空间",
    "VOLUME_READS_WRONG": "写入 {folder} 的内容读回来不一样，请检查这个文件系统",
    "VOLUME_GONE": "这个存储卷已被删除",
    "VOLUME_HAS_DATASETS": "“{name}”上还有数据集“{dataset}”{others, "
    "select, 0 {} other {和另外 {others, "
    "number} 个}}，请先移除它们",
    "VOLUME_IN_USE": "任务“{task}”正在往“{name}”写结果，请等它结束",
    "CLAIM_UNKNOWN": "没有挂载叫“{name}”的存储声明",
    "SUB_PATH_FORM": "子路径要在存储声明里面，不能以 / 开头，也不能有 ..，现在是“{path}”",
    "DATASET_OUTSIDE": "“{path}”不在存储卷里面",
    "NOT_YOUR_DATASET": "“{name}”是别人的数据集，只有创建人和管理员能移除它",
    "DATASET_IN_USE": "任务“{task}”正在用“{name}”，请等它结束",
    "CHECKS_AT_ONCE": "最多同时检查 {most, number} 个数据集，请等一个结束",
    "CHECK_EMPTY": "空文件",
    "CHECK_NOT_JSON": "不是有效的 JSON",
    "CHECK_NOT_UTF8": "不是 UTF-8 编码",
    "CHECK_TOO_DEEP": "JSON 嵌套太深",
    "CHECK_TOO_LARGE": "超过 1 GiB，太大了",
    "CHECK_PICTURE": "图片已损坏或不是图片",
    "CHECK_LINK_OUT": "链接指向数据集外面，不会跟随",
    "CHECK_LINK_DANGLES": "链接指向的文件不存在",
    "CHECK_UNREADABLE": "读不了：{error}",
}
