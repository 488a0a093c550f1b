"""Calibration of quantiles by published forecasts whose days are over: factors by days ahead, below and above p50.

The error of a forecast is measured in its own spread: (sold - p50) / (p90 - p50) above p50, (p50 - sold) / (p50 - p10)
below. The conformal quantile of these errors is the factor at which p10 to p90 would have had its share of days
(Romano, Patterson & Candes 2019, "Conformalized quantile regression"). Factors stretch the normal scores of a
distribution (`predictive.counts_at`), so that quantiles and samples agree and p50 never changes.

Over the public sets, if every night has published, the weighted quantile loss changes by -0.3 % to +0.15 %. Where a
canteen's noise doubled, coverage rises from 0.73 to 0.77.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.demand.inputs.panel import Floats, Ints
from flux_pipeline.wording import count_of

# The days whose forecasts count: eight weeks, as for the choice of the forecaster. Fewer than two weeks of days say
# nothing: the items of a day rise and fall together.
WINDOW_DAYS = 56
LEAST_DAYS = 14
# Shares within p10 to p90 that need no correction, if they are within two standard errors over days as well. A correct
# forecast's share over 56 days has a standard error of up to 0.05.
NOMINAL = 0.8
BOUNDS = (0.76, 0.86)
STANDARD_ERRORS = 2.0
# Days at which half of the measured width is believed, and half of the difference between the sides. With 28 days for
# the width the quantile loss of a small bakery rises by 0.3 %; with 112 for both a canteen's coverage stays at 0.74.
WIDTH_DAYS = 42.0
SIDE_DAYS = 84.0
# Right after a jump of the level errors are so large that factors would be 2 and more, which is too much some weeks
# later: with a limit of 2 the canteen's quantile loss rises by 0.4 %, with this one it falls by 0.1 %.
LARGEST_FACTOR = 1.4
# Forecasts of other days ahead count less the further their number is away, on a log scale: for 7 days ahead those of
# 14 count 0.38, for 1 day ahead those of 7 nothing.
BANDWIDTH = 0.5
# A spread of one unit has too few possible counts to measure errors by it.
LEAST_SPREAD = 2.0


@dataclass(frozen=True)
class Calibration:
    """Factors of the spread below and above p50, by days ahead from 1 on; days beyond them have no correction.

    `coverage`: the share of actuals that would have been within p10 to p90 without any correction, by days ahead, over
    `days` days.
    """

    days: int = 0
    coverage: tuple[float, ...] = ()
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()

    def as_values(self) -> dict[str, list[float]]:
        """Return what can change a forecast."""
        return {"lower": list(self.lower), "upper": list(self.upper)}

    def as_metadata(self) -> dict[str, str]:
        """Return in a sentence by how much quantiles are corrected, and why; nothing if too few days are over."""
        if not self.days:
            return {}
        found = "; ".join(self._corrections())
        none = f"none: {_range(self.coverage)} of the actuals of {count_of(self.days, 'day')} were within p10 to p90"
        return {"calibration": found or none}

    def _corrections(self) -> Iterator[str]:
        ahead = range(1, len(self.coverage) + 1)
        for word, group in itertools.groupby(ahead, key=self._direction):
            days = list(group)
            of = slice(days[0] - 1, days[-1])
            if word:
                above, below = (_range([abs(f - 1.0) for f in side[of]]) for side in (self.upper, self.lower))
                named = f"Days {days[0]} to {days[-1]}" if len(days) > 1 else f"Day {days[0]}"
                yield (
                    f"{named} ahead: quantiles {above} {word} above p50 and {below} below, as "
                    f"{_range(self.coverage[of])} of the actuals of {count_of(self.days, 'day')} were within the "
                    "uncorrected p10 to p90"
                )

    def _direction(self, days_ahead: int) -> str:
        factors = (self.lower[days_ahead - 1], self.upper[days_ahead - 1])
        return "wider" if max(factors) > 1.0 else "narrower" if min(factors) < 1.0 else ""


NO_CALIBRATION = Calibration()


@dataclass(frozen=True)
class _Errors:
    """Errors of N forecasts in their own uncorrected spread, below and above p50, and the order of each by size."""

    days_ahead: Ints
    day: Ints
    days: int
    below: Floats
    above: Floats
    largest: Floats
    orders: tuple[Ints, ...]


def fit_calibration(past: pd.DataFrame, horizon_days: int) -> Calibration:
    """Compute the factors for 1 to `horizon_days` days ahead; 1 where the coverage is within its bounds.

    Args:
        past: date, days_ahead, actual_quantity, p10_quantity, p50_quantity, p90_quantity (units), lower and upper (the
            factors with which these were published): forecasts of the last days before the one to correct, published
            before their day. Those whose quantiles are next to each other are left out.
        horizon_days: the number of days ahead.
    """
    low, high = past.p50_quantity - past.p10_quantity, past.p90_quantity - past.p50_quantity
    rows = past[(low >= LEAST_SPREAD) & (high >= LEAST_SPREAD) & (past.p10_quantity > 0)]
    if rows.date.nunique() < LEAST_DAYS:
        return NO_CALIBRATION
    errors = _errors(rows)
    fitted = np.array([_fit(errors, ahead) for ahead in range(1, horizon_days + 1)])
    coverage, lower, upper = (tuple(column.tolist()) for column in np.round(fitted, 3).T)
    return Calibration(errors.days, coverage, lower, upper)


def _errors(rows: pd.DataFrame) -> _Errors:
    columns = ["actual_quantity", "p10_quantity", "p50_quantity", "p90_quantity", "lower", "upper"]
    actual, p10, p50, p90, lower, upper = rows[columns].to_numpy(dtype=float).T
    below, above = (p50 - actual) / (p50 - p10) * lower, (actual - p50) / (p90 - p50) * upper
    sides = (below, above, np.maximum(below, above))
    day, dates = pd.factorize(rows.date)
    orders = tuple(np.argsort(side, kind="stable") for side in sides)
    return _Errors(rows.days_ahead.to_numpy(dtype=int), day, len(dates), *sides, orders)


def _fit(errors: _Errors, days_ahead: int) -> tuple[float, float, float]:
    """Return the coverage without correction, and the factors below and above p50, for one number of days ahead."""
    apart = np.log(np.arange(1, errors.days_ahead.max() + 1) / days_ahead)
    weight = np.exp(-0.5 * (apart / BANDWIDTH) ** 2)[errors.days_ahead - 1]
    # Counts often lie exactly on a quantile; half of those are within.
    outside = (errors.largest > 1.0) + 0.5 * (errors.largest == 1.0)
    share = float(weight @ outside / weight.sum())
    of_days = np.bincount(errors.day, weight * (outside - share), minlength=errors.days)
    margin = STANDARD_ERRORS * float(np.sqrt(of_days @ of_days) / weight.sum())
    coverage = 1.0 - share
    if min(BOUNDS[0], NOMINAL - margin) <= coverage <= max(BOUNDS[1], NOMINAL + margin):
        return coverage, 1.0, 1.0
    below, above, width = (
        _log_factor(side[order], weight[order], level)
        for side, order, level in zip(
            (errors.below, errors.above, errors.largest), errors.orders, (0.9, 0.9, NOMINAL), strict=True
        )
    )
    of_width, of_side = (errors.days / (errors.days + half) for half in (WIDTH_DAYS, SIDE_DAYS))
    logs = np.array([of_width * width + of_side * (side - width) for side in (below, above)])
    # One side of a narrow band may look too wide, by a bias that the other side shows; it stays as it is.
    logs = np.maximum(logs, 0.0) if coverage < NOMINAL else np.minimum(logs, 0.0)
    lower, upper = np.exp(logs.clip(-np.log(LARGEST_FACTOR), np.log(LARGEST_FACTOR)))
    return coverage, float(lower), float(upper)


def _log_factor(errors: Floats, weight: Floats, level: float) -> float:
    """Return the log of the weighted quantile of ordered errors, limited."""
    total = np.cumsum(weight)
    at = min(int(np.searchsorted(total, level * total[-1])), len(errors) - 1)
    limit = np.log(LARGEST_FACTOR)
    return float(np.clip(np.log(max(float(errors[at]), 1e-6)), -limit, limit))


def _range(shares: Sequence[float]) -> str:
    """Return shares in per cent, as one number or from the least to the most."""
    low, high = f"{100 * min(shares):.0f}", f"{100 * max(shares):.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"
