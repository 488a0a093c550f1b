"""Accuracy of published forecasts: their losses beside those of the four-week rule on the same days.

The rule forecasts now, from the sales up to the day of the forecast, with all later corrections. So a correction can
help the rule, but never the forecast.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_quantiles, sum_samples
from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.inputs.panel import Floats, Ints, build_panel
from flux_pipeline.demand.inputs.tables import DayTable, ItemTable, SalesTable, Tables, take_apart_sales
from flux_pipeline.demand.judging.losses import losses_beside_rule
from flux_pipeline.demand.result import DemandForecast, Figures
from flux_pipeline.demand.rule.four_weeks import forecast_panel_by_four_weeks
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
    if published.empty:
        return pd.DataFrame()
    history, parts = take_apart_sales(sales), []
    actual = actuals.rename(columns={"date": "forecast_date", "quantity": "actual_quantity"})
    for as_of in sorted(set(published.as_of)):
        rows = published[published.as_of == as_of].reset_index(drop=True)
        parts += _score(as_of, rows, actual, history, posteriors.get(as_of), settings)
    return pd.concat(parts, ignore_index=True)


def _score(
    as_of: dt.date,
    rows: pd.DataFrame,
    actual: pd.DataFrame,
    history: SalesTable,
    posterior: DemandPosterior | None,
    settings: DemandSettings,
) -> list[pd.DataFrame]:
    """Return the losses of one day's forecast, by item and, with a posterior, of the total."""
    dates = sorted(set(rows.forecast_date))
    rule = _rule(as_of, dates[-1], history, rows, settings)
    at = _places(rule, rows["item"], rows.forecast_date)
    beside = Figures(rule.figures.mean[at], rule.figures.quantiles[at])
    of_items = rows.merge(actual, how="left", on=["forecast_date", "item"])
    is_known = ~of_items.is_sold_out.to_numpy(dtype=bool)
    scored = _with_losses(
        of_items[is_known].fillna({"actual_quantity": 0.0}).rename(columns={"item": "menu_item_id"}),
        Figures(beside.mean[is_known], beside.quantiles[is_known]),
    )
    if posterior is None:
        return [scored]
    # Exact, so that the order of the items, which may have been renamed, changes no bit of the sum.
    sums: Mapping[str, Any] = {"predicted_quantity": math.fsum, **FIRST}
    totals = rows.groupby("forecast_date", sort=True).agg(sums).reset_index()
    totals[QUANTILES] = _on(dates, posterior)
    sold = actual.groupby("forecast_date")["actual_quantity"].sum()
    totals = totals.assign(actual_quantity=sold.reindex(dates).to_numpy(), menu_item_id=None, as_of=as_of)
    means = rule.figures.mean.reshape(len(rule.posterior.items), -1)[:, _days_of(rule.posterior, dates)]
    mean_of_total = np.array([math.fsum(day) for day in means.T])
    return [scored, _with_losses(totals, Figures(mean_of_total, _on(dates, rule.posterior)))]


def _rule(
    as_of: dt.date, last: dt.date, history: SalesTable, rows: pd.DataFrame, settings: DemandSettings
) -> DemandForecast:
    """Forecast the items by the rule: open are past days with a sale and days ahead with a forecast above zero."""
    origin = np.datetime64(as_of, "D")
    sold_on = history.day[(history.quantity > 0) & (history.day <= origin)]
    expected = rows.groupby("forecast_date")["predicted_quantity"].sum()
    ahead = np.array(expected.index[expected > 0], dtype="datetime64[D]")
    day = np.arange(sold_on.min() if len(sold_on) else origin, np.datetime64(last, "D") + 1)
    always = np.ones(len(day), dtype=bool)
    days = DayTable(day, np.isin(day, np.append(sold_on, ahead)), always, np.full(len(day), "", dtype=object), {}, {})
    names = [str(name) for name in rows["item"].unique()]
    horizon = settings.model_copy(update={"forecast_horizon_days": (last - as_of).days})
    panel = build_panel(Tables(history, days, ItemTable(names, [""] * len(names))), as_of, horizon)
    return forecast_panel_by_four_weeks(panel, settings=horizon, quantiles=PUBLISHED_LEVELS)


def _places(rule: DemandForecast, items: pd.Series, dates: pd.Series) -> Ints:
    """Return the row of the rule's forecast of each item and date."""
    place = {name: at for at, name in enumerate(rule.posterior.items)}
    item = np.array([place[str(name)] for name in items])
    return np.asarray(item * len(rule.posterior.dates) + _days_of(rule.posterior, dates))


def _days_of(posterior: DemandPosterior, dates: Iterable[dt.date]) -> list[int]:
    place = {date: at for at, date in enumerate(posterior.dates)}
    return [place[date.isoformat()] for date in dates]


def _on(dates: list[dt.date], posterior: DemandPosterior) -> Floats:
    """Return the total's quantiles on some of the days of a posterior, shape (days, 4)."""
    return sum_quantiles(sum_samples(posterior)[0], PUBLISHED_LEVELS)[_days_of(posterior, dates)]


def _with_losses(rows: pd.DataFrame, rule: Figures) -> pd.DataFrame:
    ours = Figures(rows.predicted_quantity.to_numpy(dtype=float), rows[QUANTILES].to_numpy(dtype=float))
    both = losses_beside_rule(rows.actual_quantity.to_numpy(dtype=float), ours, rule)
    ahead = [(date - as_of).days for date, as_of in zip(rows.forecast_date, rows.as_of, strict=True)]
    plain = rows[["forecast_date", "menu_item_id", "actual_quantity", "predicted_quantity", *QUANTILES, *RUN_COLUMNS]]
    plain = plain.assign(days_ahead=np.array(ahead, dtype=int), four_week_quantity=rule.mean)
    return pd.concat([plain.reset_index(drop=True), both], axis=1)
