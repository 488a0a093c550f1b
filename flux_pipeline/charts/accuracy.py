"""Accuracy chart: forecast error by days ahead, beside the four-week rule's, and the coverage of p10 to p90."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from flux_pipeline.charts._canvas import BLUE, GREY, VERMILION, as_png, head, page, quantity_axis
from flux_pipeline.errors import PermanentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 960, 400
NOMINAL = 80


def draw_accuracy(by_days_ahead: pd.DataFrame, title: str) -> bytes:
    """Draw error and coverage by days ahead.

    Args:
        by_days_ahead: days_ahead (1 is the next day), n (how many days were compared), wape and four_week_wape
            (absolute error as a share of the units sold; NaN if unknown), coverage (share of the actuals within p10 to
            p90).
        title: one line above both charts: the restaurant and the days.

    Returns:
        A PNG, 960 pixels wide.

    Raises:
        PermanentError: there is nothing to draw.
    """
    if by_days_ahead.empty:
        raise PermanentError("No forecast was compared with sales yet, so there is no accuracy to draw.")
    frame = by_days_ahead.sort_values("days_ahead")
    with page(WIDTH, HEIGHT) as figure:
        grid = figure.add_gridspec(1, 2, left=0.045, right=0.985, top=0.75, bottom=0.17, wspace=0.13)
        error, coverage = (figure.add_subplot(grid[0, at]) for at in range(2))
        model: dict[str, Any] = {"color": BLUE, "linewidth": 1.8, "marker": "o", "markersize": 4}
        rule: dict[str, Any] = {
            "color": VERMILION,
            "linewidth": 1.4,
            "marker": "s",
            "markersize": 3.5,
            "linestyle": (0, (4, 2)),
        }
        error.plot(frame.days_ahead, 100 * frame.four_week_wape, **rule, label="last four same weekdays")
        error.plot(frame.days_ahead, 100 * frame.wape, **model, label="Flux")
        error.set_title("Units wrong for every 100 sold (less is better)", fontweight="bold", pad=24)
        error.legend(loc="lower left", bbox_to_anchor=(-0.025, 0.965), ncols=2)
        coverage.axhline(NOMINAL, color=GREY, linewidth=1, linestyle=(0, (4, 2)))
        coverage.plot(frame.days_ahead, 100 * frame.coverage, **model)
        coverage.set_title("Days of 100 between p10 and p90 (80 is right)", fontweight="bold", pad=24)
        for axes in (error, coverage):
            quantity_axis(axes)
            axes.set_xlabel("days ahead; n: how many days were compared")
            _whole_days(axes, frame.set_index("days_ahead").n)
        coverage.set_ylim(0, 104)
        coverage.set_yticks([0, 20, 40, 60, 80, 100])
        head(figure, title, HEIGHT)
        return as_png(figure)


def _whole_days(axes: Axes, compared: pd.Series[int]) -> None:
    """Label the days ahead, each with the number of days that were compared."""
    first, last = int(compared.index.min()), int(compared.index.max())
    shown = range(first, last + 1, 1 if last - first <= 14 else 2)
    labels = [f"{ahead}\n{compared.get(ahead, 0)}" for ahead in shown]
    axes.set_xticks(shown, [f"{labels[0]}".replace("\n", "\nn="), *labels[1:]])
    axes.set_xlim(first - 0.5, last + 0.5)
