"""The results of a task in the browser: list, picture with boxes, answer; or all in numbers.

The parts read the REST routes of ``api.results`` by themselves and share what they know, so no
state of Reflex holds a row.
"""

from __future__ import annotations

import reflex as rx

_LIBRARY = "$/utils/product/results_viewer"
_VIEWS = "$/utils/product/results_views"


class ResultsView(rx.Component):
    """The three panes, or the overview, for the task with the id ``task_id``. Fills what is left of
    a column."""

    library = _VIEWS
    tag = "ResultsView"

    task_id: rx.Var[str]


class ResultsSegments(rx.Component):
    """The links between the views of a task's results."""

    library = _VIEWS
    tag = "ResultsSegments"

    task_id: rx.Var[str]


class ResultsCount(rx.Component):
    """How many items the task has so far, and whether more can come."""

    library = _LIBRARY
    tag = "ResultsCount"

    task_id: rx.Var[str]


class ExportButton(rx.Component):
    """The button that exports the task's results, and how far the last export is. Takes what is
    left of a row, at its end."""

    library = "$/utils/product/results_export"
    tag = "ExportButton"

    task_id: rx.Var[str]
