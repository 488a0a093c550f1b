"""Published demand forecasts as rows, for the commands that show them: of items and totals.

This module does without pandas, so that these commands need not wait for it; frames are made of these rows.
"""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from sqlalchemy import Float, cast, func, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import (
    DemandForecast,
    DemandForecastByCategory,
    DemandForecastByRestaurant,
    Total,
)


class ItemForecast(NamedTuple):
    """The forecast of one item for one day; quantities in units."""

    date: dt.date
    item: str
    predicted_quantity: float
    p10: float
    p50: float
    p90: float
    p99: float
    confidence_score: float
    logic_trigger: str
    factors: list[dict[str, Any]]
    status: str
    as_of: dt.date
    id: uuid.UUID


class TotalForecast(NamedTuple):
    """The forecast of all items together for one day; quantities in units."""

    date: dt.date
    item_count: int
    predicted_quantity: float
    p10: float
    p50: float
    p90: float
    p99: float
    as_of: dt.date


class CategoryForecast(NamedTuple):
    """The forecast of one category (None: the items without one) for one day; quantities in units."""

    date: dt.date
    category: str | None
    item_count: int
    predicted_quantity: float
    p10: float
    p50: float
    p90: float
    p99: float
    as_of: dt.date


# The as-of of the newest forecast. Totals are those of this day too, even if it has none.
NEWEST = select(func.max(DemandForecast.as_of)).where(DemandForecast.is_current).scalar_subquery()


def newest_as_of(tx: Tenant) -> dt.date | None:
    """Return the day of the newest published forecast; None without one."""
    return tx.connection.scalar(select(NEWEST))


def list_forecasts(
    tx: Tenant, *, as_of: dt.date | None = None, days: int | None = None, item: str | None = None
) -> list[ItemForecast]:
    """List the current forecasts as of one day, by date and the biggest sellers first; empty without a forecast.

    Args:
        tx: the restaurant's transaction.
        as_of: that day; None for the newest forecast.
        days: only this many days after as_of.
        item: only the item of that name, or else those whose name contains it; upper and lower case are alike.
    """
    row = DemandForecast
    query = (
        select(row.forecast_date, row.menu_item_name, *_quantities(row), row.confidence_score)
        .add_columns(row.logic_trigger, row.factors, row.status, row.as_of, row.id)
        .where(row.is_current, row.as_of == (NEWEST if as_of is None else as_of))
        .order_by(row.forecast_date, row.predicted_quantity.desc(), row.menu_item_name)
    )
    if days is not None:
        query = query.where(row.forecast_date <= row.as_of + days)
    if item is not None:
        query = query.where(row.menu_item_name.icontains(item, autoescape=True))
    rows = [ItemForecast(*each) for each in tx.connection.execute(query)]
    exact = [each for each in rows if item is not None and each.item.casefold() == item.casefold()]
    return exact or rows


def list_totals(tx: Tenant, *, as_of: dt.date | None = None, days: int | None = None) -> list[TotalForecast]:
    """List the current totals of the restaurant as of one day, by date.

    Args:
        tx: the restaurant's transaction.
        as_of: that day; None for the newest that has a forecast.
        days: only this many days after as_of.

    Returns:
        The totals; empty if nothing was forecast, or if the forecast is older than the tables of totals.
    """
    row = DemandForecastByRestaurant
    query = (
        select(row.forecast_date, row.item_count, *_quantities(row), row.as_of)
        .where(row.is_current, row.as_of == (NEWEST if as_of is None else as_of))
        .order_by(row.forecast_date)
    )
    if days is not None:
        query = query.where(row.forecast_date <= row.as_of + days)
    return [TotalForecast(*each) for each in tx.connection.execute(query)]


def list_categories(tx: Tenant, *, as_of: dt.date | None = None, days: int | None = None) -> list[CategoryForecast]:
    """List the current totals of each category, by date and the biggest first; arguments as in `list_totals`."""
    row = DemandForecastByCategory
    query = (
        select(row.forecast_date, row.category, row.item_count, *_quantities(row), row.as_of)
        .where(row.is_current, row.as_of == (NEWEST if as_of is None else as_of))
        .order_by(row.forecast_date, row.predicted_quantity.desc(), row.category)
    )
    if days is not None:
        query = query.where(row.forecast_date <= row.as_of + days)
    return [CategoryForecast(*each) for each in tx.connection.execute(query)]


def rows_of_earlier_runs(tx: Tenant, as_of: dt.date) -> int:
    """Count items' current rows from an earlier run than the totals: a person decided on them before that run."""
    run = select(DemandForecastByRestaurant.algorithm_run_id).where(
        DemandForecastByRestaurant.is_current, DemandForecastByRestaurant.as_of == as_of
    )
    query = select(func.count()).where(
        DemandForecast.is_current,
        DemandForecast.as_of == as_of,
        DemandForecast.algorithm_run_id.not_in(run.distinct()),
    )
    return tx.connection.scalar(query) or 0


def _quantities(row: type[DemandForecast] | type[Total]) -> list[Any]:
    quantiles = (row.p10_quantity, row.p50_quantity, row.p90_quantity, row.p99_quantity)
    return [row.predicted_quantity, *(cast(quantile, Float) for quantile in quantiles)]
