"""Staffing forecast: heads per role and hour from joint samples of a day's items.

Everything is computed on samples: an hour's quantile is that of its samples, never a share of the day's quantile.
The sentence that explains a row is built in `_explain`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing._explain import explain
from flux_pipeline.staffing.hours import open_hours
from flux_pipeline.staffing.profile import IntradayProfile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import StaffingSettings

ROW_TYPES = {
    "role_id": "str",
    "role_name": "str",
    "date": "datetime64[s]",
    "hour": "int64",
    "expected_items": "float64",
    "required_p50": "int64",
    "required_p90": "int64",
    "recommended_heads": "int64",
    "labor_minutes": "float64",
    "labor_cost": "float64",
    "driver": "object",
}

# Work that fills its heads to the last minute must not need one more because of a rounding error in the last decimal.
ROUNDING_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class StaffingForecast:
    """Heads per role and open hour.

    Attributes:
        rows: one for each date, hour and role, in that order: role_id, role_name, date (datetime64), hour (local clock
            hour; those after midnight have the business date before), expected_items (mean), required_p50 and
            required_p90 (heads for the median and the 90 % workload), recommended_heads (heads for the service level),
            labor_minutes (mean workload), labor_cost (of the recommended heads, NaN if the role's cost isn't known),
            driver (JSON-able dict).
        dates_by_fallback: open dates without hours of their own, for which the rhythm or the default hours were used.
    """

    rows: pd.DataFrame
    dates_by_fallback: int = 0

    def as_metadata(self) -> dict[str, Any]:
        """Return sums for a run's record: rows, dates, the busiest hour's heads, minutes, cost (None if not known)."""
        cost = self.rows["labor_cost"].sum(min_count=1)
        heads = self.rows.groupby(["date", "hour"])["recommended_heads"].sum()
        return {
            "rows": len(self.rows),
            "dates": int(self.rows["date"].nunique()),
            "roles": int(self.rows["role_id"].nunique()),
            "peak_heads": int(heads.max()) if len(heads) else 0,
            "head_hours": int(self.rows["recommended_heads"].sum()),
            "labor_minutes": round(float(self.rows["labor_minutes"].sum()), 1),
            "labor_cost": None if pd.isna(cost) else round(float(cost), 2),
            "dates_by_fallback": self.dates_by_fallback,
        }


def forecast_staffing(
    daily_items: np.ndarray,
    dates: pd.DatetimeIndex,
    is_open: np.ndarray,
    profile: IntradayProfile,
    hours: pd.DataFrame,
    roles: Sequence[Role],
    settings: StaffingSettings,
    rng: np.random.Generator,
) -> StaffingForecast:
    """Forecast how many heads of each role each open hour needs.

    A head gets 60 × utilization minutes of work done in an hour; heads = ceil(workload quantile / that), at least the
    role's minimum. Workload = items × minutes_per_item + minutes_per_open_hour.

    Args:
        daily_items: (draws, dates) joint samples of the restaurant's items per day, finite and >= 0.
        dates: the business dates of its columns, each once.
        is_open: (dates,) bool; a closed date gets no row.
        profile: the rhythm of the week.
        hours: columns date and hour, as `open_hours` returns them; dates that aren't forecast are ignored.
        roles: at least one.
        settings: utilization, service level, size of a party.
        rng: draws how a day's parties are distributed over its hours; the same state gives the same rows.

    Raises:
        PermanentError: there is no role, or samples, dates and hours don't fit together.
    """
    if not roles:
        raise PermanentError("The restaurant has no active role to staff; add one to employee_roles, e.g. Kitchen.")
    _check(daily_items, dates, is_open, hours)
    open_dates = dates[is_open]
    staffed, by_fallback = _staffed_hours(open_dates, hours, profile, settings)
    if staffed.empty:
        return StaffingForecast(pd.DataFrame(columns=list(ROW_TYPES)).astype(ROW_TYPES))
    cells = _cells(daily_items[:, is_open], open_dates, staffed, profile, settings, rng)
    blocks = [_rows_of_role(cells, role, profile, settings) for role in roles]
    rows = pd.concat(blocks).sort_index(kind="stable").reset_index(drop=True)
    return StaffingForecast(rows.astype(ROW_TYPES), by_fallback)


def _check(daily_items: np.ndarray, dates: pd.DatetimeIndex, is_open: np.ndarray, hours: pd.DataFrame) -> None:
    if daily_items.ndim != 2 or daily_items.shape[0] == 0 or daily_items.shape[1] != len(dates):
        raise PermanentError(f"Daily items have the shape {daily_items.shape}; expected (draws, {len(dates)} dates).")
    if is_open.shape != (len(dates),) or is_open.dtype != bool:
        raise PermanentError(f"is_open has the shape {is_open.shape}; expected one truth value for each date.")
    if not np.isfinite(daily_items).all() or (daily_items < 0).any():
        raise PermanentError("Daily items hold a value that is negative or not a number; expected counts.")
    if dates.has_duplicates or hours.duplicated(["date", "hour"]).any():
        raise PermanentError("A date, or an hour of a date, is given twice; expected each once.")
    if not hours["hour"].between(0, 23).all():
        raise PermanentError("Hours to staff lie outside 0 to 23; expected clock hours.")


def _staffed_hours(
    open_dates: pd.DatetimeIndex, hours: pd.DataFrame, profile: IntradayProfile, settings: StaffingSettings
) -> tuple[pd.DataFrame, int]:
    """Return the hours of the open dates, by date, and for how many dates they are guessed (special openings)."""
    known = hours[hours["date"].isin(open_dates)]
    without = open_dates[~open_dates.isin(known["date"])]
    nothing_declared = pd.DataFrame(columns=["day_of_week", "open_time", "close_time", "is_closed"])
    guessed = open_hours(without, nothing_declared, profile, settings)
    both = pd.concat([known[["date", "hour"]], guessed]) if len(guessed) else known[["date", "hour"]]
    return both.sort_values("date", kind="stable").reset_index(drop=True).astype({"hour": np.int64}), len(without)


def _cells(
    daily_items: np.ndarray,
    dates: pd.DatetimeIndex,
    staffed: pd.DataFrame,
    profile: IntradayProfile,
    settings: StaffingSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return each staffed hour with its share of the day and its items: mean, p50, p90, service level's quantile."""
    column, hour = dates.get_indexer(pd.DatetimeIndex(staffed["date"])), staffed["hour"].to_numpy()
    share = _shares(profile, dates, column, hour)
    items = _items_by_hour(daily_items, share, settings.labor_items_per_party, rng)[:, column, hour]
    return staffed.assign(
        share=share[column, hour],
        expected_items=items.mean(axis=0),
        p50=_quantile(items, 0.5),
        p90=_quantile(items, 0.9),
        service=_quantile(items, settings.labor_service_level),
    )


def _shares(profile: IntradayProfile, dates: pd.DatetimeIndex, column: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Return shares (dates, 24) that sum to 1 over the staffed hours of each date.

    Items that the rhythm has outside the staffed hours (a late bill, hours that changed) are work too, so they are
    spread over the staffed hours. A date whose rhythm has nothing in the staffed hours is spread evenly.
    """
    staffed = np.zeros((len(dates), 24))
    staffed[column, hour] = 1.0
    share: np.ndarray = profile.share[dates.day_of_week.to_numpy()] * staffed
    share = np.where(share.sum(axis=1, keepdims=True) > 0, share, staffed)
    share /= share.sum(axis=1, keepdims=True)
    return share


def _items_by_hour(
    daily_items: np.ndarray, share: np.ndarray, items_per_party: float, rng: np.random.Generator
) -> np.ndarray:
    """Distribute parties over hours by a multinomial, each with an equal part of its day's items.

    Returns (draws, dates, 24) items. The hours of a draw sum to its day's items, fractions too. Given a total N, an
    hour of share w has the variance items_per_party × N w (1 - w), because guests arrive together.
    """
    parties = np.maximum(np.rint(daily_items / items_per_party), 1).astype(np.int64)
    arrivals = rng.multinomial(parties, share)
    items: np.ndarray = arrivals * (daily_items / parties)[..., None]
    return items


def _quantile(samples: np.ndarray, level: float) -> np.ndarray:
    """Return, by column, the smallest sample that at least a share `level` of the samples doesn't exceed."""
    # The slack keeps 0.9 × 500 from being the 451st sample.
    rank = int(np.ceil(level * len(samples) - ROUNDING_SLACK)) - 1
    return np.asarray(np.partition(samples, rank, axis=0)[rank])


def _rows_of_role(
    cells: pd.DataFrame, role: Role, profile: IntradayProfile, settings: StaffingSettings
) -> pd.DataFrame:
    """Compute a role's rows. Workload rises with items, so its quantile is the workload of the items' quantile."""
    heads = _heads(cells["service"], role, settings)
    minutes = cells["expected_items"] * role.minutes_per_item + role.minutes_per_open_hour
    rows = pd.DataFrame(
        {
            "role_id": role.id,
            "role_name": role.name,
            "date": cells["date"],
            "hour": cells["hour"],
            "expected_items": cells["expected_items"],
            "required_p50": _heads(cells["p50"], role, settings),
            "required_p90": _heads(cells["p90"], role, settings),
            "recommended_heads": heads,
            "labor_minutes": minutes,
            "labor_cost": heads * (np.nan if role.hourly_cost is None else role.hourly_cost),
        }
    )
    return rows.assign(driver=explain(rows, cells["share"], role, profile, settings))


def _heads(items: pd.Series, role: Role, settings: StaffingSettings) -> pd.Series:
    workload = items * role.minutes_per_item + role.minutes_per_open_hour
    heads = np.ceil(workload / (60.0 * settings.labor_utilization) - ROUNDING_SLACK)
    whole: pd.Series = heads.clip(lower=role.minimum_heads).astype(np.int64)
    return whole
