AREA = "sign_in"
TEXT = {
    "title": "Sign in",
    "name": "User name",
    "password": "Password",
    "no_account": "No account? Ask an administrator to add you.",
    "show_password": "Show password",
    "other_language": "中",
    "other_language_label": "中, switch to Chinese",
}
