AREA = "reason"
TEXT = {
    "SIGN_IN_NEEDED": "Sign in first.",
    "SIGN_IN_MISSING": "Fill this in",
    "SIGN_IN_WRONG": "User name or password is wrong. "
    "{left, plural, one {# more try} other {# more tries}} before you have to wait",
    "SIGN_IN_WAIT": "Wrong too often. Try again in {seconds, duration}",
    "LINK_USED": "This sign-in link was used already or has expired. "
    "Sign in with a password, or ask an administrator for a new link",
    "OTHER_ORIGIN": "The request came from another site and was refused.",
    "UNEXPECTED": "Something unexpected went wrong and this was not done. "
    "Try again; if it happens again, tell an administrator.",
}
