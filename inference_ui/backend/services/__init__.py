"""Use cases. Every call is given the acting user and checks what that user may do."""
