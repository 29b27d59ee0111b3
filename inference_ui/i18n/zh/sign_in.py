AREA = "sign_in"
TEXT = {
    "title": "登录",
    "name": "用户名",
    "password": "密码",
    "no_account": "没有账号？请管理员添加。",
    "show_password": "显示密码",
    "other_language": "EN",
    "other_language_label": "EN，切换到英文",
}
