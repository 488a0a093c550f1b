"""Backtests: past forecasts by the model and by the four-week rule, a week apart, compared with actual sales.

Walk-forward over a restaurant's own history: at each origin both forecast with what was known then, which the caller
provides. A backtest changes no figure of the model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.demand.distribution.posterior import sum_quantiles, sum_samples
from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.forecast import MODEL_NAME, forecast_panel
from flux_pipeline.demand.inputs.panel import Floats, build_panel
from flux_pipeline.demand.inputs.tables import SalesTable, take_apart, take_apart_sales
from flux_pipeline.demand.judging._reliability import LEVELS, reliability
from flux_pipeline.demand.judging.losses import Accuracy, add_up, losses_beside_rule, measures
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors
from flux_pipeline.demand.result import DemandForecast, Figures
from flux_pipeline.demand.rule.four_weeks import forecast_panel_by_four_weeks
from flux_pipeline.demand.settings import BacktestSettings, DemandSettings

WEEK = dt.timedelta(days=7)
SalesKnown = Literal["as known then", "as corrected since"]


@dataclass(frozen=True)
class KnownThen:
    """The inputs as known at an origin; frames as `forecast_demand` takes them."""

    sales: pd.DataFrame
    days: pd.DataFrame
    items: pd.DataFrame | None = None
    item_days: pd.DataFrame | None = None
    seed: int = 0
    priors: DemandPriors = NO_PRIORS


@dataclass(frozen=True)
class Backtest:
    """Losses of the model and of the rule (four_week_...), one row per forecast, in `items` and in `totals`.

    `items`: origin, item, date, days_ahead, actual_quantity and the columns of `losses` for the model and the rule, for
    every forecast item on every day that turned out to be an evidence day. `totals`: the same for the sum over items,
    quantiles from joint samples. `reliability`: that of the model, by "items" and "total" (see `reliability`).
    """

    origins: list[dt.date]
    items: pd.DataFrame
    totals: pd.DataFrame
    reliability: dict[str, pd.DataFrame]
    sales_known: SalesKnown
    model_name: str = MODEL_NAME

    @property
    def last_day(self) -> dt.date:
        """The last day that was compared; no later day had any influence."""
        return pd.Timestamp(self.totals.date.max()).date()

    def measures(self) -> pd.DataFrame:
        """Return one row for all items ("items"), one for the daily total ("total"), and one per item ("item").

        Returns:
            scope, item (missing except for "item"), row_count, and the columns of `losses.measures`.
        """
        parts = [
            measures(add_up(self.items)).assign(scope="items", item=None),
            measures(add_up(self.totals)).assign(scope="total", item=None),
            measures(add_up(self.items, ["item"])).assign(scope="item"),
        ]
        return pd.concat(parts, ignore_index=True)

    def as_metadata(self) -> dict[str, Any]:
        """Return counts, the window, and the measures over all items and of the total."""
        of_items, of_total = (Accuracy.of(measures(add_up(rows)).iloc[0]) for rows in (self.items, self.totals))
        days = self.totals.date
        return {
            "model_name": self.model_name,
            "sales_known": self.sales_known,
            "origins": [origin.isoformat() for origin in self.origins],
            "items": int(self.items["item"].nunique()),
            "forecasts_judged": len(self.items),
            "window_from": pd.Timestamp(days.min()).date().isoformat(),
            "window_to": self.last_day.isoformat(),
            **of_items.as_metadata(),
            **{f"total_{name}": value for name, value in of_total.as_metadata().items() if name != "row_count"},
        }


def backtest_origins(sold_on: pd.DatetimeIndex, horizon_days: int, settings: BacktestSettings) -> list[dt.date]:
    """Return the days to forecast from, oldest first, a week apart, with enough history and the whole horizon past.

    Args:
        sold_on: the days with a sale, up to the last one that may be used.
        horizon_days: the horizon of each forecast.
        settings: the number of forecasts and the least history.
    """
    known = pd.DatetimeIndex(sold_on).unique().sort_values()
    if not len(known):
        return []
    newest = known[-1].date() - dt.timedelta(days=horizon_days)
    origins = [newest - WEEK * n for n in reversed(range(settings.backtest_weeks))]
    least = settings.backtest_min_history_days
    return [origin for origin in origins if (known <= pd.Timestamp(origin)).sum() >= least]


def backtest_demand(
    known_at: Callable[[dt.date], KnownThen],
    sales: pd.DataFrame,
    *,
    origins: list[dt.date],
    settings: DemandSettings,
    sales_known: SalesKnown,
) -> Backtest:
    """Forecast from each origin by the model and by the four-week rule, and compare both with actual sales.

    Args:
        known_at: returns the inputs as known at the end of a day, which is not checked; sales after that day are
            dropped.
        sales: actual sales: item, date, quantity, one row per item and day with a sale. A day without any sale is not
            evidence (closed, or no upload) and is not compared.
        origins: the days to forecast from (see `backtest_origins`), at least one.
        settings: settings of the model.
        sales_known: whether the sales that `known_at` returns are those known then, or include all later corrections.

    Raises:
        PermanentError: a frame of `known_at` is not as `forecast_demand` needs it.
    """
    actuals = take_apart_sales(sales)
    compared = [_compare(origin, known_at(origin), actuals, settings) for origin in origins]
    items, totals = (_with_losses([each[at] for each in compared]) for at in (0, 1))
    shares = {name: reliability(rows.actual_quantity.to_numpy(), _quantiles(rows)) for name, rows in
              (("items", items), ("total", totals))}  # fmt: skip
    plain = [column for column in items if not str(column).startswith("q0.")]
    return Backtest(origins, items[plain], totals[[c for c in plain if c != "item"]], shares, sales_known)


@dataclass(frozen=True)
class _Compared:
    """Forecasts of N actuals from one origin by model and rule; quantiles at LEVELS. `item` of totals is None."""

    origin: dt.date
    item: npt.NDArray[np.object_]
    date: npt.NDArray[np.datetime64]
    actual: Floats
    model: Figures
    rule: Figures


def _compare(
    origin: dt.date, known: KnownThen, actuals: SalesTable, settings: DemandSettings
) -> tuple[_Compared, _Compared]:
    """Return the forecasts of each item and of the total on the evidence days after an origin."""
    panel = build_panel(take_apart(known.sales, known.days, known.items, known.item_days), origin, settings)
    model, rule = (
        forecaster(panel, settings=settings, quantiles=LEVELS, seed=known.seed)
        for forecaster in (partial(forecast_panel, priors=known.priors), forecast_panel_by_four_weeks)
    )
    items, dates = model.posterior.items, panel.horizon
    is_evidence = np.isin(dates, actuals.day[actuals.quantity > 0])
    sold = np.maximum(actuals.on(items, dates), 0.0)
    at = np.tile(is_evidence, len(items))
    of_items = _Compared(
        origin,
        np.repeat(np.array(items, dtype=object), len(dates))[at],
        np.tile(dates, len(items))[at],
        sold.ravel()[at],
        *(Figures(one.figures.mean[at], one.figures.quantiles[at]) for one in (model, rule)),
    )
    none = np.full(len(dates), None, dtype=object)
    totals = (_total(one, len(dates)) for one in (model, rule))
    of_total = _Compared(
        origin,
        none[is_evidence],
        dates[is_evidence],
        sold.sum(axis=0)[is_evidence],
        *(Figures(one.mean[is_evidence], one.quantiles[is_evidence]) for one in totals),
    )
    return of_items, of_total


def _total(forecast: DemandForecast, days: int) -> Figures:
    """Return mean (H,) and quantiles (H, Q) of the sum over items."""
    mean = forecast.figures.mean.reshape(-1, days).sum(axis=0)
    return Figures(mean, sum_quantiles(sum_samples(forecast.posterior)[0], LEVELS))


def _with_losses(compared: Sequence[_Compared]) -> pd.DataFrame:
    """Return the forecasts of all origins, a row each: the model's quantiles, its losses and the rule's."""
    actual = np.concatenate([each.actual for each in compared])
    model, rule = (
        Figures(np.concatenate([one.mean for one in figures]), np.concatenate([one.quantiles for one in figures]))
        for figures in ([each.model for each in compared], [each.rule for each in compared])
    )
    origin = np.repeat(
        np.array([each.origin for each in compared], "datetime64[D]"), [len(each.date) for each in compared]
    )
    date = np.concatenate([each.date for each in compared])
    rows = pd.DataFrame(
        {
            "item": np.concatenate([each.item for each in compared]),
            "date": date.astype("datetime64[s]"),
            "origin": origin.astype("datetime64[s]"),
            "days_ahead": (date - origin).astype(np.int64),
            "actual_quantity": actual,
            **{f"q{q}": model.quantiles[:, at] for at, q in enumerate(LEVELS)},
        }
    )
    at = [LEVELS.index(q) for q in PUBLISHED_LEVELS]
    published = (Figures(one.mean, one.quantiles[:, at]) for one in (model, rule))
    return pd.concat([rows, losses_beside_rule(actual, *published)], axis=1)


def _quantiles(rows: pd.DataFrame) -> Floats:
    return rows[[f"q{q}" for q in LEVELS]].to_numpy(dtype=float)
