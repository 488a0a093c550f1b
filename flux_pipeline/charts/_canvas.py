"""Pages to draw on and their PNGs: one look for all pictures, the same bytes for the same frames, no global state.

matplotlib is imported only when something is drawn: it takes half a second and makes a folder for its list of fonts,
whose place `Settings.keep_drawing_cache` sets first. pyplot is not used, because it keeps figures for the process.
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
# Pictures have few flat colours and their edges; 48 colours show no stepped edge and halve the size of a picture.
COLOURS = 48
# Okabe and Ito, Color Universal Design (2008): colour-blind readers can distinguish them, also in grey by lightness.
BLUE, VERMILION, INK, GREY, SHADE = "#0072B2", "#D55E00", "#222222", "#767676", "#E8E8E8"
# Fonts after the first installed one supply the letters that it lacks.
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
    """Yield a white page of `width` by `height` pixels; draw and save it (`as_png`) inside, where the look is set."""
    import matplotlib as mpl  # noqa: PLC0415  (see above)
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.font_manager import fontManager  # noqa: PLC0415

    known = set(fontManager.get_font_names())
    with mpl.rc_context(), warnings.catch_warnings():
        # A user's matplotlibrc must not change the pictures.
        mpl.rcdefaults()
        mpl.rcParams.update(LOOK)
        mpl.rcParams["font.family"] = [name for name in FONTS if name in known] or ["sans-serif"]
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)


def head(figure: Figure, title: str, height: int) -> None:
    """Write the title of a page of that height."""
    figure.text(0.016, 1 - 10 / height, title, fontsize=13, fontweight="bold", va="top")


def as_png(figure: Figure) -> bytes:
    """Return the page as a PNG of few colours, without a date or other metadata."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    # The class has no type annotations.
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def positions(days: pd.DatetimeIndex) -> FloatArray:
    """Return the places of days on an axis: numbers that grow by one a day."""
    return ((days - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(dtype=float)


def date_axis(axes: Axes, days: pd.DatetimeIndex, *, every_weeks: int) -> None:
    """Set the x axis from the first to the last of `days`, with ticks on Mondays, labelled like "5 Sep"."""
    at = positions(days)
    axes.set_xlim(at[0] - 0.6, at[-1] + 0.6)
    mondays = days[days.day_of_week == 0][::every_weeks]
    axes.set_xticks(list(positions(mondays)), [day_in_words(day) for day in mondays])
    axes.tick_params(axis="x", length=3)


def quantity_axis(axes: Axes) -> None:
    """Set the y axis from 0 to at least 1, labelled with a few round numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    axes.set_ylim(bottom=0, top=max(1.0, axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_in_words(value)))
    axes.grid(axis="y", linewidth=0.8)
    axes.set_axisbelow(True)


def number_in_words(value: float) -> str:
    """Return a number in few letters, so that the axis has room for it: "0.5", "1,500", "12.5k", "3M"."""
    if abs(value) < 1e4:
        return f"{value:,.10g}"
    return f"{value / 1e3:g}k" if abs(value) < 1e6 else f"{value / 1e6:g}M"


def day_in_words(day: pd.Timestamp) -> str:
    """Return a day like "5 Sep", whatever the locale."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{day.day} {months[day.month - 1]}"
