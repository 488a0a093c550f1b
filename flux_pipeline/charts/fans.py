"""Fan charts: sales and the forecast range of a restaurant's total and of its biggest sellers, or of one item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flux_pipeline.charts._canvas import (
    BLUE,
    GREY,
    INK,
    SHADE,
    VERMILION,
    as_png,
    date_axis,
    day_in_words,
    head,
    page,
    positions,
    quantity_axis,
)
from flux_pipeline.errors import PermanentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 960
ROW, WIDE_ROW, HEAD = 150, 240, 92
# The upper part of a page that has several charts: the title, the legend and the chart of the total with its days.
TOTAL_HEIGHT = 300
ACROSS = 3
# In a chart of a third of the width, eight weeks would leave the days ahead too narrow to read.
SMALL_DAYS = 28
# Letters that fit above a chart of a third of the page, and above the page; what remains for a restaurant's name.
NAME_LENGTH, TITLE_LENGTH, RESTAURANT_LENGTH = 38, 66, 27
LINE: dict[str, Any] = {"color": INK, "linewidth": 1.1, "marker": ".", "markersize": 3.5}
SINCE: dict[str, Any] = {"color": VERMILION, "linewidth": 0, "marker": "o", "markersize": 4}
MEDIAN: dict[str, Any] = {"color": BLUE, "linewidth": 1.6, "marker": ".", "markersize": 3.5}
BAND: dict[str, Any] = {"color": BLUE, "alpha": 0.22, "linewidth": 0}


@dataclass(frozen=True)
class _Drawn:
    """The days of a chart, and whether any is shaded."""

    days: pd.DatetimeIndex
    shaded: bool


def draw_fans(history: pd.DataFrame, forecast: pd.DataFrame, title: str) -> bytes:
    """Draw past sales and the range of the forecast.

    Args:
        history: panel, date, quantity (units): a row for each day whose sales are known, also for days after the
            forecast was made. A day without a row was closed, or its sales were not uploaded. The small charts show
            the last four weeks of history.
        forecast: panel, date, p10, p50, p90 (units), is_open: the days ahead. A panel names a chart and is its
            heading; charts follow in the order of the rows. The first goes across the page, the others are below it.
        title: one line above all charts; see `fans_title`.

    Returns:
        A PNG, 960 pixels wide.

    Raises:
        PermanentError: there is nothing to draw.
    """
    panels = list(dict.fromkeys(forecast.panel))
    if not panels:
        raise PermanentError("There is no forecast to draw.")
    rows = -(-(len(panels) - 1) // ACROSS)
    height = HEAD + WIDE_ROW + rows * ROW
    first, shaded = forecast.date.min(), False
    with page(WIDTH, height) as figure:
        for at, (name, axes) in enumerate(zip(panels, _charts(figure, len(panels), rows, height), strict=True)):
            sold = history[history.panel == name].sort_values("date")
            if at > 0:
                sold = sold[sold.date >= first - pd.Timedelta(days=SMALL_DAYS)]
            ahead = forecast[forecast.panel == name].sort_values("date")
            drawn = _draw_one(axes, sold, ahead, first)
            shaded |= drawn.shaded
            date_axis(axes, drawn.days, every_weeks=1 if at == 0 else 2)
            # All charts have the same days, so the lowest chart of a column labels them for those above it.
            axes.tick_params(labelbottom=at == 0 or at + ACROSS >= len(panels))
            axes.set_title(f"{_short(name, TITLE_LENGTH)}, units a day" if at == 0 else _short(name, NAME_LENGTH))
        _head(figure, _short(title, TITLE_LENGTH), height, since=(history.date >= first).any(), shaded=shaded)
        return as_png(figure)


def fans_title(restaurant: str, forecast: pd.DataFrame, as_of: dt.date) -> str:
    """Return the line above all charts: the restaurant, the days ahead, and the day from which they are forecast."""
    first, last = (day_in_words(day) for day in (forecast.date.min(), forecast.date.max()))
    return f"{_short(restaurant, RESTAURANT_LENGTH)}, {first} to {last}, as of {as_of:%a} {as_of}"


def _charts(figure: Figure, count: int, rows: int, height: int) -> Sequence[Axes]:
    """Return the axes: one chart across the page, the others below it, three in a row."""
    grid = figure.add_gridspec(
        1 + rows,
        ACROSS,
        left=0.052,
        right=0.972,
        top=1 - HEAD / height,
        bottom=30 / height,
        hspace=0.36,
        wspace=0.15,
        height_ratios=[WIDE_ROW] + [ROW] * rows,
    )
    small = [figure.add_subplot(grid[1 + at // ACROSS, at % ACROSS]) for at in range(count - 1)]
    return [figure.add_subplot(grid[0, :]), *small]


def _draw_one(axes: Axes, sold: pd.DataFrame, ahead: pd.DataFrame, first: pd.Timestamp) -> _Drawn:
    days = pd.date_range(min(sold.date.min(), first) if len(sold) else first, ahead.date.max())
    at = positions(days)
    past = days < first
    known = sold.set_index("date").quantity.reindex(days).to_numpy()
    fan = ahead.set_index("date").reindex(days)
    is_open = fan.is_open.eq(True).to_numpy()
    p10, p50, p90 = (fan[name].where(is_open).to_numpy(dtype=float) for name in ("p10", "p50", "p90"))
    shaded = at[np.where(past, np.isnan(known), ~is_open & ~(known > 0))]
    for day in shaded:
        axes.axvspan(day - 0.5, day + 0.5, color=SHADE, linewidth=0, zorder=0)
    # One bar per day instead of an area: demand jumps from day to day, and an area hides a day between two closed ones.
    axes.bar(at[is_open], (p90 - p10)[is_open], bottom=p10[is_open], width=1.0, **BAND)
    axes.plot(at, p50, **MEDIAN)
    axes.plot(at[past], known[past], **LINE)
    axes.plot(at[~past], known[~past], **SINCE)
    axes.axvline(positions(pd.DatetimeIndex([first]))[0] - 0.5, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    quantity_axis(axes)
    return _Drawn(days, len(shaded) > 0)


def _head(figure: Figure, title: str, height: int, *, since: bool, shaded: bool) -> None:
    """Draw the title and the legend."""
    from matplotlib.lines import Line2D  # noqa: PLC0415  (see canvas)
    from matplotlib.patches import Patch  # noqa: PLC0415

    head(figure, title, height)
    keys = {
        "sold": Line2D([], [], **LINE),
        **({"sold since": Line2D([], [], **SINCE)} if since else {}),
        "forecast, p50: half of the days more": Line2D([], [], **MEDIAN),
        "p10 to p90: 8 days in 10": Patch(**BAND),
        **({"closed, or nothing known": Patch(color=SHADE, linewidth=0)} if shaded else {}),
    }
    figure.legend(
        keys.values(),
        keys.keys(),
        loc="upper left",
        bbox_to_anchor=(0.008, 1 - 32 / height),
        ncols=len(keys),
        handlelength=1.6,
        columnspacing=1.6,
    )


def _short(name: str, length: int) -> str:
    line = " ".join(name.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
