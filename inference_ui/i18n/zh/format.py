AREA = "format"
TEXT = {
    "day": "{count} 天",
    "hour": "{count} 小时",
    "minute": "{count} 分",
    "second": "{count} 秒",
    "today": "今天 {time}",
    "yesterday": "昨天 {time}",
    "date": "{month}-{day} {time}",
    "full": "{year}-{month}-{day} {time}",
}
