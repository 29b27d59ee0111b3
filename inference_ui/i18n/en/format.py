AREA = "format"
TEXT = {
    "day": "{count} d",
    "hour": "{count} h",
    "minute": "{count} min",
    "second": "{count} s",
    "today": "Today {time}",
    "yesterday": "Yesterday {time}",
    "date": "{day} {monthName} {time}",
    "full": "{day} {monthName} {year} {time}",
}
