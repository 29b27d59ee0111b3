AREA = "reason"
TEXT = {
    "ALREADY_RUNNING": "数据文件夹 {folder} 已有网页服务在用：{address}（进程 {pid}，自 {since}）。"
    "要结束它：make stop",
    "DATA_FOLDER_BUSY": "数据文件夹 {folder} 正被另一个进程使用。",
    "DATA_FOLDER_UNUSABLE": "数据文件夹 {folder} 不能写入：{error}",
    "DATABASE_HAS_SERVER": "这个数据库已有另一个网页服务在用；一个数据库只能有一个网页服务。",
    "PACKAGE_FILE_UNREADABLE": "读不了文件 {file}：{error}",
    "FIELD_WRONG": "{error}",
    "MODEL_NAME_NEEDED": "{type} 的地址里有模型名，请填写模型名（model_name）",
    "URL_PATH_WITHOUT_SLASH": "路径“{path}”要以 / 开头",
    "PORT_IN_USE": "端口 {port} 已被占用。换一个：make run PORT=8701",
    "ADDRESS_UNUSABLE": "不能监听 {host}:{port}：{error}",
    "SETTING_INVALID": "设置 {name} 不对：{error}",
    "BUILD_FAILED": "前端构建失败，详见 {log}：\n{tail}",
    "SERVER_DID_NOT_START": "网页服务没有启动，原因见上。",
    "SAMPLE_FAILED": "示例数据不能写到 {folder}：{error}",
    "SERVER_NOT_FOUND": "数据文件夹 {folder} 没有网页服务应答，请先启动。",
    "SAMPLE_NOT_THERE": "缺少示例、算力规格或存储卷。",
}
