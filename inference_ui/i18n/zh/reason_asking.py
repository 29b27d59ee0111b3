AREA = "reason"
TEXT = {
    "ANSWERS_STATUS": "服务器对 {path} 回答了状态码 {status}，还没有就绪",
    "ANSWERS_NOT_READY": "服务器对 {path} 的回答说它还没有就绪",
    "NO_ANSWER_IN_TIME": "{seconds, number} 秒内没有等到回答",
    "NO_CONNECTION": "连不上服务器：{error}",
    "QUESTION_TOO_LARGE": "请求太大了，最多 {most, size}",
    "QUESTION_EMPTY": "请填写请求的 JSON，或放一张图片",
    "QUESTION_NO_JSON": "这不是有效的 JSON，请检查引号、逗号和括号",
    "OVERRIDES_UNREADABLE": "这次的变量和参数读不出来，要的是 JSON 的 Base64",
}
