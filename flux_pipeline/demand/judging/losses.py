"""Losses of forecasts against actual sales, and the measures of accuracy that they add up to.

Losses add up over any rows (items, days, days ahead); measures are ratios of their sums. So a frame here and sums from
the database give the same measures. Forecasts are made elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.result import Figures

# Prefix of the columns of the four-week rule, with which every forecast is compared.
RULE = "four_week_"
# The share of actuals that p10 to p90 should contain.
NOMINAL_COVERAGE = 0.8
LOSSES = ["absolute_error", "error", "pinball_loss", "is_within_p10_p90", "is_within_p99"]


def pinball_loss(actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return the mean over the levels of the pinball (quantile) loss, in units of the actual; (N,), (N, Q) -> (N,).

    For one level q and quantile z: q * (y - z) if y >= z, else (1 - q) * (z - y). Its expectation is least at the true
    quantile (Koenker & Bassett 1978; a proper score: Gneiting & Raftery 2007, section 6).
    """
    q = np.asarray(levels)[None, :]
    beyond = actual[:, None] - quantiles
    return np.asarray(np.maximum(q * beyond, (q - 1.0) * beyond).mean(axis=1))


def losses(actual: Floats, mean: Floats, quantiles: Floats) -> pd.DataFrame:
    """Compute the losses of forecasts, one row each.

    The absolute error is the median's and the error (forecast less actual) the mean's: each is scored by the loss that
    it minimises (Gneiting 2011, "Making and evaluating point forecasts"). By the absolute error of its mean, a rare
    item's honest forecast would lose against a forecast of zero.

    Args:
        actual: actual sales, units, shape (N,).
        mean: forecast means, shape (N,).
        quantiles: p10, p50, p90, p99, shape (N, 4).

    Returns:
        absolute_error, error, pinball_loss (units), is_within_p10_p90, is_within_p99 (both ends included).
    """
    low, median, high, highest = quantiles.T
    return pd.DataFrame(
        {
            "absolute_error": np.abs(median - actual),
            "error": mean - actual,
            "pinball_loss": pinball_loss(actual, quantiles, PUBLISHED_LEVELS),
            "is_within_p10_p90": (low <= actual) & (actual <= high),
            "is_within_p99": actual <= highest,
        }
    )


def losses_beside_rule(actual: Floats, forecast: Figures, rule: Figures) -> pd.DataFrame:
    """Compute the losses of forecasts and, as four_week_..., the rule's on the same actuals (N,), one row each."""
    of_rule = losses(actual, rule.mean, rule.quantiles).add_prefix(RULE)
    return pd.concat([losses(actual, forecast.mean, forecast.quantiles), of_rule], axis=1)


def add_up(rows: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Add up the losses over `rows`, one row per value of `by` (a single row without it).

    Returns:
        `by`, row_count, actual_quantity, and a sum of each loss that `rows` has, also of the rule's (four_week_...).
    """
    summed = [name for name in ("actual_quantity", *LOSSES, *(RULE + loss for loss in LOSSES)) if name in rows]
    numbers = rows[[*by, *summed]].assign(row_count=1, **{name: rows[name].astype(float) for name in summed})
    if not by:
        return numbers[["row_count", *summed]].sum().to_frame().T
    return numbers.groupby(list(by), sort=True)[["row_count", *summed]].sum().reset_index()


def measures(sums: pd.DataFrame) -> pd.DataFrame:
    """Compute the measures of each row of sums (see `add_up`); NaN if the divisor is zero.

    Returns:
        The columns of `sums` that are not losses, and
        wape: sum of absolute errors over units sold (Kolassa & Schuetz 2007, there "MAD/mean ratio");
        bias: sum of errors over units sold, above 0 if too much was forecast;
        wql: weighted quantile loss, twice the pinball loss over units sold (as in the M5 and GluonTS reports);
        coverage_p10_p90, coverage_p99: shares of rows within. Whole counts lift the first above 0.80;
        the same for the rule, as four_week_..., if `sums` has its losses, and
        skill: 1 - wql / four_week_wql, above 0 if the forecast beats the rule (Murphy 1988, skill score).
    """
    measured = sums.drop(columns=[name for name in sums if str(name).removeprefix(RULE) in LOSSES])
    for prefix in ("", RULE):
        measured = measured.assign(**_ratios(sums, prefix))
    if f"{RULE}wql" in measured:
        measured["skill"] = 1.0 - _ratio(sums["pinball_loss"], sums[f"{RULE}pinball_loss"])
    return measured


def coverage_margin(days: int, nominal: float = NOMINAL_COVERAGE) -> float:
    """Return how far a share of actuals may be from its nominal one by chance: two standard errors over days.

    The items of a day rise and fall together, so only days count as independent.
    """
    return 2.0 * math.sqrt(nominal * (1.0 - nominal) / days)


def _ratios(sums: pd.DataFrame, prefix: str) -> dict[str, pd.Series]:
    ratios = {
        "wape": ("absolute_error", "actual_quantity", 1.0),
        "bias": ("error", "actual_quantity", 1.0),
        "wql": ("pinball_loss", "actual_quantity", 2.0),
        "coverage_p10_p90": ("is_within_p10_p90", "row_count", 1.0),
        "coverage_p99": ("is_within_p99", "row_count", 1.0),
    }
    return {
        prefix + name: times * _ratio(sums[prefix + loss], sums[over])
        for name, (loss, over, times) in ratios.items()
        if prefix + loss in sums
    }


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Divide `part` by `whole`; NaN if `whole` is zero, as on days on which nothing was sold."""
    return part.astype(float) / whole.astype(float).where(whole > 0)


@dataclass(frozen=True)
class Accuracy:
    """The measures of one set of forecasts (see `measures`); None if the divisor is zero."""

    row_count: int
    actual_quantity: float
    wape: float | None
    bias: float | None
    wql: float | None
    coverage_p10_p90: float | None
    coverage_p99: float | None
    four_week_wape: float | None
    four_week_wql: float | None
    skill: float | None

    @classmethod
    def of(cls, measured: pd.Series) -> Accuracy:
        """Build it from one row of `measures`."""
        values = {name: _plain(measured.get(name)) for name in cls.__dataclass_fields__}
        return cls(**{**values, "row_count": int(measured["row_count"])})  # type: ignore[arg-type]

    def as_metadata(self) -> dict[str, Any]:
        """Return plain values, rounded to four decimals."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


def _plain(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
