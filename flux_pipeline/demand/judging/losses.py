"""How right forecasts were: losses of each forecast against what came, and the measures that they add up to.

Losses first, measures after: losses add up over any rows (items, days, days ahead), measures are ratios of their sums.
So the same measures come out of a frame here and of sums made in the database. No forecast is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.inputs.panel import Floats

# Of the rule that every forecast is held against: the mean of the last four same weekdays.
RULE = "four_week_"
LOSSES = ["absolute_error", "error", "pinball_loss", "is_within_p10_p90", "is_within_p99"]


def pinball_loss(actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Mean over the levels of the pinball (quantile) loss, in units of the actual; (N,), (N, Q) -> (N,).

    For one level q and quantile z: q * (y - z) where y >= z, else (1 - q) * (z - y). It is least in expectation at the
    true quantile (Koenker & Bassett 1978; a proper score: Gneiting & Raftery 2007, section 6).
    """
    q = np.asarray(levels)[None, :]
    beyond = actual[:, None] - quantiles
    return np.asarray(np.maximum(q * beyond, (q - 1.0) * beyond).mean(axis=1))


def losses(actual: Floats, mean: Floats, quantiles: Floats) -> pd.DataFrame:
    """The losses of forecasts, one row each.

    The absolute error is the median's and the error (forecast less actual) the mean's: each is judged by the loss that
    it makes least (Gneiting 2011, "Making and evaluating point forecasts"). With the mean in its place a rare item's
    honest forecast would lose against "nothing".

    Args:
        actual: what came, units, shape (N,).
        mean: what was expected, shape (N,).
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


@dataclass(frozen=True)
class Figures:
    """Forecasts of N actuals, in units: `mean` (N,) and `quantiles` (N, Q)."""

    mean: Floats
    quantiles: Floats


def losses_beside_rule(actual: Floats, forecast: Figures, rule: Figures) -> pd.DataFrame:
    """The losses of forecasts and, as four_week_..., those of the rule on the same actuals (N,), one row each."""
    of_rule = losses(actual, rule.mean, rule.quantiles).add_prefix(RULE)
    return pd.concat([losses(actual, forecast.mean, forecast.quantiles), of_rule], axis=1)


def add_up(rows: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Sums of the losses over `rows`, one row per value of `by` (one row in all without it).

    Returns:
        `by`, row_count, actual_quantity, and a sum of each loss that `rows` has, of the rule's (four_week_...) too.
    """
    there = [name for name in ("actual_quantity", *LOSSES, *(RULE + loss for loss in LOSSES)) if name in rows]
    numbers = rows[[*by, *there]].assign(row_count=1, **{name: rows[name].astype(float) for name in there})
    if not by:
        return numbers[["row_count", *there]].sum().to_frame().T
    return numbers.groupby(list(by), sort=True)[["row_count", *there]].sum().reset_index()


def measures(sums: pd.DataFrame) -> pd.DataFrame:
    """The measures of each row of sums (see `add_up`); NaN where there is nothing to divide by.

    Returns:
        The columns of `sums` that are no losses, and
        wape: sum of absolute errors over what was sold (Kolassa & Schuetz 2007, there "MAD/mean ratio");
        bias: sum of errors over what was sold, above 0 where too much was forecast;
        wql: weighted quantile loss, twice the pinball loss over what was sold (as in the M5 and GluonTS reports);
        coverage_p10_p90, coverage_p99: shares of rows within. Whole counts lift the first above 0.80;
        the same of the rule, as four_week_..., where its losses are there, and
        skill: 1 - wql / four_week_wql, above 0 where the forecast beats the rule (Murphy 1988, skill score).
    """
    told = sums.drop(columns=[name for name in sums if str(name).removeprefix(RULE) in LOSSES])
    for whose in ("", RULE):
        told = told.assign(**_ratios(sums, whose))
    if f"{RULE}wql" in told:
        told["skill"] = 1.0 - _ratio(sums["pinball_loss"], sums[f"{RULE}pinball_loss"])
    return told


def _ratios(sums: pd.DataFrame, whose: str) -> dict[str, pd.Series]:
    ratios = {
        "wape": ("absolute_error", "actual_quantity", 1.0),
        "bias": ("error", "actual_quantity", 1.0),
        "wql": ("pinball_loss", "actual_quantity", 2.0),
        "coverage_p10_p90": ("is_within_p10_p90", "row_count", 1.0),
        "coverage_p99": ("is_within_p99", "row_count", 1.0),
    }
    return {
        whose + name: times * _ratio(sums[whose + loss], sums[over])
        for name, (loss, over, times) in ratios.items()
        if whose + loss in sums
    }


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """NaN where there is nothing to divide by: on days on which nothing was sold no share of it can be wrong."""
    return part.astype(float) / whole.astype(float).where(whole > 0)


@dataclass(frozen=True)
class Accuracy:
    """The measures of one set of forecasts (see `measures`); None where there is nothing to divide by."""

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
        """One row of `measures`."""
        values = {name: _plain(measured.get(name)) for name in cls.__dataclass_fields__}
        return cls(**{**values, "row_count": int(measured["row_count"])})  # type: ignore[arg-type]

    def as_metadata(self) -> dict[str, Any]:
        """Plain values, rounded to what they can tell."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


def _plain(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
