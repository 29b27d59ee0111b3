AREA = "reason"
TEXT = {
    "SIGN_IN_NEEDED": "Sign in first.",
    "SIGN_IN_MISSING": "Fill this in",
    "SIGN_IN_WRONG": "User name or password is wrong. "
    "{left, plural, one {# more try} other {# more tries}} before you have to wait",
    "SIGN_IN_WAIT": "Wrong too often. Try again in {seconds, duration}",
    "LINK_USED": "This sign-in link was used already or has expired. "
    "Sign in with a password, or ask an administrator for a new link",
    "FORM_NEEDED": "Sign in by a plain form.",
    "OTHER_ORIGIN": "The request came from another site and was refused.",
    "USER_UNKNOWN": "There is no user “{name}”",
    "LAST_ADMINISTRATOR": "“{name}” is the last administrator; make somebody else one first",
    "PASSWORD_TOO_SHORT": "A password has at least {min} characters",
    "UNEXPECTED": "Something unexpected went wrong and this was not done. "
    "Try again; if it happens again, tell an administrator.",
}
