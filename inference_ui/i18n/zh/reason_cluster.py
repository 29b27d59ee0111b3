AREA = "reason"
TEXT = {
    "COMMAND_NOT_FOUND": "启动命令“{command}”不存在，请检查模型包",
    "COMMAND_NOT_EXECUTABLE": "启动命令“{command}”不能执行，请检查它的权限",
    "COMMAND_CANNOT_START": "启动命令“{command}”没能启动：{error}",
    "PROCESS_EXITED": "进程退出，退出码 {exit_code}"
    "{restarts, select, 0 {} other {，已重启 {restarts, number} 次}}，原因见日志",
    "PROCESS_KILLED": "进程被 {signal} 结束"
    "{restarts, select, 0 {} other {，已重启 {restarts, number} 次}}",
    "REPLICA_LOST": "进程不见了，已重新启动 {restarts, number} 次",
    "NOT_LISTENING": "正在启动，端口 {port} 还没有打开",
    "PORT_TAKEN": "端口 {port} 被别的程序占用，服务端没有听在分给它的端口上",
    "PROBE_TIMED_OUT": "{path} 在 {seconds, number} 秒内没有回答",
    "PROBE_NOT_HTTP": "{path} 的回答不是 HTTP",
    "PROBE_STATUS": "还没有就绪：{path} 回答 {status}",
    "PROBE_BODY": "还没有就绪：{path} 的回答说模型没有加载好",
    "PROBE_INVALID": "就绪检查的表达式写得不对：{pattern}",
    "REMOVING": "正在收拾",
    "RUN_FOLDER_UNREADABLE": "运行文件夹的内容损坏，读不出来",
    "LOCAL_CLUSTER_IO": "运行文件夹不能读写：{error}",
    "CLUSTER_UNREACHABLE": "连不上集群{error, select, none {} other {：{error}}}",
    "WORKLOAD_NAME_INVALID": "“{name}”不能用作工作负载的名称",
    "DATABASE_UNUSABLE": "数据库不能用：{error}",
}
