AREA = "reason"
TEXT = {
    "SERVICE_UNKNOWN": "没有这个在线服务（{id}），可能已被删除",
    "NOT_YOUR_SERVICE": "“{name}”是别人的在线服务，只有创建人和管理员能启动、停止、修改或删除它",
    "SERVICE_STOPS": "“{service}”正在停止，停好后才能再启动",
    "SERVICE_IN_USE": "任务“{task}”{others, select, 0 {} other {和另外 "
    "{others, number} "
    "个任务}}正在使用“{service}”，请等用完或先停止",
    "SERVICE_ENDED": "服务进程自己退出了，请看日志的最后几行",
    "LIMIT_BELOW_NODES": "并发上限要是不小于 {min, number} 的整数（每个节点至少 1 个请求）",
    "URL_FORM": "请写成 http://host:port 或 https://…，不含用户名、密码、问号和井号，现在是“{url}”",
    "URL_TEXT": "不能有空格、#、% 和控制字符，最多 {max, number} 个字符",
    "TOKEN_FORM": "令牌里只能有可见的英文字符，请检查是否多复制了换行",
    "HEADERS_TWICE": "请求头的名称不能重复，最多 {max, number} 个",
    "HEADER_FORM": "请求头“{name}”的名称或值不合格式：名称用字母、数字和连字符，值不能换行",
    "HEADER_OWN": "请求头“{name}”由客户端自己填写，请去掉",
    "HEADER_AND_TOKEN": "已经填了令牌，不要再写 Authorization 请求头",
    "CA_FORM": "这不是 PEM 格式的证书，应以 -----BEGIN CERTIFICATE----- 开头",
    "ASKED_AT_ONCE": "上一个测试还没有回答，请等它结束",
}
