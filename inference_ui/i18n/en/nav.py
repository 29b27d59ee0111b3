AREA = "nav"
TEXT = {
    "label": "Main",
    "deploy": "Deploy",
    "tasks": "Inference tasks",
    "services": "Online services",
    "packages": "Model packages",
    "data": "Data",
    "datasets": "Datasets",
    "volumes": "Storage volumes",
    "live": "Connected, live",
    "lost": "Connection lost",
    "lost_since": "The connection to the server was lost; this is from {time}. Reconnecting…",
    "reload": "Reconnect now",
    "switch_language": "中, switch to Chinese",
    "switch_theme": "Switch light or dark",
    "sign_out": "Sign out",
}
