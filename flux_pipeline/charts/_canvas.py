"""A page to draw on and its PNG: one look for all pictures, the same bytes for the same frames, nothing global left.

matplotlib is imported when something is drawn: it takes half a second and makes a folder for its list of fonts, which
the edges name first (`Settings.keep_drawing_cache`). pyplot, which keeps figures for the process, is not used.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]
DOTS_PER_INCH = 100
# Few flat colours and their edges; with 48 no edge is seen to be stepped, and a picture is half its size.
COLOURS = 48
# Okabe and Ito, Color Universal Design (2008): told apart by colour-blind readers, and by their lightness in grey.
BLUE, VERMILION, INK, GREY, SHADE = "#0072B2", "#D55E00", "#222222", "#767676", "#E8E8E8"
# Of what is installed, whatever comes after the first steps in for letters that it lacks.
FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Devanagari",
    "Arial Unicode MS",
    "PingFang SC",
    "Microsoft YaHei",
)
LOOK: dict[Any, Any] = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "font.size": 9,
    "grid.color": SHADE,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.color": INK,
    # The name of a dish may hold a dollar sign.
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


@contextlib.contextmanager
def page(width: int, height: int) -> Iterator[Figure]:
    """A white page of so many pixels; drawn and saved (`as_png`) within, as the look is gone afterwards."""
    import matplotlib as mpl  # noqa: PLC0415  (see above)
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.font_manager import fontManager  # noqa: PLC0415

    known = set(fontManager.get_font_names())
    with mpl.rc_context(), warnings.catch_warnings():
        # A matplotlibrc of whoever runs this changes nothing.
        mpl.rcdefaults()
        mpl.rcParams.update(LOOK)
        mpl.rcParams["font.family"] = [name for name in FONTS if name in known] or ["sans-serif"]
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)


def as_png(figure: Figure) -> bytes:
    """The page as a PNG of few colours, without a date or other metadata."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    # It comes without types.
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def positions(days: pd.DatetimeIndex) -> FloatArray:
    """Where days stand on an axis: numbers a day apart."""
    return ((days - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(dtype=float)


def date_axis(axes: Axes, days: pd.DatetimeIndex, *, every_weeks: int) -> None:
    """From the first to the last of `days`; ticks on Mondays, labelled like "5 Sep"."""
    at = positions(days)
    axes.set_xlim(at[0] - 0.6, at[-1] + 0.6)
    mondays = days[days.day_of_week == 0][::every_weeks]
    axes.set_xticks(list(positions(mondays)), [day_in_words(day) for day in mondays])
    axes.tick_params(axis="x", length=3)


def quantity_axis(axes: Axes) -> None:
    """From 0 upwards, at least to 1, a few round numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    axes.set_ylim(bottom=0, top=max(1.0, axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_in_words(value)))
    axes.grid(axis="y", linewidth=0.8)
    axes.set_axisbelow(True)


def number_in_words(value: float) -> str:
    """In few letters, so that the axis has room for it: "0.5", "1,500", "12.5k", "3M"."""
    if abs(value) < 1e4:
        return f"{value:,.10g}"
    return f"{value / 1e3:g}k" if abs(value) < 1e6 else f"{value / 1e6:g}M"


def day_in_words(day: pd.Timestamp) -> str:
    """For example "5 Sep", whatever the locale."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{day.day} {months[day.month - 1]}"
