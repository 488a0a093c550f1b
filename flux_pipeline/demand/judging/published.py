"""Accuracy of published forecasts: their losses beside those of the four-week rule on the same days.

The rule forecasts now, from the sales up to the day of the forecast, with all later corrections. So a correction can
help the rule, but never the forecast.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_quantiles, sum_samples
from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.inputs.evidence import days_sold_on
from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.judging.losses import losses_beside_rule
from flux_pipeline.demand.result import Figures
from flux_pipeline.demand.rule.four_weeks import forecast_four_weeks
from flux_pipeline.demand.settings import DemandSettings

QUANTILES = ["p10_quantity", "p50_quantity", "p90_quantity", "p99_quantity"]
RUN_COLUMNS = ["model_name", "is_retrospective", "algorithm_run_id"]
FIRST = dict.fromkeys(RUN_COLUMNS, "first")


def judge_published(
    published: pd.DataFrame,
    actuals: pd.DataFrame,
    sales: pd.DataFrame,
    posteriors: Mapping[dt.date, DemandPosterior],
    settings: DemandSettings,
) -> pd.DataFrame:
    """Compute the losses of published forecasts, for each item and for the day's total.

    Args:
        published: as_of, forecast_date (dates), item, predicted_quantity, p10_quantity .. p99_quantity, model_name,
            is_retrospective, algorithm_run_id, is_sold_out; only evidence days. An item that ran out is left out,
            because its demand is unknown.
        actuals: date, item, quantity of these days. An item without a row sold nothing.
        sales: item, date (timestamps), quantity, from long before the first as_of on; the rule's history.
        posteriors: by as_of, those of the runs that published; a day without one gets no total.
        settings: settings of the forecasts.

    Returns:
        forecast_date, days_ahead, menu_item_id (None: the total), actual_quantity, predicted_quantity, p10_quantity ..
        p99_quantity, the columns of `losses.losses`, four_week_quantity and the rule's losses, and RUN_COLUMNS.
        The total's actual includes sales of items that were not forecast.
    """
    parts = []
    for as_of in sorted(set(published.as_of)):
        rows = published[published.as_of == as_of].reset_index(drop=True)
        parts += _score(as_of, rows, actuals, sales, posteriors.get(as_of), settings)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _score(
    as_of: dt.date,
    rows: pd.DataFrame,
    actuals: pd.DataFrame,
    sales: pd.DataFrame,
    posterior: DemandPosterior | None,
    settings: DemandSettings,
) -> list[pd.DataFrame]:
    """Return the losses of one day's forecast, by item and, with a posterior, of the total."""
    dates = sorted(set(rows.forecast_date))
    horizon = settings.model_copy(update={"forecast_horizon_days": (dates[-1] - as_of).days})
    days = _days(as_of, dates[-1], sales, rows)
    items = pd.DataFrame({"item": rows["item"].unique()})
    rule = forecast_four_weeks(sales, days, as_of=as_of, items=items, settings=horizon, quantiles=PUBLISHED_LEVELS)
    rows = rows.assign(date=pd.to_datetime(rows.forecast_date))
    actual = actuals.rename(columns={"date": "forecast_date", "quantity": "actual_quantity"})
    of_items = rows.merge(actual, how="left", on=["forecast_date", "item"]).merge(
        rule.rows.rename(columns={"mean": "rule_mean"})[["item", "date", "rule_mean", *_levels()]],
        on=["item", "date"],
    )
    of_items = of_items[~of_items.is_sold_out.astype(bool)].reset_index(drop=True)
    scored = _with_losses(
        of_items.fillna({"actual_quantity": 0.0}).rename(columns={"item": "menu_item_id"}),
        Figures(of_items.rule_mean.to_numpy(dtype=float), of_items[_levels()].to_numpy(dtype=float)),
    )
    if posterior is None:
        return [scored]
    # Exact, so that the order of the items, which may have been renamed, changes no bit of the sum.
    sums: Mapping[str, Any] = {"predicted_quantity": math.fsum, **FIRST}
    totals = rows.groupby("forecast_date", sort=True).agg(sums).reset_index()
    totals[QUANTILES] = _on(dates, posterior)
    sold = actual.groupby("forecast_date")["actual_quantity"].sum()
    totals = totals.assign(actual_quantity=sold.reindex(dates).to_numpy(), menu_item_id=None, as_of=as_of)
    rule_mean = rule.rows.groupby("date")["mean"].agg(math.fsum).reindex(pd.to_datetime(dates))
    beside = Figures(np.asarray(rule_mean, dtype=float), _on(dates, rule.posterior))
    return [scored, _with_losses(totals, beside)]


def _days(as_of: dt.date, last: dt.date, sales: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the days for the rule: open are past days with a sale and days ahead with a forecast above zero."""
    sold_on = days_sold_on(sales)
    sold_on = sold_on[sold_on <= pd.Timestamp(as_of)]
    expected = rows.groupby("forecast_date")["predicted_quantity"].sum()
    ahead = pd.DatetimeIndex(pd.to_datetime(expected.index[expected > 0]))
    first = sold_on.min() if len(sold_on) else pd.Timestamp(as_of)
    dates = pd.date_range(first, pd.Timestamp(last))
    return pd.DataFrame({"date": dates, "is_open": dates.isin(sold_on.union(ahead))})


def _on(dates: list[dt.date], posterior: DemandPosterior) -> Floats:
    """Return the total's quantiles on some of the days of a posterior, shape (days, 4)."""
    at = [posterior.dates.index(date.isoformat()) for date in dates]
    return sum_quantiles(sum_samples(posterior)[0], PUBLISHED_LEVELS)[at]


def _with_losses(rows: pd.DataFrame, rule: Figures) -> pd.DataFrame:
    ours = Figures(rows.predicted_quantity.to_numpy(dtype=float), rows[QUANTILES].to_numpy(dtype=float))
    both = losses_beside_rule(rows.actual_quantity.to_numpy(dtype=float), ours, rule)
    ahead = [(date - as_of).days for date, as_of in zip(rows.forecast_date, rows.as_of, strict=True)]
    plain = rows[["forecast_date", "menu_item_id", "actual_quantity", "predicted_quantity", *QUANTILES, *RUN_COLUMNS]]
    plain = plain.assign(days_ahead=np.array(ahead, dtype=int), four_week_quantity=rule.mean)
    return pd.concat([plain.reset_index(drop=True), both], axis=1)


def _levels() -> list[str]:
    return [f"q{level}" for level in PUBLISHED_LEVELS]
