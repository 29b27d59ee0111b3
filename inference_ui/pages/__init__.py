"""Pages, one module each. A page is drawn from state and components; it does nothing itself."""

from inference_ui.pages import create, not_found, results, task, tasks

PAGES = (tasks.PAGE, create.PAGE, task.PAGE, results.PAGE, not_found.PAGE)
"""Every page of the product, in the order in which they are compiled."""
