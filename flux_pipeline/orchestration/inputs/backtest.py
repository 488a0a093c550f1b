"""What is read for backtests, for judging published forecasts and for the choice of who forecasts. No formula here."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.inputs.evidence import days_sold_on
from flux_pipeline.demand.judging.backtest import KnownThen, backtest_origins
from flux_pipeline.demand.judging.choice import ForecasterChoice, choose_forecaster, weekly_comparisons
from flux_pipeline.demand.settings import (
    LONGEST_HORIZON_DAYS,
    BacktestSettings,
    CalendarSettings,
    DemandSettings,
    FallbackSettings,
)
from flux_pipeline.orchestration.inputs.demand import demand_inputs
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.accuracy import Unjudged, posterior_of, unjudged_forecasts
from flux_pipeline.store.forecasts.backtests import backtest_comparisons, published_losses
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.sales.history import last_sale, sales_history


@dataclass(frozen=True)
class BacktestInputs:
    """What came, and what was known at each origin; `last_day` is the newest day that is judged."""

    last_day: dt.date
    sales: pd.DataFrame
    known: Mapping[dt.date, KnownThen]
    settings: DemandSettings
    params: Mapping[str, Any]
    history_days: int

    def as_values(self) -> Mapping[str, Any]:
        """Everything that can change the result, to hash. The sales of each origin are the first of all sales."""
        values: dict[str, Any] = {"sales": self.sales}
        for origin, known in self.known.items():
            values[f"{origin} days"] = known.days
            values[f"{origin} items"] = known.items
            values[f"{origin} item_days"] = known.item_days
        return values


def backtest_inputs(tx: Tenant, as_of: dt.date, weeks: int | None) -> BacktestInputs:
    """Read what came up to `as_of`, and what was known at each origin: sales as corrected since, others as then.

    Args:
        tx: the restaurant's transaction.
        as_of: no later day is looked at.
        weeks: how many origins; None: as the restaurant has set.
    """
    settings, calendar = read_settings(tx, DemandSettings), read_settings(tx, CalendarSettings)
    backtest = read_settings(tx, BacktestSettings)
    if weeks is not None:
        backtest = BacktestSettings(**(backtest.model_dump() | {"backtest_weeks": weeks}))
    last = last_sale(tx, as_of) or as_of
    back = settings.forecast_history_days + 7 * backtest.backtest_weeks + LONGEST_HORIZON_DAYS
    sales = sales_history(tx, last - dt.timedelta(days=back), last)
    sold_on = days_sold_on(sales)
    origins = backtest_origins(sold_on, settings.forecast_horizon_days, backtest)
    known = {origin: _known(tx, origin, settings, calendar) for origin in origins}
    parts = [each.model_dump(mode="json") for each in (settings, calendar, backtest)]
    params = {key: value for part in parts for key, value in part.items()}
    return BacktestInputs(last, sales, known, settings, params, len(sold_on))


def _known(tx: Tenant, origin: dt.date, settings: DemandSettings, calendar: CalendarSettings) -> KnownThen:
    inputs = demand_inputs(tx, origin, tx.restaurant.end_of_business_day(origin), settings, calendar)
    # Where the inputs have promotions and prices, a backtest has them too.
    return KnownThen(inputs.sales, inputs.days, inputs.items, inputs.item_days, inputs.seed)


@dataclass(frozen=True)
class AccuracyInputs:
    """Published forecasts whose days have come, what came, and what the four-week rule is made of."""

    unjudged: Unjudged
    sales: pd.DataFrame
    posteriors: Mapping[dt.date, DemandPosterior]
    settings: DemandSettings

    def as_values(self) -> Mapping[str, Any]:
        """Everything that can change the result, to hash."""
        return {"days": self.unjudged.days, "published": self.unjudged.published, "actuals": self.unjudged.actuals}


def accuracy_inputs(tx: Tenant, last_day: dt.date) -> AccuracyInputs:
    """Read what is to be judged, of days up to `last_day`; only then the rest."""
    settings = read_settings(tx, DemandSettings)
    unjudged = unjudged_forecasts(tx, last_day)
    published = unjudged.published
    if published.empty:
        return AccuracyInputs(unjudged, pd.DataFrame(), {}, settings)
    first = published.as_of.min() - dt.timedelta(days=settings.forecast_history_days)
    runs = published.groupby("as_of")["algorithm_run_id"].first()
    kept = {as_of: posterior_of(tx, run_id) for as_of, run_id in zip(runs.index, runs, strict=True)}
    posteriors = {as_of: posterior for as_of, posterior in kept.items() if posterior is not None}
    return AccuracyInputs(unjudged, sales_history(tx, first, published.as_of.max()), posteriors, settings)


def forecaster_choice(tx: Tenant, as_of: dt.date) -> ForecasterChoice:
    """Who forecasts from `as_of`: by backtests that judged no later day, and published forecasts of days before it.

    Sales are as corrected since, as the forecast's own are.
    """
    comparisons = [*backtest_comparisons(tx, as_of), *weekly_comparisons(published_losses(tx, as_of), as_of)]
    return choose_forecaster(comparisons, read_settings(tx, FallbackSettings))
