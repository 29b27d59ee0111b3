"""A chart of items per second, drawn as SVG: the finished as a line, the failed as bars."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.i18n.live import fmt_rate, fmt_time_of_day, t
from inference_ui.rows.chart import HEIGHT, WIDTH


class ChartReading(rx.Component):
    """What the drawing below it says at one moment, by pointer or by arrow keys. ``points`` are
    those of a ``ChartRow``, in units of ``width`` and ``height``."""

    library = "$/utils/product/chart"
    tag = "ChartReading"

    points: rx.Var[list[list[float]]]
    width: rx.Var[int]
    height: rx.Var[int]
    label: rx.Var[str]


def rate_chart(chart: Any) -> rx.Component:
    """Return the chart of a ``ChartRow`` (a Var). Numbers and times are text beside the drawing,
    so that they keep their size however wide it is."""
    says = t("task.chart_says", latest=fmt_rate(chart.latest), highest=fmt_rate(chart.highest))
    return rx.el.div(
        rx.el.div(
            rx.foreach(chart.ticks, lambda _tick: rx.el.i()),
            rx.el.svg(
                rx.el.svg.path(d=chart.area, class_name="a"),
                rx.el.svg.path(d=chart.failed, class_name="ff"),
                rx.el.svg.path(d=chart.line, class_name="l"),
                view_box=f"0 0 {WIDTH} {HEIGHT}",
                preserve_aspect_ratio="none",
                role="img",
                aria_label=says,
            ),
            ChartReading.create(
                points=chart.points, width=WIDTH, height=HEIGHT, label=t("task.chart_reading")
            ),
            class_name="plot",
        ),
        rx.el.div(
            rx.foreach(chart.ticks, lambda tick: rx.el.span(fmt_rate(tick))),
            class_name="ys num",
            aria_hidden="true",
        ),
        rx.el.div(
            rx.foreach(chart.times, lambda at: rx.el.span(fmt_time_of_day(at))),
            class_name="xs num",
            aria_hidden="true",
        ),
        class_name="ch",
        data_testid="rate-chart",
    )
