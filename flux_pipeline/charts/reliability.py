"""Reliability diagram: how often the actual was at or under each quantile, against the quantile's level."""

from __future__ import annotations

import pandas as pd

from flux_pipeline.charts._canvas import BLUE, GREY, VERMILION, as_png, head, page
from flux_pipeline.errors import PermanentError

SIDE, HEIGHT = 480, 560


def draw_reliability(items: pd.DataFrame, total: pd.DataFrame, title: str, days: str) -> bytes:
    """Draw a reliability diagram.

    Args:
        items: nominal (level of a quantile) and observed (share of the actuals at or under it; whole numbers are
            counted as by Czado, Gneiting & Held 2009), over all items.
        total: the same for the day's total over all items.
        title: one line above the diagram: the restaurant.
        days: the days that were compared.

    Returns:
        A PNG, 480 pixels wide.

    Raises:
        PermanentError: there is nothing to draw.
    """
    if items.empty and total.empty:
        raise PermanentError("No forecast was compared with sales yet, so there is no reliability to draw.")
    with page(SIDE, HEIGHT) as figure:
        axes = figure.add_axes((0.125, 0.095, 0.84, 0.70))
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle=(0, (4, 2)))
        for frame, color, marker, label in (
            (items, BLUE, "o", "each item"),
            (total, VERMILION, "s", "the day's total"),
        ):
            shown = frame.sort_values("nominal")
            axes.plot(
                100 * shown["nominal"],
                100 * shown["observed"],
                color=color,
                linewidth=1.4,
                marker=marker,
                markersize=4.5,
                label=label,
            )
        axes.legend(loc="lower right", frameon=False)
        head(figure, title, HEIGHT)
        figure.text(0.02, 0.925, f"How reliable are the quantiles? {days}", fontsize=10, fontweight="bold", va="top")
        figure.text(0.02, 0.89, "On the dashed line they are right; below it more sold than was forecast.", va="top")
        axes.set_xlabel("forecast: days of 100 at or under the quantile")
        axes.set_ylabel("what sold: days of 100 at or under it")
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        axes.set_aspect("equal")
        axes.grid(linewidth=0.8)
        axes.set_axisbelow(True)
        return as_png(figure)
