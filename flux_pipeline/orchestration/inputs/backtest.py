"""Inputs of a backtest: the sales, and the facts as known at each day that it forecasts from."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flux_pipeline.demand.inputs.evidence import days_sold_on
from flux_pipeline.demand.judging.backtest import KnownThen, backtest_origins
from flux_pipeline.demand.settings import (
    LONGEST_HORIZON_DAYS,
    BacktestSettings,
    CalendarSettings,
    DemandSettings,
)
from flux_pipeline.orchestration.inputs.demand import demand_inputs
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.sales.history import last_sale, sales_history


@dataclass(frozen=True)
class BacktestInputs:
    """The sales, and the facts as known at each origin; without an origin there is nothing to compute.

    Attributes:
        as_of: the newest day that is scored.
        sales: item, date, quantity, up to that day.
        known: the facts as known at each origin.
        settings: the settings of the forecasts.
        history_days: the number of days with sales.
        least_days: the number of days with sales that a backtest needs.
    """

    as_of: dt.date
    sales: pd.DataFrame
    known: Mapping[dt.date, KnownThen]
    settings: DemandSettings
    history_days: int
    least_days: int

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it; `sales` includes the sales of each origin."""
        values: dict[str, Any] = {"sales": self.sales}
        for origin, known in self.known.items():
            values[f"{origin} days"] = known.days
            values[f"{origin} items"] = known.items
            values[f"{origin} item_days"] = known.item_days
            values[f"{origin} priors"] = known.priors.as_values()
        return values


def backtest_inputs(
    tx: Tenant, work: Work, settings: DemandSettings, calendar: CalendarSettings, backtest: BacktestSettings
) -> BacktestInputs:
    """Read the sales up to the day of `work`, with all later corrections, and the facts as known at each origin."""
    last = last_sale(tx, work.as_of) or work.as_of
    back = settings.forecast_history_days + 7 * backtest.backtest_weeks + LONGEST_HORIZON_DAYS
    sales = sales_history(tx, last - dt.timedelta(days=back), last)
    sold_on = days_sold_on(sales)
    origins = backtest_origins(sold_on, settings.forecast_horizon_days, backtest)
    known = {origin: _known(tx, origin, settings, calendar) for origin in origins}
    least_days = backtest.backtest_min_history_days + settings.forecast_horizon_days
    return BacktestInputs(last, sales, known, settings, len(sold_on), least_days)


def _known(tx: Tenant, origin: dt.date, settings: DemandSettings, calendar: CalendarSettings) -> KnownThen:
    inputs = demand_inputs(tx, origin, tx.restaurant.end_of_business_day(origin), settings, calendar)
    return KnownThen(inputs.sales, inputs.days, inputs.items, inputs.item_days, inputs.seed, inputs.priors)
