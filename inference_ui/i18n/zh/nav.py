AREA = "nav"
TEXT = {
    "label": "主导航",
    "deploy": "部署上线",
    "tasks": "推理任务",
    "services": "在线服务",
    "packages": "模型包",
    "data": "数据",
    "datasets": "数据集",
    "volumes": "存储卷",
    "live": "已连接，实时更新",
    "lost": "连接已断开",
    "lost_since": "与服务器的连接断了，以下是 {time} 的内容。正在重连…",
    "reload": "现在重连",
    "switch_language": "EN，切换到英文",
    "switch_theme": "切换浅色或深色",
    "sign_out": "退出登录",
}
