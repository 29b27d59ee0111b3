AREA = "failures"
TEXT = {
    "title": "Failed items",
    "causes": "Causes of failure",
    "count": "{failed, plural, one {# item} other {# items}}, "
    "{kinds, plural, one {# cause} other {# causes}}",
    "none": "No item has failed.",
    "unknown": "Why they failed was not recorded.",
    "all": "{kinds, plural, one {See the cause} other {See all # causes}}",
    "retry": "Retry",
    "retry_these": "Retry these",
    "retry_all": "Retry all",
    "retry_why": "Tries only {count, plural, one {this item} other {these # items}} again, and "
    "what was not done yet; other failed items stay as they are",
    "retry_all_why": "Tries {count, plural, one {the failed item} other {all # failed items}} "
    "again, and what was not done yet",
    "retry_later": "Only after the task has ended",
    "refused": "Not retried",
    "others": "Other messages, such as",
    "words": "The error, word for word",
    "request": "The request",
    "examples": "Failed items of this kind",
    "examples_first": "These are the first {count, number}; the others are among the results.",
    "examples_none": "No item among the results is of this kind now; they may be tried again.",
}
