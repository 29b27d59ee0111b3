AREA = "deletion"
TEXT = {
    "ask": "删除 {count, number} 个推理任务？",
    "ask_one": "删除“{name}”？",
    "ask_none": "没有可以删除的任务",
    "of_which": "其中 ",
    "running": "{count, number} 个正在运行或排队",
    "it_runs": "它还没有结束",
    "stopped_first": "，会先停止再删除。",
    "for_good": "删除后不能恢复。",
    "meant": "要删除的任务",
    "more": "另外 {count, number} 个",
    "show_all": "全部显示",
    "others": "{count, number} 个是别人的任务，不会删除",
    "leaving": "{count, number} 个已经在删除",
    "missing": "{count, number} 个已经不在了",
    "output": "同时删除输出文件夹",
    "output_kept": "{volume} 中 {folders, number} 个文件夹，约 {results, number} 个结果文件"
    "。不勾选则保留",
    "output_gone": "{volume} 中 {folders, number} 个文件夹会整个删除，约 {results, number} "
    "个结果文件，自己放进去的文件也一起删除",
    "needed": "{count, number} 个不会删除，因为它的输出文件夹还有用",
    "verb": "确认删除 {count, number} 个",
    "verb_one": "确认删除",
}
