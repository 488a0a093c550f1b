"""Special dates: 14 July, 31 December and other days of the year that sell far more or less than the days around them.

A day's residual after weekday, drivers and level is either noise or the effect of a special day; a spike and slab
(Mitchell & Beauchamp 1988) weighs the two. Special days are kept out of the level and expected again on the same date.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.exposures.effects import TotalFit
from flux_pipeline.demand.model.scale import robust_sd

# A special day doubles or halves sales (exp(0.8) = 2.2); beyond the known holidays there is less than one a year.
SPECIAL_SHARE = 0.002
SPECIAL_SD = 0.8
# Ordinary residuals have heavier tails than a normal: with 1 x their median scale, chance excesses were expected again
# and wQL rose by 4 % on yaz; with 2.5 x only days like 31 December remain and no public set is worse.
TAIL_ALLOWANCE = 2.5
# Before that no date has occurred twice.
SAME_DATE_DAYS = 365
# A date that was special in an earlier year is expected to sell up to tenfold.
LIMIT = float(np.log(10.0))


@dataclass(frozen=True)
class Anniversaries:
    """Log effects on the restaurant: `past` (T,) of single special days, `ahead` (H,) of their dates in the horizon."""

    past: Floats
    ahead: Floats


def fit_anniversaries(panel: Panel, fit: TotalFit) -> Anniversaries:
    """Weigh the residuals of the restaurant's total, and those of the same dates in earlier years."""
    residual = np.log((panel.quantity.sum(axis=1) + 0.5) / (fit.mean + 0.5))
    noise = max(TAIL_ALLOWANCE * robust_sd(residual), 0.03)
    chance, effect = _weigh(residual, noise**2)
    beside = np.zeros(len(chance))
    beside[:-1] = chance[1:]
    np.maximum(beside[1:], chance[:-1], out=beside[1:])
    past = np.where(beside < 0.5, effect, 0.0)
    if panel.horizon_position[-1] < SAME_DATE_DAYS:
        return Anniversaries(past, np.zeros(len(panel.horizon)))
    mean, years = _same_dates(panel.dates, panel.horizon, residual)
    _, ahead = _weigh(mean, noise**2 / np.maximum(years, 1))
    return Anniversaries(past, np.where(years > 0, ahead, 0.0).clip(-LIMIT, LIMIT))


def _weigh(value: Floats, variance: Floats | float) -> tuple[Floats, Floats]:
    """Return the probability that a residual is a special day's, and its expected effect."""
    wide = variance + SPECIAL_SD**2
    log_odds = np.log(SPECIAL_SHARE / (1 - SPECIAL_SHARE)) + 0.5 * (
        np.log(variance / wide) + value**2 * (1 / variance - 1 / wide)
    )
    chance = scipy.special.expit(log_odds)
    return chance, chance * value * SPECIAL_SD**2 / wide


def _same_dates(
    dates: npt.NDArray[np.datetime64], horizon: npt.NDArray[np.datetime64], residual: Floats
) -> tuple[Floats, Floats]:
    """Return the mean residual and the number of past days with each horizon day's month and day."""
    past, ahead = _month_day(dates), _month_day(horizon)
    same = (past[None, :] == ahead[:, None]).astype(float)
    years = same.sum(axis=1)
    return (same @ residual) / np.maximum(years, 1.0), years


def _month_day(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    months = dates.astype("datetime64[M]")
    day = (dates - months).astype(np.int64)
    return np.asarray((months.astype(np.int64) % 12) * 100 + day)
