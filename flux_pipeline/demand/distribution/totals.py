"""Totals of the items of a category and of the restaurant: sums of joint samples, never of quantiles.

A sum of p90s describes a day on which every item has a very good day at once; nine days in ten are under the p90 of the
sum. How far the two differ depends on how much the items move together, which only the samples show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sum_quantiles, sum_samples
from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.inputs.panel import Floats


@dataclass(frozen=True)
class DemandTotals:
    """Totals of one forecast, in units: a row per day, in `by_category` per category and day.

    Columns date, item_count, mean, q{...}; `by_category` begins with category, None for items without one.
    """

    by_category: pd.DataFrame
    by_restaurant: pd.DataFrame


def total_demand(
    posterior: DemandPosterior,
    rows: pd.DataFrame,
    items: pd.DataFrame | None = None,
    *,
    quantiles: Sequence[float] = PUBLISHED_LEVELS,
) -> DemandTotals:
    """Add up a forecast's items, by category and altogether.

    Args:
        posterior: the state that the forecast's joint samples are drawn from.
        rows: the forecast's rows, with the means and quantiles of the items (see `forecast_demand`).
        items: item, optionally category; the items that were forecast, as `forecast_demand` takes them.
        quantiles: the probabilities for which `rows` has columns.

    Returns:
        Means are the sums of the items' means. Quantiles are order statistics of the summed samples, so they are
        possible sums: whole units if items are sold whole. The quantiles of a category of one item are that item's.
    """
    category = _categories(posterior.items, items)
    groups = [(name, np.flatnonzero(category == name)) for name in sorted(set(category))]
    columns = ["mean", *(f"q{q}" for q in quantiles)]
    dates = pd.DatetimeIndex(np.array(posterior.dates, dtype="datetime64[s]"))
    published = _published(posterior.items, dates, rows, columns)
    everybody, *sums = sum_samples(posterior, [slice(None), *(of for _, of in groups)])
    by_category = [
        _total(published[of], added, dates, columns, quantiles).assign(category=name or None)
        for (name, of), added in zip(groups, sums, strict=True)
    ]
    everything = _total(published, everybody, dates, columns, quantiles)
    empty = everything.iloc[:0].assign(category=None)
    stacked = pd.concat(by_category, ignore_index=True) if by_category else empty
    stacked["category"] = stacked.category.astype(object).where(stacked.category.notna(), None)
    return DemandTotals(stacked[["category", *everything.columns]], everything)


def _categories(names: Sequence[str], items: pd.DataFrame | None) -> np.ndarray:
    """Return the category of each item of the posterior; "" if it has none."""
    if items is None or "category" not in items:
        return np.full(len(names), "", dtype=object)
    of = items.drop_duplicates("item").set_index("item")["category"]
    return of.reindex(list(names)).fillna("").to_numpy(dtype=object)


def _published(items: list[str], dates: pd.DatetimeIndex, rows: pd.DataFrame, columns: list[str]) -> Floats:
    """Return the items' own figures (items, days, columns), in the posterior's order."""
    index = pd.MultiIndex.from_product([items, dates], names=["item", "date"])
    figures = rows.set_index(["item", "date"])[columns].reindex(index)
    return figures.to_numpy(dtype=float).reshape(len(items), len(dates), len(columns))


def _total(
    published: Floats, sums: Floats, dates: pd.DatetimeIndex, columns: list[str], quantiles: Sequence[float]
) -> pd.DataFrame:
    if len(published) == 1:
        figures = published[0]
    else:
        # fsum gives the same total to the last bit in any order of the items.
        mean = [math.fsum(published[:, day, 0]) for day in range(len(dates))]
        figures = np.column_stack([mean, np.round(sum_quantiles(sums, quantiles), 6)])
    frame = pd.DataFrame(figures, columns=columns)
    frame.insert(0, "date", dates)
    frame.insert(1, "item_count", len(published))
    return frame
