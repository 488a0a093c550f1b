"""Menu engineering matrix: how popular each item is, and how much more or less it leaves than its category's mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from flux_pipeline.charts._canvas import (
    BLUE,
    DOTS_PER_INCH,
    GREY,
    INK,
    VERMILION,
    FloatArray,
    as_png,
    day_in_words,
    head,
    number_in_words,
    page,
)
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# As wide as a preview, which thus needs no scaling.
WIDTH, HEIGHT = 640, 560
# Each quadrant's colour and, in parts of the axes, the corner with its name.
CLASSES = {
    "star": (BLUE, (0.99, 0.985)),
    "puzzle": (VERMILION, (0.01, 0.985)),
    "plowhorse": (INK, (0.99, 0.015)),
    "dog": (GREY, (0.01, 0.015)),
}
# Areas of the smallest and the largest dot, in square points.
SMALLEST, LARGEST = 14.0, 260.0
# A class that is less sure than this has a hollow dot.
SURE = 0.8
MOST_LABELS, NAME_LENGTH, TITLE_LENGTH = 18, 26, 46
RESTAURANT_LENGTH = 26
# Pixels between a dot and its label, and between two labels.
BESIDE, BETWEEN = 3.0, 1.5
FONT_SIZE = 7.5


class _Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: _Box) -> bool:
        return (
            self.left < other.right + BETWEEN
            and other.left < self.right + BETWEEN
            and self.bottom < other.top + BETWEEN
            and other.bottom < self.top + BETWEEN
        )

    def is_inside(self, other: _Box) -> bool:
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.bottom <= self.bottom
            and self.top <= other.top
        )


def draw_menu(items: pd.DataFrame, title: str, currency: str) -> bytes:
    """Draw the menu engineering matrix.

    Args:
        items: item, quantity (units sold), popularity (times the least share of a popular item of its category, so
            that 1 is the threshold), margin (money that one of it leaves above the mean of its category), menu_class
            (star, plowhorse, puzzle or dog), sureness (probability of the class).
        title: one line above the matrix: the restaurant and the days.
        currency: that of the margins.

    Returns:
        A PNG, 640 pixels wide.

    Raises:
        PermanentError: there is nothing to draw.
    """
    if items.empty:
        raise PermanentError("No item has a class of menu engineering yet, so there is no matrix to draw.")
    shown = items.sort_values(["quantity", "item"], ascending=[False, True], kind="stable", ignore_index=True)
    with page(WIDTH, HEIGHT) as figure:
        axes = figure.add_axes((0.095, 0.095, 0.885, 0.76))
        areas = SMALLEST + (LARGEST - SMALLEST) * (shown.quantity / shown.quantity.max()).to_numpy(dtype=float)
        for name, (colour, _) in CLASSES.items():
            own = (shown.menu_class == name).to_numpy()
            is_sure = (shown.sureness[own] >= SURE).to_numpy()
            axes.scatter(
                shown.popularity[own],
                shown.margin[own],
                s=areas[own],
                facecolors=[colour if sure else "white" for sure in is_sure],
                edgecolors=[colour if not sure else "white" for sure in is_sure],
                linewidths=[0.8 if sure else 1.5 for sure in is_sure],
                zorder=3,
            )
        _scale(axes, shown)
        axes.set_xlabel("popularity: times the least sales of a popular item of its category")
        axes.set_title(f"margin of one: {shortened(currency, 3)} above or below its category's mean", fontsize=9)
        _head(figure, title)
        _label(figure, axes, shown, areas)
        return as_png(figure)


def menu_title(restaurant: str, first: dt.date, last: dt.date) -> str:
    """Return the line above the matrix: the restaurant, and the first and the last day."""
    days = " to ".join(day_in_words(pd.Timestamp(day)) for day in (first, last))
    return f"{shortened(' '.join(restaurant.split()), RESTAURANT_LENGTH)}, {days}"


def _scale(axes: Axes, shown: pd.DataFrame) -> None:
    """Set both axes, with the thresholds as dashed lines."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator  # noqa: PLC0415  (see canvas)

    # In doublings; both sides of a threshold are shown even if no item is there.
    least, most = min(-1.0, np.log2(shown.popularity.min())), max(1.0, np.log2(shown.popularity.max()))
    room = 0.09 * (most - least)
    axes.set_xscale("log", base=2)
    axes.set_xlim(2 ** (least - room), 2 ** (most + room))
    axes.xaxis.set_major_locator(LogLocator(2 if most - least <= 10 else 8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _factor(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = min(0.0, shown.margin.min()), max(0.0, shown.margin.max())
    room = 0.11 * (high - low) or 1.0
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: ("+" if value > 0 else "") + number_in_words(value)))
    threshold: dict[str, Any] = {"color": GREY, "linewidth": 1, "linestyle": (0, (4, 2)), "zorder": 1}
    axes.axhline(0, **threshold)
    axes.axvline(1, **threshold)


def _factor(value: float) -> str:
    """Return a power of two: "4", "1", "1/4"."""
    return f"{value:,.0f}" if value >= 1 else f"1/{1 / value:,.0f}"


def _head(figure: Figure, title: str) -> None:
    head(figure, shortened(title, TITLE_LENGTH), HEIGHT)
    text = "Larger: more was sold. Hollow: the class is less than 80 % sure, so wait for more sales."
    figure.text(0.016, 1 - 36 / HEIGHT, text, va="top")


def _label(figure: Figure, axes: Axes, shown: pd.DataFrame, areas: FloatArray) -> None:
    """Name the quadrants, and the items that sold most, each where it covers nothing."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (see canvas)

    # The class has no type annotations.
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    places = axes.transData.transform(shown[["popularity", "margin"]].to_numpy(dtype=float))
    # Half of a dot's width in pixels.
    radii = np.sqrt(areas / np.pi) * DOTS_PER_INCH / 72
    inside = _Box(*axes.get_window_extent(renderer).extents)
    # The line of the mean would strike a label through; the other one passes between two letters.
    mean = axes.transData.transform((1, 0))[1]
    taken = [_Box(*each.get_window_extent(renderer).extents) for each in _name_quadrants(axes, shown)]
    taken += [_Box(x - r, y - r, x + r, y + r) for (x, y), r in zip(places, radii, strict=True)]
    taken.append(_Box(inside.left, mean, inside.right, mean))
    labelled = 0
    for name, place, radius in zip(shown.item, places, radii, strict=True):
        text = axes.text(0, 0, shortened(" ".join(name.split()), NAME_LENGTH), fontsize=FONT_SIZE, va="bottom")
        extent = text.get_window_extent(renderer)
        boxes = _boxes_beside(place, radius + BESIDE, extent.width, extent.height)
        free = (box for box in boxes if box.is_inside(inside) and not any(box.overlaps(each) for each in taken))
        box = next(free, None)
        if box is None:
            text.remove()
            continue
        x, y = axes.transData.inverted().transform((box.left, box.bottom))
        text.set_position((x, y))
        taken.append(box)
        labelled += 1
        if labelled == MOST_LABELS:
            break


def _name_quadrants(axes: Axes, shown: pd.DataFrame) -> list[Text]:
    """Write each quadrant's name into its corner, with the number of its items."""
    counts = shown.menu_class.value_counts()
    return [
        axes.text(
            x,
            y,
            f"{name}s: {counts.get(name, 0)}",
            transform=axes.transAxes,
            color=colour,
            fontsize=10,
            fontweight="bold",
            ha="right" if x > 0.5 else "left",
            va="top" if y > 0.5 else "bottom",
        )
        for name, (colour, (x, y)) in CLASSES.items()
    ]


def _boxes_beside(place: FloatArray, gap: float, width: float, height: float) -> Iterator[_Box]:
    """Yield where a label of that size may be beside a dot: right, left, above, below, then at its corners."""
    x, y = place
    slant = gap * 0.75
    for left, bottom in (
        (x + gap, y - height / 2),
        (x - gap - width, y - height / 2),
        (x - width / 2, y + gap),
        (x - width / 2, y - gap - height),
        (x + slant, y + slant),
        (x - slant - width, y + slant),
        (x + slant, y - slant - height),
        (x - slant - width, y - slant - height),
    ):
        yield _Box(left, bottom, left + width, bottom + height)
