"""Benchmark of the intraday profile: how well it forecasts when a bakery in Edinburgh sells, in the last four weeks.

Each day is forecast from the days before it. The loss is the mean of -log(share of the period in which an item was
sold): of all items with the rhythm of the weekday, and of items with that of their category on the weekday. It is
compared with even shares over the periods that Flux would staff without declared hours, with even shares from 8 to 18
o'clock (the hours that make the loss of even shares least, chosen in hindsight), with the shares of the same weekday
last week, and with those of the last seven days.

A share of zero where something was sold makes the loss infinite. So half an item is added to each period of last week's
in which anything was ever sold, even shares are mixed with one in a hundred of the same, and none is below one in a
million. The half-life, the prior and the correlation were chosen on the eight weeks before, which are shown too.
"""

import argparse
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import intraday_profile
from flux_pipeline.staffing.settings import StaffingSettings

FOLDER = Path("../shared/data/bread_basket")
TEST_DAYS, CHOICE_DAYS = 28, 56
MIXED_IN, ADDED, LEAST = 0.01, 0.5, 1e-6
NO_HOURS = pd.DataFrame(columns=["day_of_week", "open_time", "close_time", "is_closed"])
CATEGORIES = {
    "hot drinks": ("Coffee", "Tea", "Hot chocolate"),
    "bread": ("Bread", "Baguette", "Scandinavian", "Farm House"),
    "pastry": ("Cake", "Pastry", "Cookies", "Muffin", "Brownie", "Medialuna", "Scone", "Alfajores"),
    "lunch": ("Sandwich", "Soup"),
}
Shares = Callable[[pd.DataFrame, pd.Timestamp], np.ndarray]


class Bakery:
    """The bakery's ticket times, in periods of some minutes."""

    def __init__(self, folder: Path, period_minutes: int) -> None:
        lines = pd.read_csv(folder / "BreadBasket_DMS.csv", parse_dates=["Date"])
        lines = lines[lines.Item != "NONE"]
        of_item = {item: category for category, items in CATEGORIES.items() for item in items}
        self.settings = StaffingSettings(labor_period_minutes=period_minutes)  # type: ignore[arg-type]
        self.length = period_minutes
        self.lines = pd.DataFrame(
            {
                "business_date": lines.Date,
                "minute": (pd.to_timedelta(lines.Time).dt.total_seconds() // 60).astype(int),
                "quantity": 1.0,
                "category": lines.Item.map(of_item).fillna("other"),
            }
        )

    def before(self, day: pd.Timestamp) -> pd.DataFrame:
        """The lines of the days before."""
        return self.lines[self.lines.business_date < day]

    def counts(self, lines: pd.DataFrame) -> np.ndarray:
        """The items of each period."""
        return np.bincount(lines.minute // self.length, lines.quantity, minlength=1440 // self.length)

    def even(self, past: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
        """Even shares over the periods that would be staffed."""
        profile = intraday_profile(past, NO_HOURS, self.settings)
        periods = open_periods(pd.DatetimeIndex([day]), NO_HOURS, profile, self.settings, dt.time(4))
        return self._even(past, periods.minute.to_numpy() // self.length)

    def even_in_hindsight(self, past: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
        """Even shares from 8 to 18 o'clock."""
        return self._even(past, np.arange(8 * 60, 18 * 60, self.length) // self.length)

    def _even(self, past: pd.DataFrame, periods: np.ndarray) -> np.ndarray:
        share = np.zeros(1440 // self.length)
        share[periods] = 1.0 / len(periods)
        return (1 - MIXED_IN) * share + MIXED_IN * to_one(self.ever(past))

    def last_week(self, past: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
        """The shares of the same weekday last week."""
        return self._last(past, past.business_date == day - pd.Timedelta(days=7))

    def last_seven_days(self, past: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
        """The shares of all of the last seven days together."""
        return self._last(past, past.business_date >= day - pd.Timedelta(days=7))

    def _last(self, past: pd.DataFrame, chosen: pd.Series) -> np.ndarray:
        return to_one(self.counts(past[chosen]) + ADDED * self.ever(past))

    def ever(self, past: pd.DataFrame) -> np.ndarray:
        """1 for each period in which anything was sold, else 0."""
        return (self.counts(past) > 0).astype(float)

    def profile(self, past: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
        """The profile's shares of the weekday."""
        return np.asarray(intraday_profile(past, NO_HOURS, self.settings).rhythm[day.day_of_week])

    def loss(self, days: pd.DatetimeIndex, shares: Shares, *, by_category: bool = False) -> float:
        """Return the mean log loss of an item, over all items or with the shares of each category for itself."""
        lost, items = 0.0, 0.0
        for day in days:
            sold, past = self.lines[self.lines.business_date == day], self.before(day)
            for category in sorted(sold.category.unique()) if by_category else [None]:
                own = past if category is None else past[past.category == category]
                counts = self.counts(sold if category is None else sold[sold.category == category])
                lost += log_loss(counts, shares(own, day))
                items += counts.sum()
        return lost / items

    def loss_of_categories(self, days: pd.DatetimeIndex) -> float:
        """Return the mean log loss of an item with the profile of its category on the weekday."""
        lost, items = 0.0, 0.0
        for day in days:
            profile = intraday_profile(self.before(day), NO_HOURS, self.settings)
            for category, of_category in self.lines[self.lines.business_date == day].groupby("category"):
                counts = self.counts(of_category)
                lost += log_loss(counts, profile.shares_of(day.day_of_week, [str(category)])[0].sum(axis=0))
                items += counts.sum()
        return lost / items


def log_loss(counts: np.ndarray, shares: np.ndarray) -> float:
    """Return the sum of -log(share) over items."""
    return float(-(counts * np.log(np.maximum(shares, LEAST))).sum())


def to_one(amounts: np.ndarray) -> np.ndarray:
    """Divide amounts by their sum; without any they remain zero."""
    total = amounts.sum()
    return np.asarray(amounts / total if total > 0 else amounts, dtype=float)


def show(bakery: Bakery, days: pd.DatetimeIndex, title: str) -> None:
    """Print the losses of one span of days."""
    print(f"{title}, periods of {bakery.length} min, {days[0].date()} to {days[-1].date()}: log loss an item")
    print(f"{'':28}{'all items':>12}{'by category':>14}")
    own = bakery.loss(days, bakery.profile), bakery.loss_of_categories(days)
    print(f"{'profile':28}{own[0]:12.4f}{own[1]:14.4f}")
    for name, shares in (
        ("even over the open periods", bakery.even),
        ("even from 8 to 18 o'clock", bakery.even_in_hindsight),
        ("same weekday last week", bakery.last_week),
        ("the last seven days", bakery.last_seven_days),
    ):
        found = bakery.loss(days, shares), bakery.loss(days, shares, by_category=True)
        better = " ".join(f"{mine - theirs:+.4f}" for mine, theirs in zip(own, found, strict=True))
        print(f"{name:28}{found[0]:12.4f}{found[1]:14.4f}   profile {better}")


def main() -> None:
    """Print the losses by the hour and by the quarter of an hour."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the data set bread_basket")
    folder = parser.parse_args().data
    if not folder.is_dir():
        print(f"Skipped: the sales of the bakery are not in {folder}. Name their folder with --data.")
        return
    for minutes in (60, 15):
        bakery = Bakery(folder, minutes)
        last = bakery.lines.business_date.max()
        days = pd.DatetimeIndex(sorted(bakery.lines.business_date.unique()))
        test = days[days > last - pd.Timedelta(days=TEST_DAYS)]
        chosen_on = days[(days > last - pd.Timedelta(days=TEST_DAYS + CHOICE_DAYS)) & ~days.isin(test)]
        show(bakery, test, "last four weeks")
        show(bakery, chosen_on, "the eight weeks before")


if __name__ == "__main__":
    main()
