"""Intraday profile: how a day's items spread over its hours, from ticket times or, without them, opening hours.

Which of the hours are staffed is decided in `hours`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.staffing.week import default_minutes, open_minutes


@dataclass(frozen=True, eq=False)
class IntradayProfile:
    """The rhythm of each weekday.

    Attributes:
        share: (7, 24) share of the day's items by weekday (0 = Monday) and local clock hour. Hours after midnight
            belong to the business day before. An open weekday sums to 1, a closed one to 0.
        source: the data that the shares come from.
        history_days: days of ticket times behind each weekday.
    """

    share: np.ndarray
    source: Literal["tickets", "opening_hours"]
    history_days: tuple[int, ...] = (0,) * 7

    def as_metadata(self) -> dict[str, Any]:
        """Return the source of the rhythm and its busiest hour, for a run's record."""
        by_hour = self.share.sum(axis=0)
        return {
            "profile_source": self.source,
            "profile_history_days": int(sum(self.history_days)),
            "profile_busiest_hour": int(by_hour.argmax()) if by_hour.any() else None,
        }


def intraday_profile(
    ticket_hours: pd.DataFrame, opening_hours: pd.DataFrame, settings: StaffingSettings
) -> IntradayProfile:
    """Learn the rhythm of each weekday.

    A weekday's shares are those of its items, shrunk to the shares of all days by a Dirichlet prior that weighs k =
    `labor_profile_shrinkage_days` days: (n own + k all) / (n + k) with n days of its own.

    Args:
        ticket_hours: columns business_date, hour (local clock hour 0..23), quantity; empty if files have no times.
        opening_hours: columns day_of_week, open_time, close_time, is_closed; may be empty.
        settings: how far back to look and how much a weekday borrows.

    Raises:
        PermanentError: an hour is outside 0..23, a quantity isn't a number, or the opening hours are wrong.
    """
    declared = open_minutes(opening_hours)
    sold = _sold_by_day(ticket_hours, settings)
    if len(sold) < settings.labor_profile_minimum_days:
        return _profile_of_hours(declared if declared.any() else default_minutes(settings))
    weekday = pd.DatetimeIndex(sold.index).day_of_week.to_numpy()
    quantity = sold.to_numpy()
    days = np.bincount(weekday, minlength=7)
    own = np.zeros((7, 24))
    np.add.at(own, weekday, quantity)
    all_days = quantity.sum(axis=0) / quantity.sum()
    k = settings.labor_profile_shrinkage_days
    # A weekday never seen has all-zero shares of its own; even with k = 0 it takes those of all days.
    weight = np.where(days > 0, days / np.maximum(days + k, 1e-12), 0.0)[:, None]
    share = weight * _rows_to_one(own) + (1.0 - weight) * all_days
    # A weekday that was seen often and never sold in an hour is closed in it, however busy that hour is on other days.
    share[(days >= settings.labor_profile_closed_days)[:, None] & (own == 0.0)] = 0.0
    if declared.any():
        share[(days == 0) & ~declared.any(axis=1)] = 0.0
    return IntradayProfile(_rows_to_one(share), "tickets", tuple(int(count) for count in days))


def _sold_by_day(ticket_hours: pd.DataFrame, settings: StaffingSettings) -> pd.DataFrame:
    """Return the items of the latest weeks by business date (days with sales only) and clock hour (24 columns)."""
    if ticket_hours.empty:
        return pd.DataFrame(np.zeros((0, 24)))
    hour = pd.to_numeric(ticket_hours["hour"])
    if not hour.between(0, 23).all():
        raise PermanentError(f"Ticket times name the hour {hour[~hour.between(0, 23)].iloc[0]}; expected 0 to 23.")
    # Exact numbers from a database are Decimal, which has no vectorised arithmetic.
    quantity = ticket_hours["quantity"].astype(float)
    if not np.isfinite(quantity).all():
        raise PermanentError("Ticket times have a quantity that isn't a number; expected every line to have one.")
    date = pd.to_datetime(ticket_hours["business_date"])
    recent = date > date.max() - pd.Timedelta(weeks=settings.labor_profile_weeks)
    lines = pd.DataFrame({"date": date, "hour": hour, "quantity": quantity})[recent]
    sold = lines.pivot_table(index="date", columns="hour", values="quantity", aggfunc="sum", fill_value=0.0)
    # Refunds can leave an hour below zero; work cannot be negative.
    sold = sold.reindex(columns=range(24), fill_value=0.0).clip(lower=0.0)
    return sold[sold.sum(axis=1) > 0]


def _profile_of_hours(minutes: np.ndarray) -> IntradayProfile:
    """Return a profile in which every open minute has the same share."""
    return IntradayProfile(_rows_to_one(minutes), "opening_hours")


def _rows_to_one(amounts: np.ndarray) -> np.ndarray:
    """Divide each row by its sum; a row of zeros remains zero."""
    totals = amounts.sum(axis=1, keepdims=True)
    shares: np.ndarray = np.divide(amounts, totals, out=np.zeros_like(amounts), where=totals > 0)
    return shares
