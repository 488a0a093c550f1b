"""Pictures are small PNGs, the same bytes for the same frames, whatever the names and figures in them are."""

import datetime as dt
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from flux_pipeline.charts._canvas import BLUE, SHADE, VERMILION, day_in_words, number_in_words
from flux_pipeline.charts.accuracy import draw_accuracy
from flux_pipeline.charts.fans import draw_fans, fans_title
from flux_pipeline.charts.reliability import draw_reliability
from flux_pipeline.charts.rosters import MOST_ROLES, draw_cover
from flux_pipeline.errors import PermanentError

FIRST = pd.Timestamp("2026-09-01")
AHEAD = pd.date_range(FIRST, periods=14)
PAST = pd.date_range(end=FIRST - pd.Timedelta(days=1), periods=56)
LEVELS = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
BY_DAYS_AHEAD = pd.DataFrame(
    {"days_ahead": range(1, 15), "n": range(56, 42, -1), "wape": 0.2, "four_week_wape": 0.3}
).assign(coverage=np.linspace(0.82, 0.78, 14))
RELIABILITY = pd.DataFrame({"nominal": LEVELS, "observed": LEVELS * 0.95})
LARGEST = 40_000
TITLE = "Bistro, 2026-07-07 to 2026-08-31"


@pytest.fixture(autouse=True, scope="module")
def drawing_cache(tmp_path_factory: pytest.TempPathFactory):
    """Keep matplotlib from making a folder in the home of the login that runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib"))))
        yield


def history(name: str, level: float, days: pd.DatetimeIndex = PAST) -> pd.DataFrame:
    return pd.DataFrame({"panel": name, "date": days, "quantity": level * (1 + 0.5 * (days.day_of_week >= 5))})


def forecast(name: str, level: float, closed: tuple[int, ...] = ()) -> pd.DataFrame:
    is_open = ~AHEAD.day_of_week.isin(closed)
    return pd.DataFrame(
        {
            "panel": name,
            "date": AHEAD,
            "p10": level * 0.8 * is_open,
            "p50": level * is_open,
            "p90": level * 1.3 * is_open,
            "is_open": is_open,
        }
    )


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(picture(png).convert("RGB")).astype(int)


def count_of(colour: str, png: bytes, tolerance: int = 12) -> int:
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(pixels(png) - wanted).max(axis=2) <= tolerance).sum())


def fans(panels: int = 7) -> bytes:
    names = ["All items together", *(f"Dish {n}" for n in range(1, panels))]
    return draw_fans(
        pd.concat([history(name, 50 + n) for n, name in enumerate(names)]),
        pd.concat([forecast(name, 50 + n) for n, name in enumerate(names)]),
        fans_title("Bistro", forecast("", 1), dt.date(2026, 8, 31)),
    )


def cover(roles: int = 2, rostered: int = 1, timezone: str = "Europe/Paris") -> pd.DataFrame:
    """Return a week of quarter hours from 10 to 22, of which two heads are needed from 12 to 14."""
    days = [FIRST.date() + dt.timedelta(days=day) for day in range(7)]
    rows = [
        (f"Role {role}", day, pd.Timestamp(day, tz=timezone) + pd.Timedelta(hours=10 + quarter / 4), needed, rostered)
        for role in range(roles)
        for day in days
        for quarter in range(48)
        if (needed := 2 if 8 <= quarter < 16 and role else 1)
    ]
    return pd.DataFrame(rows, columns=["role", "date", "starts_at", "needed", "rostered"])


DRAWINGS = {
    "cover": lambda: draw_cover(cover(), TITLE),
    "fans": fans,
    "accuracy": lambda: draw_accuracy(BY_DAYS_AHEAD, TITLE),
    "reliability": lambda: draw_reliability(RELIABILITY, RELIABILITY, "Bistro", "2026-07-07 to 2026-08-31"),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_the_same_frames_give_the_same_small_png_of_few_colours(draw) -> None:
    first = draw()
    assert first == draw()
    assert len(first) < LARGEST
    assert picture(first).format == "PNG" and picture(first).mode == "P"
    assert not picture(first).info.keys() & {"Software", "date", "Creation Time"}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_nothing_touches_the_edge_of_the_page_which_is_white_in_any_theme(draw) -> None:
    page = pixels(draw())
    for edge in (page[:2], page[-2:], page[:, :2], page[:, -2:]):
        assert (edge == 255).all()


@pytest.mark.parametrize(("panels", "height"), [(1, 332), (2, 482), (4, 482), (7, 632)])
def test_a_page_is_as_high_as_its_charts_need(panels: int, height: int) -> None:
    assert picture(fans(panels)).size == (960, height)


def test_closed_days_are_shaded_in_the_past_and_ahead() -> None:
    without_sundays = PAST[PAST.day_of_week != 6]
    open_all = draw_fans(history("Soup", 9), forecast("Soup", 9), "t")
    closed_before = draw_fans(history("Soup", 9, without_sundays), forecast("Soup", 9), "t")
    closed_ahead = draw_fans(history("Soup", 9), forecast("Soup", 9, closed=(6,)), "t")
    shaded = [count_of(SHADE, png, 2) for png in (open_all, closed_ahead, closed_before)]
    assert shaded[0] < shaded[1] < shaded[2]


def test_sales_since_the_forecast_have_their_own_colour() -> None:
    after = history("Soup", 9, PAST.append(AHEAD[:5]))
    before = draw_fans(history("Soup", 9), forecast("Soup", 9), "t")
    assert count_of(VERMILION, draw_fans(after, forecast("Soup", 9), "t")) > count_of(VERMILION, before)
    assert count_of(BLUE, before) > 100


@pytest.mark.parametrize(
    "name", ["Menu $5 or $7", "Crème brûlée", "日本のカレー", "x" * 300, "", "a\nb", "\\frac{1}{2}", "%s & _ ^ {"]
)
@pytest.mark.filterwarnings("error")
def test_any_name_can_be_drawn(name: str) -> None:
    drawn = draw_fans(
        pd.concat([history("All", 9), history(name, 9)]), pd.concat([forecast("All", 9), forecast(name, 9)]), name
    )
    assert (pixels(drawn)[:, -2:] == 255).all()


@pytest.mark.parametrize("level", [0.0, 0.004, 3, 987_654, 12_345_678])
def test_any_quantity_fits_beside_its_axis(level: float) -> None:
    drawn = draw_fans(history("Soup", level), forecast("Soup", level), "t")
    assert (pixels(drawn)[:, :2] == 255).all()


def test_a_new_item_without_history_has_a_fan() -> None:
    assert count_of(BLUE, draw_fans(history("Soup", 9).iloc[:0], forecast("Soup", 9), "t")) > 100


@pytest.mark.parametrize(
    ("draw", "frames"),
    [
        (draw_fans, (history("Soup", 9), forecast("Soup", 9).iloc[:0], "t")),
        (draw_accuracy, (BY_DAYS_AHEAD.iloc[:0], TITLE)),
        (draw_reliability, (RELIABILITY.iloc[:0], RELIABILITY.iloc[:0], "Bistro", "")),
    ],
)
def test_nothing_to_draw_is_refused_with_a_sentence(draw, frames) -> None:
    with pytest.raises(PermanentError, match="to draw"):
        draw(*frames)


def test_accuracy_without_a_rule_to_compare_with_can_be_drawn() -> None:
    assert draw_accuracy(BY_DAYS_AHEAD.assign(four_week_wape=np.nan).head(1), TITLE)


def test_drawing_leaves_nothing_global_behind_and_writes_only_into_its_own_cache(tmp_path: Path) -> None:
    """Draw in a separate process and check its imports, its global state and the files in an empty home."""
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nfigure.facecolor: black\n")
    program = (
        "import sys, pandas as pd\n"
        "from flux_pipeline.charts.accuracy import draw_accuracy\n"
        "assert 'matplotlib' not in sys.modules\n"
        "frame = pd.DataFrame({'days_ahead': [1, 2], 'n': 9, 'wape': .2, 'four_week_wape': .3, 'coverage': .8})\n"
        "first = draw_accuracy(frame, 't')\n"
        "import matplotlib\n"
        "assert matplotlib.rcParams['font.size'] == 30, 'what a user set stays set'\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "sys.stdout.buffer.write(first)\n"
    )
    inside = {
        "HOME": str(tmp_path / "home"),
        "MPLCONFIGDIR": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    (tmp_path / "home").mkdir()
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=inside, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert not any((tmp_path / "home").iterdir())
    frame = pd.DataFrame({"days_ahead": [1, 2], "n": 9, "wape": 0.2, "four_week_wape": 0.3, "coverage": 0.8})
    assert done.stdout == draw_accuracy(frame, "t"), "a matplotlibrc changes nothing"


def test_numbers_and_days_are_written_in_few_letters_whatever_the_locale() -> None:
    assert [number_in_words(n) for n in (0, 0.5, 1500, 12500, 3e6)] == ["0", "0.5", "1,500", "12.5k", "3M"]
    assert day_in_words(pd.Timestamp("2026-09-05")) == "5 Sep"


def test_missing_heads_are_highlighted_and_nothing_else_is() -> None:
    with_gaps, covered = draw_cover(cover(), TITLE), draw_cover(cover(rostered=2), TITLE)
    # The legend is there in both.
    assert count_of(VERMILION, with_gaps) > 3 * count_of(VERMILION, covered)


def test_of_many_roles_those_that_lack_most_are_drawn() -> None:
    assert picture(draw_cover(cover(20), TITLE)).size == picture(draw_cover(cover(MOST_ROLES), TITLE)).size


def test_cover_is_drawn_where_the_clock_changes_at_midnight() -> None:
    # In Cairo, midnight of 24 April 2026 doesn't exist.
    frame = cover(timezone="Africa/Cairo")
    moved = pd.Timestamp("2026-04-22").date() - FIRST.date()
    dates = frame.date + moved
    walls = frame.starts_at.dt.tz_localize(None) + pd.Timedelta(moved)
    draw_cover(frame.assign(date=dates, starts_at=walls.dt.tz_localize("Africa/Cairo")), TITLE)


def test_a_roster_without_heads_has_no_cover_to_draw() -> None:
    with pytest.raises(PermanentError, match="no cover"):
        draw_cover(cover().head(0), TITLE)
