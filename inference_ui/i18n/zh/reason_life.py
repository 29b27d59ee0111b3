AREA = "reason"
TEXT = {
    "SERVER_STARTING": "服务端正在启动、加载模型（{replicas, number} 个节点）",
    "SERVER_AWAY": "服务端暂时没有响应，恢复后接着推理",
    "SERVER_NOT_READY_IN_TIME": "等了 {seconds, duration}还没有就绪",
    "NO_ITEM_DONE": "{hours, number} 小时里没有推理完任何一项",
    "SUMMARY_MISSING": "发送请求的程序结束了，但没有留下汇总，请看日志",
    "NO_ROOM_FOR_RESULTS": "还要写约 {needed, size}，输出卷只剩 {free, size}。请腾出空间："
    "写满时推理会结束，已完成的结果会保留",
    "NO_INODES_FOR_RESULTS": "还要写约 {needed, number} 个文件，输出卷只能再放 {free, number} 个。"
    "请腾出空间：写满时推理会结束，已完成的结果会保留",
    "FAILED_ITEMS": "{found, number} 项中失败 {failed, number} 项，成功 {succeeded, number} 项",
    "SKIPPED_ITEMS": "{found, number} 项中有 {skipped, number} 项没有推理",
    "ALL_FAILED": "{found, number} 项全部失败，最多的原因：{cause}",
}
