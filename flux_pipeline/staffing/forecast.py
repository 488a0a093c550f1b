"""Staffing forecast: heads per role and period from joint samples of a day's items.

Everything is computed on samples: p50 and p90 are quantiles of the heads of samples, not heads of a quantile. Work is
computed in `_workload`, heads in `_heads`; the sentence that explains a row is built in `_explain`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing._explain import RoleDay, explain
from flux_pipeline.staffing._heads import cheapest_level, decide, needed_heads, quantile
from flux_pipeline.staffing._workload import DayItems, StaffedDay, lay_out, spread_items, work_of
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import UNUSUAL_DAY, IntradayProfile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import REQUIRED_LEVELS, StaffingSettings

ROW_TYPES = {
    "role_id": "str",
    "role_name": "str",
    "date": "datetime64[s]",
    "period_start": "object",
    "period_minutes": "int64",
    "expected_items": "float64",
    "expected_sales": "float64",
    **{f"required_p{100 * level:.0f}": "int64" for level in REQUIRED_LEVELS},
    "recommended_heads": "int64",
    "labor_minutes": "float64",
    "labor_cost": "float64",
    "labor_share": "float64",
    "decided_by": "str",
    "driver": "object",
}


@dataclass(frozen=True, eq=False)
class StaffingDemand:
    """The demand that is staffed for.

    Attributes:
        items: (draws, categories, dates) joint samples of items per day, finite and >= 0.
        categories: their names.
        dates: business dates, each once.
        is_open: (dates,) bool; a closed date gets no row.
        is_unusual: (dates,) bool; a holiday, for example, whose rhythm isn't that of its weekday.
        price: (categories,) mean sales of an item, NaN where they aren't known; None: nowhere.
    """

    items: np.ndarray
    categories: tuple[str, ...]
    dates: pd.DatetimeIndex
    is_open: np.ndarray
    is_unusual: np.ndarray
    price: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = (len(self.categories), len(self.dates))
        if self.items.ndim != 3 or self.items.shape[0] == 0 or self.items.shape[1:] != count:
            raise PermanentError(
                f"Daily items have the shape {self.items.shape}; expected (draws, {count[0]} categories, "
                f"{count[1]} dates)."
            )
        for name, given in (("is_open", self.is_open), ("is_unusual", self.is_unusual)):
            if given.shape != (len(self.dates),) or given.dtype != bool:
                raise PermanentError(f"{name} has the shape {given.shape}; expected one truth value for each date.")
        if not np.isfinite(self.items).all() or (self.items < 0).any():
            raise PermanentError("Daily items hold a value that is negative or not a number; expected counts.")
        if self.dates.has_duplicates:
            raise PermanentError("A date is given twice; expected each once.")
        if self.price is not None and self.price.shape != (len(self.categories),):
            raise PermanentError(f"Prices have the shape {self.price.shape}; expected one for each category.")


@dataclass(frozen=True, eq=False)
class StaffingForecast:
    """Heads per role and period.

    Attributes:
        rows: one for each date, period and role, in that order: role_id, role_name, date (datetime64), period_start
            (datetime.time of the local clock; periods after midnight have the business date before), period_minutes,
            expected_items and expected_sales (means; sales are NaN without a price), required_p50 and required_p90
            (quantiles of heads), recommended_heads (the cheapest), labor_minutes (mean workload), labor_cost (of the
            recommended heads, NaN if the role's cost isn't known), labor_share (that cost over the period's forecast
            sales, NaN if either isn't known), decided_by (a `DecidedBy`), driver (JSON-able dict). A period before
            opening or after closing has a row only for a role that has work then.
        dates_by_fallback: open dates without hours of their own, for which the rhythm or the default hours were used.
    """

    rows: pd.DataFrame
    dates_by_fallback: int = 0

    def as_metadata(self) -> dict[str, Any]:
        """Return sums for a run's record: rows, dates, the most heads, minutes, cost (None if not known)."""
        cost = self.rows["labor_cost"].sum(min_count=1)
        heads = self.rows.groupby(["date", "period_start"])["recommended_heads"].sum()
        # Each role's rows have the sales of all items.
        sales = self.rows.drop_duplicates(["date", "period_start"])["expected_sales"].sum(skipna=False)
        head_hours = (self.rows["recommended_heads"] * self.rows["period_minutes"]).sum() / 60.0
        return {
            "rows": len(self.rows),
            "dates": int(self.rows["date"].nunique()),
            "roles": int(self.rows["role_id"].nunique()),
            "peak_heads": int(heads.max()) if len(heads) else 0,
            "head_hours": round(float(head_hours), 2),
            "labor_minutes": round(float(self.rows["labor_minutes"].sum()), 1),
            "labor_cost": None if pd.isna(cost) else round(float(cost), 2),
            "labor_share": round(float(cost / sales), 4) if sales > 0 and not pd.isna(cost) else None,
            "dates_by_fallback": self.dates_by_fallback,
        }


def forecast_staffing(
    demand: StaffingDemand,
    profile: IntradayProfile,
    periods: pd.DataFrame,
    roles: Sequence[Role],
    settings: StaffingSettings,
    rng: np.random.Generator,
    cutoff: dt.time,
) -> StaffingForecast:
    """Forecast how many heads of each role each period needs.

    Args:
        demand: joint samples of the days ahead.
        profile: the rhythm of the week, in the settings' periods.
        periods: columns date and minute, as `open_periods` returns them; dates that aren't forecast are ignored.
        roles: at least one.
        settings: how work becomes heads, and what an hour too few costs.
        rng: draws how a day's parties are distributed over its periods; the same state gives the same rows.
        cutoff: the local time at which a business day ends.

    Raises:
        PermanentError: there is no role, or profile and periods don't fit together.
    """
    _check(roles, periods, profile, settings)
    open_dates = demand.dates[demand.is_open]
    staffed, by_fallback = _staffed_periods(open_dates, periods, profile, settings, cutoff)
    blocks = []
    for at in np.flatnonzero(demand.is_open).tolist():
        date = demand.dates[at]
        day = lay_out(staffed["minute"][staffed["date"] == date].to_numpy(), settings, cutoff)
        kind = UNUSUAL_DAY if demand.is_unusual[at] else date.day_of_week
        share = _open_share(profile.shares_of(kind, demand.categories), day.minute[day.is_open], settings)
        items = spread_items(demand.items[:, :, at], share, settings.labor_items_per_party, rng)
        of_day = [_rows_of_role(role, items, day, at, demand, profile, settings) for role in roles]
        blocks.append(pd.concat(of_day).sort_index(kind="stable"))
    if not blocks:
        return StaffingForecast(pd.DataFrame(columns=list(ROW_TYPES)).astype(ROW_TYPES))
    rows = pd.concat(blocks, ignore_index=True)
    return StaffingForecast(rows[list(ROW_TYPES)].astype(ROW_TYPES), by_fallback)


def _check(roles: Sequence[Role], periods: pd.DataFrame, profile: IntradayProfile, settings: StaffingSettings) -> None:
    if not roles:
        raise PermanentError(
            "The restaurant has no active role to staff; expected at least one. Add it with "
            "`flux roles add Kitchen --items-per-hour 30`, or take one in again with `flux roles set NAME --active`."
        )
    length = settings.labor_period_minutes
    if profile.period_minutes != length:
        raise PermanentError(f"The rhythm has periods of {profile.period_minutes} minutes; expected {length}.")
    if periods.duplicated(["date", "minute"]).any():
        raise PermanentError("A period of a date is given twice; expected each once.")
    if not periods["minute"].between(0, 1439).all() or (periods["minute"] % length).any():
        raise PermanentError(f"Periods to staff don't begin at a multiple of {length} minutes from 0 to 1439.")


def _staffed_periods(
    open_dates: pd.DatetimeIndex,
    periods: pd.DataFrame,
    profile: IntradayProfile,
    settings: StaffingSettings,
    cutoff: dt.time,
) -> tuple[pd.DataFrame, int]:
    """Return the periods of the open dates, and for how many dates they are guessed (special openings)."""
    known = periods[periods["date"].isin(open_dates)]
    without = open_dates[~open_dates.isin(known["date"])]
    nothing_declared = pd.DataFrame(columns=["day_of_week", "open_time", "close_time", "is_closed"])
    guessed = open_periods(without, nothing_declared, profile, settings, cutoff)
    both = pd.concat([known[["date", "minute"]], guessed]) if len(guessed) else known[["date", "minute"]]
    return both.astype({"minute": np.int64}), len(without)


def _open_share(share: np.ndarray, minutes: np.ndarray, settings: StaffingSettings) -> np.ndarray:
    """Return shares (categories, channels, open periods) that sum to 1 for each category.

    Items that the rhythm has outside the open periods (a late bill, hours that changed) are work too, so they are
    spread over the open ones. A channel whose rhythm has nothing in them is spread evenly.
    """
    of_channel = share.sum(axis=2, keepdims=True)
    inside = share[..., minutes // settings.labor_period_minutes]
    total = inside.sum(axis=2, keepdims=True)
    even = np.full_like(inside, 1.0 / len(minutes))
    within = np.where(total > 0, inside / np.where(total > 0, total, 1.0), even)
    # A weekday off has no channels either.
    known = of_channel.sum(axis=1, keepdims=True) > 0
    channels = np.where(known, of_channel, 1.0 / share.shape[1])
    shares: np.ndarray = within * channels / channels.sum(axis=1, keepdims=True)
    return shares


def _rows_of_role(
    role: Role,
    items: DayItems,
    day: StaffedDay,
    at: int,
    demand: StaffingDemand,
    profile: IntradayProfile,
    settings: StaffingSettings,
) -> pd.DataFrame:
    """Return a role's rows of the date at a place in the demand, by the period's place in the day."""
    work = work_of(role, items, demand.categories, profile.channels, day, settings)
    needed = needed_heads(work, day.part, role, settings)
    level = cheapest_level(settings.labor_understaffed_cost)
    heads = quantile(needed.bounded, level)
    cost = heads * (np.nan if role.hourly_cost is None else role.hourly_cost) * settings.labor_period_minutes / 60.0
    by_category = items.by_category(day)
    expected = by_category.sum(axis=0)
    sales = _sales(demand, by_category)
    decided = decide(needed, work, day.part, role, level)
    date = demand.dates[at]
    of_day = RoleDay(date, bool(demand.is_unusual[at]), day, role, work, expected, heads, decided)
    rows = pd.DataFrame(
        {
            "role_id": role.id,
            "role_name": role.name,
            "date": date,
            "period_start": [dt.time(*divmod(int(minute), 60)) for minute in day.minute],
            "period_minutes": settings.labor_period_minutes,
            "expected_items": expected,
            "expected_sales": sales,
            **{f"required_p{100 * each:.0f}": quantile(needed.bounded, each) for each in REQUIRED_LEVELS},
            "recommended_heads": heads,
            "labor_minutes": work.minutes.mean(axis=0),
            "labor_cost": cost,
            "labor_share": np.divide(cost, sales, out=np.full(len(sales), np.nan), where=sales > 0),
            "decided_by": [str(each) for each in decided],
            "driver": pd.Series(explain(of_day, profile, settings), dtype=object),
        }
    )
    return rows[work.is_on]


def _sales(demand: StaffingDemand, by_category: np.ndarray) -> np.ndarray:
    """Return the forecast sales of each period; NaN if it has items without a price."""
    price = np.full(len(by_category), np.nan) if demand.price is None else demand.price
    sales: np.ndarray = np.where(by_category > 0, price[:, None] * by_category, 0.0).sum(axis=0)
    return sales
