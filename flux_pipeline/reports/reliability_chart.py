"""Whether quantiles mean what they say: how often the actual stayed at or under each, against how often it should."""

from __future__ import annotations

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.reports.canvas import BLUE, GREY, as_png, page

SIDE, HEIGHT = 480, 500


def draw_reliability(frame: pd.DataFrame) -> bytes:
    """Draw a reliability diagram for counts.

    Args:
        frame: nominal (level of a quantile), observed_low and observed_high (shares of the actuals strictly under it,
            and at or under it): of whole numbers many equal their quantile, so what was observed is a range
            (Czado, Gneiting & Held 2009). A quantile is right where its range meets the diagonal.

    Returns:
        A PNG, 480 pixels wide.

    Raises:
        PermanentError: there is nothing to draw.
    """
    if frame.empty:
        raise PermanentError("No forecast was compared with sales yet, so there is no reliability to draw.")
    shown = frame.sort_values("nominal")
    nominal, low, high = (100 * shown[name] for name in ("nominal", "observed_low", "observed_high"))
    with page(SIDE, HEIGHT) as figure:
        axes = figure.add_axes((0.125, 0.105, 0.84, 0.76))
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle=(0, (4, 2)))
        axes.vlines(nominal, low, high, color=BLUE, linewidth=5, alpha=0.45)
        axes.plot(nominal, (low + high) / 2, color=BLUE, linewidth=1.4, marker="o", markersize=4)
        figure.text(0.02, 0.975, "Do the quantiles mean what they say?", fontsize=11, fontweight="bold", va="top")
        figure.text(0.02, 0.93, "On the dashed line they do; below it more sold than was forecast.", va="top")
        axes.set_xlabel("forecast: days of 100 at or under the quantile")
        axes.set_ylabel("what sold: days of 100 at or under it")
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        axes.set_aspect("equal")
        axes.grid(linewidth=0.8)
        axes.set_axisbelow(True)
        return as_png(figure)
