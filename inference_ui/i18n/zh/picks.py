AREA = "picks"
TEXT = {
    "edit": "编辑",
    "leave": "完成",
    "one": "选中 {name}",
    "page": "选中本页",
    "all": "选中符合条件的 {count} 个",
    "none": "取消选中",
    "count": "已选 {count, number} 个",
    "first": "先选中要删除的任务",
    "delete": "删除 {count, number} 个",
    "delete_none": "删除",
    "escape": "按 Esc 退出编辑",
}
