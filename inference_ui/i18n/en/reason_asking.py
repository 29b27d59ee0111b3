AREA = "reason"
TEXT = {
    "ANSWERS_STATUS": "The server answers {path} with status {status}; it is not ready",
    "ANSWERS_NOT_READY": "The server's answer to {path} says that it is not ready",
    "NO_ANSWER_IN_TIME": "There was no answer within {seconds, number} s",
    "NO_CONNECTION": "The server cannot be reached: {error}",
    "QUESTION_TOO_LARGE": "The request is too large; at most {most, size}",
    "QUESTION_EMPTY": "Enter the JSON of a request, or drop a picture",
    "QUESTION_NO_JSON": "This is no valid JSON; look at its quotes, commas and brackets",
    "OVERRIDES_UNREADABLE": "What is set for this question cannot be read; it must be the Base64 "
    "of JSON",
}
