AREA = "packages"
TEXT = {
    "title": "模型包",
    "register": "登记模型包",
    "search": "按名称、说明、类型或登记人查找",
    "count": "{count, number} 个版本",
    "column_name": "名称",
    "column_version": "版本",
    "column_type": "服务类型",
    "column_starts": "启动方式",
    "column_variables": "变量",
    "column_owner": "登记人",
    "column_created": "登记时间",
    "versions": "{count, number} 个版本",
    "machine": "本机命令",
    "image": "镜像",
    "no_match": "没有符合的模型包",
    "no_match_text": "没有哪个模型包包含“{words}”，换个词试试。",
    "empty": "还没有模型包",
    "empty_text": "模型包说明一个模型怎么启动、用什么协议、结果怎么读"
    "。推理任务和在线服务都从模型包开始。",
    "empty_begin": "登记一次，起好版本，以后选它就能用；登记后可以先试运行。",
}
