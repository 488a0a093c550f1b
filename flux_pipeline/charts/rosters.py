"""Charts of a roster's cover: heads needed and heads rostered by role across a week. No names of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from flux_pipeline.charts._canvas import BLUE, GREY, INK, VERMILION, as_png, head, page, quantity_axis
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 960
ROW, HEAD, FOOT = 128, 92, 42
MOST_ROLES = 6
QUARTER = pd.Timedelta(minutes=15)
# Quarter hours between two days.
BETWEEN = 3
# Letters that fit above a panel, and above the page.
NAME_LENGTH, TITLE_LENGTH = 80, 66
ROSTERED: dict[str, Any] = {"color": BLUE, "alpha": 0.28, "linewidth": 0}
NEEDED: dict[str, Any] = {"color": INK, "linewidth": 1.3}
MISSING: dict[str, Any] = {"color": VERMILION, "linewidth": 0}


def draw_cover(cover: pd.DataFrame, title: str) -> bytes:
    """Draw heads needed and rostered, a panel for each role across all days.

    Args:
        cover: role, date (the business day), starts_at (on the restaurant's clock), needed, rostered: a row for each
            quarter hour in which a head is needed or rostered, as `pd.DataFrame(cover_of(week))`. Of more than six
            roles, those that lack most are drawn.
        title: one line above all panels.

    Returns:
        A PNG, 960 pixels wide.

    Raises:
        PermanentError: there is nothing to draw.
    """
    if cover.empty:
        raise PermanentError("The roster needs no heads and has no shifts, so there is no cover to draw.")
    lacking = (cover.needed - cover.rostered).clip(lower=0)
    hours = (lacking.groupby(cover.role).sum() / 4).sort_index()
    roles = sorted(hours.sort_values(ascending=False, kind="stable").index[:MOST_ROLES])
    shown = cover[cover.role.isin(roles)]
    days = pd.date_range(shown.date.min(), shown.date.max())
    # In some zones clocks change at midnight, which then is twice or not at all.
    midnight = pd.to_datetime(shown.date).dt.tz_localize(
        shown.starts_at.dt.tz, ambiguous=np.ones(len(shown), dtype=bool), nonexistent="shift_forward"
    )
    quarter = ((shown.starts_at - midnight) // QUARTER).to_numpy()
    height = HEAD + ROW * len(roles) + FOOT
    with page(WIDTH, height) as figure:
        grid = figure.add_gridspec(
            len(roles), 1, left=0.04, right=0.984, top=1 - HEAD / height, bottom=FOOT / height, hspace=0.5
        )
        for at, role in enumerate(roles):
            axes = figure.add_subplot(grid[at, 0])
            own = (shown.role == role).to_numpy()
            _draw_role(axes, shown[own], quarter[own], days, (int(quarter.min()), int(quarter.max()) + 1))
            axes.set_title(_heading(role, float(hours[role])))
            axes.tick_params(labelbottom=at == len(roles) - 1)
        _head(figure, shortened(title, TITLE_LENGTH), height, left_out=len(hours) - len(roles))
        return as_png(figure)


def _heading(role: str, hours: float) -> str:
    name = shortened(" ".join(role.split()), NAME_LENGTH)
    return f"{name}: {hours:g} hour{'' if hours == 1 else 's'} missing" if hours else name


def _draw_role(
    axes: Axes, own: pd.DataFrame, quarter: np.ndarray, days: pd.DatetimeIndex, span: tuple[int, int]
) -> None:
    """Draw the days side by side, each from the first to the last quarter hour of any day."""
    first, last = span
    width = last - first + BETWEEN
    place = ((pd.to_datetime(own.date) - days[0]) // pd.Timedelta(days=1)).to_numpy() * width + quarter - first
    needed, rostered = np.zeros(len(days) * width), np.zeros(len(days) * width)
    needed[place], rostered[place] = own.needed, own.rostered
    edges = np.arange(len(days) * width + 1)
    axes.stairs(rostered, edges, fill=True, **ROSTERED)
    axes.stairs(np.maximum(needed, rostered), edges, baseline=rostered, fill=True, **MISSING)
    axes.stairs(needed, edges, **NEEDED)
    for day in range(1, len(days)):
        axes.axvline(day * width - BETWEEN / 2, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.set_xlim(-BETWEEN / 2, len(days) * width - BETWEEN / 2)
    hours = [hour for hour in range(-(-first // 4), last // 4 + 1) if hour % 6 == 0]
    ticks = [(day * width + hour * 4 - first, f"{hour % 24}") for day in range(len(days)) for hour in hours]
    axes.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    for day, date in enumerate(days):
        if axes.get_subplotspec().is_last_row():  # type: ignore[union-attr]
            text = f"{date:%a} {date.day} {date:%b}" if len(days) <= 7 else f"{date.day}"
            axes.annotate(
                text,
                (day * width + (last - first) / 2, 0),
                (0, -17),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
            )
    quantity_axis(axes)


def _head(figure: Figure, title: str, height: int, *, left_out: int) -> None:
    """Draw the title and the legend."""
    from matplotlib.lines import Line2D  # noqa: PLC0415  (see canvas)
    from matplotlib.patches import Patch  # noqa: PLC0415

    head(figure, title, height)
    keys: dict[str, Any] = {
        "heads needed": Line2D([], [], **NEEDED),
        "heads rostered": Patch(**ROSTERED),
        "missing": Patch(**MISSING),
    }
    if left_out:
        keys[f"{left_out} more roles that lack less"] = Line2D([], [], linewidth=0)
    figure.legend(
        keys.values(),
        keys.keys(),
        loc="upper left",
        bbox_to_anchor=(0.008, 1 - 32 / height),
        ncols=len(keys),
        handlelength=1.6,
        columnspacing=1.6,
    )
