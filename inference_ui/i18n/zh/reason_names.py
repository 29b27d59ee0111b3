AREA = "reason"
TEXT = {
    "INVALID_FIELDS": "有几项填得不对：{fields}",
    "REQUIRED": "请选择",
    "NAME_EMPTY": "请填写名称",
    "NAME_TOO_LONG": "名称最多 {max} 个字符，现在有 {length} 个",
    "NAME_CONTROL_CHARACTER": "名称里有看不见的字符（{character}），请删去后重新输入",
    "NAME_CHARACTER": "名称里不能有“{character}”",
    "NAME_DOTS": "名称不能以点开头，也不能有连续的两个点",
    "NAME_TAKEN": "已经有一个叫“{name}”的，请换一个名称",
    "PATH_OUTSIDE": "“{path}”不在允许读取的文件夹里",
    "FILE_GONE": "文件“{path}”不存在，可能已被移动或删除",
    "FILE_UNREADABLE": "文件“{path}”读不了：{error}",
    "PICTURE_UNKNOWN": "这不是能显示的图片格式",
    "PICTURE_TOO_DEMANDING": "解码这张图片要用超过 {most, size} 的内存",
    "PICTURE_TOO_SLOW": "解码这张图片要用超过 {seconds, number} 秒",
    "PICTURE_NOT_DECODED": "解码图片的程序没有做完就结束了（{error}），可以再试一次",
    "PICTURE_BROKEN": "图片损坏，读不出来：{error}",
    "PICTURE_TOO_LARGE": "图片太大：{width, number} × {height, number} 像素，"
    "最多 {most, number} 像素",
}
