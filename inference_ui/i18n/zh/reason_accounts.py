AREA = "reason"
TEXT = {
    "SIGN_IN_NEEDED": "请先登录。",
    "SIGN_IN_MISSING": "请填写",
    "SIGN_IN_WRONG": "用户名或密码不对。再错 {left} 次后要等一会儿",
    "SIGN_IN_WAIT": "错得太多了，请 {seconds, duration}后再试",
    "LINK_USED": "这个登录链接已经用过或过期。请用密码登录，或请管理员给新的链接",
    "FORM_NEEDED": "登录请用普通表单提交。",
    "OTHER_ORIGIN": "请求来自别的网站，已拒绝。",
    "USER_UNKNOWN": "没有叫“{name}”的用户",
    "LAST_ADMINISTRATOR": "“{name}”是最后一个管理员，请先让别人成为管理员",
    "PASSWORD_TOO_SHORT": "密码至少 {min} 个字符",
    "UNEXPECTED": "出了意外的错误，没有完成。请重试；若再次发生，请联系管理员。",
}
