AREA = "package_hint"
TEXT = {
    "name": "同一个模型的各个版本用同一个名称",
    "version": "三段，如 1.2.0",
    "description": "",
    "model_name": "写在地址或请求里的名称",
    "command": "可以写 {a}、{b} 和 {c}（模型文件夹）",
    "ready_timeout_s": "不填是 600 秒",
    "image": "在 Kubernetes 上用",
    "port": "不填是 8080",
    "image_command": "不填就用镜像自带的",
    "image_arguments": "",
    "pull_secret": "Kubernetes 里 Secret 的名称",
    "shm_mib": "不填就用集群的默认值",
    "as_root": "只在镜像非 root 不可时勾选：隔离会变弱",
    "writable": "只在镜像要往自己的目录里写时勾选",
    "model_path": "服务端可从 MODEL_PATH 得到完整路径",
    "prompt": "推理图片时和图片一起发送",
}
