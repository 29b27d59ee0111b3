"""What a tab is told when an event failed: the backend's own message, or that it was unexpected.

So a handler catches ``InvalidFields`` alone, and lets errors pass that have no field to stand by.
"""

import json
import logging

import reflex as rx

from inference_ui.backend.errors import Message, ProductError

_log = logging.getLogger(__name__)


def failed(exception: Exception):  # Reflex evaluates annotations elsewhere: none here
    """Return the event that tells the tab of an exception; what is a defect is logged."""
    if isinstance(exception, ProductError):
        message = exception.message
    else:
        _log.error("an event failed", exc_info=exception)
        message = Message("UNEXPECTED")
    detail = json.dumps(message.to_json())
    return rx.call_script(
        f'window.dispatchEvent(new CustomEvent("product-failure", {{detail: {detail}}}))'
    )
