"""Measures of published forecasts: the database adds up the losses, `demand.judging.losses` computes the measures."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Float, Integer, Select, and_, cast, func, select

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.judging.losses import NOMINAL_COVERAGE, coverage_margin, measures
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.accuracy import ForecastAccuracy as Row
from flux_pipeline.store.models.menu import MenuItem

By = Literal["days_ahead", "item", "weekday"]
INSIDE = and_(Row.p10_quantity < Row.actual_quantity, Row.actual_quantity < Row.p90_quantity)
SUMS = {
    "row_count": func.count(),
    "actual_quantity": cast(func.sum(Row.actual_quantity), Float),
    "absolute_error": func.sum(Row.absolute_error),
    "error": func.sum(Row.error),
    "pinball_loss": func.sum(Row.pinball_loss),
    "is_within_p10_p90": func.sum(cast(Row.is_within_p10_p90, Integer)),
    "is_within_p99": func.sum(cast(Row.is_within_p99, Integer)),
    "is_inside_p10_p90": func.sum(cast(INSIDE, Integer)),
    "day_count": func.count(Row.forecast_date.distinct()),
    "four_week_absolute_error": func.sum(Row.four_week_absolute_error),
    "four_week_pinball_loss": func.sum(Row.four_week_pinball_loss),
}


@dataclass(frozen=True)
class ScoredWindow:
    """The scored forecasts to measure: for days from `first` to `last`, in time or (`look_backs`) look backs."""

    first: dt.date
    last: dt.date
    days: int
    look_backs: bool


def scored_window(tx: Tenant, days: int) -> ScoredWindow | None:
    """Find the newest `days` calendar days with scored forecasts; look backs count only if none were in time.

    None if nothing was scored yet.
    """
    query = select(func.bool_and(Row.is_retrospective), func.max(Row.forecast_date))
    for kind in (query.where(~Row.is_retrospective), query):
        look_backs, last = tx.connection.execute(kind).one()
        if last is not None:
            break
    else:
        return None
    first = last - dt.timedelta(days=days - 1)
    window = ScoredWindow(first, last, 0, bool(look_backs))
    count = select(func.count(Row.forecast_date.distinct()), func.min(Row.forecast_date)).where(*_which(window))
    counted, earliest = tx.connection.execute(count).one()
    return ScoredWindow(earliest, last, counted, bool(look_backs))


def measured(tx: Tenant, window: ScoredWindow, by: By | None = None, *, item: str | None = None) -> pd.DataFrame:
    """Measure the forecasts of items, all together or by days ahead, item or weekday.

    Args:
        tx: the restaurant's transaction.
        window: the forecasts to measure.
        by: the grouping; items are ordered by quantity sold.
        item: only items whose name contains this; upper and lower case are alike.

    Returns:
        The column named by `by`, row_count, day_count, actual_quantity and the columns of
        `demand.judging.losses.measures`; coverage_inside_p10_p90, without quantities that are p10 or p90; and
        coverage_verdict and p99_verdict: "too few", "too many" or "", as the view `forecast_coverage` decides.
    """
    query = _sums(window, by).where(Row.menu_item_id.is_not(None))
    if item is not None:
        query = query.where(MenuItem.name.icontains(item, autoescape=True))
    rows = _measured(tx, query, by)
    return rows.sort_values("actual_quantity", ascending=False, ignore_index=True) if by == "item" else rows


def measured_totals(tx: Tenant, window: ScoredWindow, by: By | None = None) -> pd.DataFrame:
    """Measure the forecasts of the day's total over all items, which have quantiles of their own."""
    return _measured(tx, _sums(window, by).where(Row.menu_item_id.is_(None)), by)


def accuracy_by_days_ahead(tx: Tenant, window: ScoredWindow) -> pd.DataFrame:
    """Measure the day's total for a picture: days_ahead, n (days), wape, four_week_wape, coverage.

    The coverage is the share within p10 to p90.
    """
    names = {"coverage_p10_p90": "coverage", "row_count": "n"}
    rows = measured_totals(tx, window, "days_ahead").rename(columns=names)
    return rows[["days_ahead", "n", "wape", "four_week_wape", "coverage"]]


def _which(window: ScoredWindow) -> list[ColumnElement[bool]]:
    in_window = Row.forecast_date.between(window.first, window.last)
    return [in_window, Row.is_retrospective.is_(window.look_backs)]


def _sums(window: ScoredWindow, by: By | None) -> Select[Any]:
    keys: dict[str, Any] = {
        "days_ahead": Row.days_ahead,
        "item": MenuItem.name,
        "weekday": cast(func.extract("isodow", Row.forecast_date), Integer),
    }
    key: list[ColumnElement[Any]] = [] if by is None else [keys[by].label(by)]
    query = select(*key, *[total.label(name) for name, total in SUMS.items()]).where(*_which(window))
    query = query.select_from(Row).join(MenuItem, MenuItem.id == Row.menu_item_id, isouter=True)
    return query if by is None else query.group_by(keys[by]).order_by(keys[by])


def _measured(tx: Tenant, query: Select[Any], by: By | None) -> pd.DataFrame:
    columns = [*([] if by is None else [by]), *SUMS]
    sums = pd.DataFrame(tx.connection.execute(query).all(), columns=columns)
    rows = _with_verdicts(measures(sums[sums.row_count > 0]))
    if by == "weekday":
        rows = rows.assign(weekday=[WEEKDAYS[int(number) - 1] for number in rows.weekday])
    return rows


def _with_verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """Say where shares of actuals are further from their nominal one than chance explains."""
    rows = rows.assign(coverage_inside_p10_p90=rows.is_inside_p10_p90 / rows.row_count)
    margin, of_p99 = ([coverage_margin(days, share) for days in rows.day_count] for share in (NOMINAL_COVERAGE, 0.99))
    too_few = rows.coverage_p10_p90 < NOMINAL_COVERAGE - np.array(margin)
    too_many = rows.coverage_inside_p10_p90 > NOMINAL_COVERAGE + np.array(margin)
    return rows.drop(columns="is_inside_p10_p90").assign(
        coverage_verdict=np.select([too_few, too_many], ["too few", "too many"], ""),
        p99_verdict=np.where(rows.coverage_p99 < 0.99 - np.array(of_p99), "too few", ""),
    )
