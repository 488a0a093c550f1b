"""Spread of errors: the usual errors of the model (a week ahead) and of the four-week rule, per item and for a day.

Var[y] = phi * mean + shock * mean^2, phi per item shrunk to the restaurant's (it may be under 1), shock shared by all
items of a day. The model's errors are those of the averaged level as known then, never of the fitted curve, whose
errors narrow as 1/n whatever the restaurant does. The rule's errors are those of its own means of four days.
`predictive` defines the form of the distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.distribution.predictive import TAIL, unit_of_sale
from flux_pipeline.demand.inputs.panel import Bools, Floats, Panel
from flux_pipeline.demand.model._tails import tail_weight
from flux_pipeline.demand.model._volatility import volatility
from flux_pipeline.demand.model.exposures.exposure import Exposures

ERROR_STEPS = 7
# Errors of half a year ago count half.
ERROR_HALF_LIFE = 180.0
# After about 20 days with errors, an item's phi is mostly its own.
POOL_DAYS = 20.0
# One day's squared error counts as at most this many times its expectation; a Christmas must not widen a whole year.
SQUARE_LIMIT = 6.5
# A canteen with enrolled guests shows 0.3; below this quantiles collapse onto one number.
LEAST_PHI = 0.1
# Without any history: the middle of what real menus show (1.6 to 5.3) and a day shock of 15 %.
DEFAULT_PHI = 2.5
LOG_DEFAULT_PHI = float(np.log(DEFAULT_PHI))
DEFAULT_SHOCK = 0.02
# The first weeks with errors have young levels; growth from 1 to 13 days ahead is limited to what restaurants show.
GROWTH_LIMITS = (0.5, 2.0)
NO_GROWTH = (1.0, 1.0)
# In the shock of a day, the excess of an item's own errors counts this much beside products of different items' errors.
ALONE = 0.01
# One unusual day (a Christmas) counts in the rule's errors with at most this many standard deviations.
FURTHEST = 3.5


@dataclass(frozen=True)
class Dispersion:
    """Spread: `phi` (I,), `shock` (a day's squared coefficient of variation), `growth`: variance at 1, 13 days over 7.

    `day_persistence`, `item_persistence`: share of the shared and of the own error that lasts over the horizon.
    `volatility`: factor by which variances are now larger than over the half-year before; `phi` and `shock` include it.
    `tail`: tail weight above the 80 % band.
    """

    phi: Floats
    shock: float
    growth: tuple[float, float]
    day_persistence: float
    item_persistence: float
    volatility: float = 1.0
    tail: float = TAIL


def no_dispersion_known(n_items: int) -> Dispersion:
    """Return the spread that is assumed before there are any errors to measure."""
    return Dispersion(np.full(n_items, DEFAULT_PHI), DEFAULT_SHOCK, NO_GROWTH, 0.3, 0.1)


@dataclass(frozen=True)
class _PastForecasts:
    """The source of errors: a panel, its exposures, and the level `path` (T, I) that was known after each day."""

    panel: Panel
    exposure: Floats
    path: Floats

    def ahead(self, h: int) -> tuple[Floats, Floats, Bools]:
        """Return mean, error and whether it counts, at h days ahead, each (T - h, I)."""
        mean = self.path[:-h] * self.exposure[h:]
        seen = self.panel.observed[:-h] & ~self.panel.censored[h:]
        return mean * seen, (self.panel.quantity[h:] - mean) * seen, seen


def fit_dispersion(panel: Panel, exposures: Exposures, path: Floats) -> Dispersion:
    """Fit the moments of the errors seven open days ahead; `path` (T, I): the level known after each day."""
    count = len(panel.items)
    if len(path) <= ERROR_STEPS:
        return no_dispersion_known(count)
    forecasts = _PastForecasts(panel, exposures.history, path)
    mean, error, seen = forecasts.ahead(ERROR_STEPS)
    age = np.arange(len(mean))[::-1, None]
    weight = seen * 0.5 ** (age / ERROR_HALF_LIFE)
    shock, phi = 0.0, np.full(count, DEFAULT_PHI)
    squares, root = error**2, weight**0.5
    weighed, crossed = _Weighed.of(mean, weight), _Crossed.of(error * root, mean * root)
    for step in range(4):
        square = np.minimum(squares, (SQUARE_LIMIT if step else 50) * _variance(mean, phi, shock))
        phi = weighed.phi(square, shock)
        shock = crossed.shock(phi)
    variance = _variance(mean, phi, shock)
    now, then = volatility(error, variance, 0.5 ** (age[:, 0] / ERROR_HALF_LIFE), ERROR_STEPS)
    unit = unit_of_sale(panel.quantity)
    tail = tail_weight(error / unit, variance * then[:, None] / unit**2, mean / unit)
    growth, persistence = _growth(forecasts, mean, error, phi, shock), _persistence(error, mean, phi, shock)
    return Dispersion(phi * now, shock * now, growth, *persistence, volatility=now, tail=tail)


def fit_rule_dispersion(quantity: Floats, mean: Floats, seen: Bools) -> Dispersion:
    """Fit the moments of a rule's errors; `quantity` sold, the rule's `mean`, whether there is one (`seen`): (T, I)."""
    error, mean = np.where(seen, quantity - mean, 0.0), np.where(seen, mean, 0.0)
    phi, shock = np.full(mean.shape[1], DEFAULT_PHI), DEFAULT_SHOCK
    # Two rounds are enough: the limit depends on the variance, the variance hardly on the few unusual days.
    for _ in range(2 if seen.any() else 0):
        limit = FURTHEST * np.sqrt(_variance(mean, phi, shock) + 1.0)
        bounded = error.clip(-limit, limit)
        crossed = _crossed(mean)
        shock = min(max(_crossed(bounded) / max(crossed, 1e-9), 0.0), 1.0) if crossed > 0 else 0.0
        phi = _Weighed.of(mean, np.ones(mean.shape)).phi(bounded**2, shock)
    return Dispersion(phi, shock, NO_GROWTH, *_persistence(error, mean, phi, shock))


def _variance(mean: Floats, phi: Floats, shock: float) -> Floats:
    return mean * (phi + shock * mean)


@dataclass(frozen=True)
class _Weighed:
    """Weighted sums over days (I,): of the means, of their squares, and of the days; `weight` (T, I)."""

    weight: Floats
    mean: Floats
    square: Floats
    days: Floats

    @classmethod
    def of(cls, mean: Floats, weight: Floats) -> _Weighed:
        weighed = weight * mean
        # A day on which a twentieth of a unit is expected shows little about spread.
        days = _over_days(weight * np.minimum(mean, 1.0))
        return cls(weight, _over_days(weighed), _over_days(weighed * mean), days)

    def phi(self, square: Floats, shock: float) -> Floats:
        """Return Pearson's moment estimate per item, shrunk on the log scale to the pooled one by the days with errors.

        `square` (T, I): squared errors.
        """
        excess = _over_days(self.weight * square) - shock * self.square
        own = np.maximum(excess / np.maximum(self.mean, 1e-9), LEAST_PHI)
        logs = self.days * np.log(own)
        # A priori the pool has the usual value of menus, with the weight of five days.
        pooled = (logs.sum() + 5.0 * LOG_DEFAULT_PHI) / (self.days.sum() + 5.0)
        shrunk = np.exp((logs + POOL_DAYS * pooled) / (self.days + POOL_DAYS))
        return np.asarray(np.maximum(shrunk, LEAST_PHI))


@dataclass(frozen=True)
class _Crossed:
    """Errors and means (T, I), multiplied by the square roots of the days' weights, and what follows from the means.

    `units`: their sum; `squares`: what the products of errors are divided by.
    """

    error: Floats
    mean: Floats
    units: float
    squares: float

    @classmethod
    def of(cls, error: Floats, mean: Floats) -> _Crossed:
        return cls(error, mean, float(mean.sum()), _crossed(mean) + ALONE * float(np.vdot(mean, mean)))

    def shock(self, phi: Floats) -> float:
        """Return shared squared variation: products of different items' errors over products of their means.

        A restaurant with one item has no such products; there the excess over a Poisson counts with a small weight.
        """
        limit = 4 * np.sqrt(_variance(self.mean, phi, 0.25))
        error = self.error.clip(-limit, limit)
        alone = float(np.vdot(error, error)) - self.units
        return min(max((_crossed(error) + ALONE * alone) / max(self.squares, 1e-9), 0.0), 1.0)


def _over_days(values: Floats) -> Floats:
    """Sum (T, I) over the days, several times faster than values.sum(axis=0) does if there are a few items."""
    return np.ones(len(values)) @ values


def _crossed(values: Floats) -> float:
    """Return the sum of the products of different items' values on the same day."""
    if values.shape[1] == 1:
        return 0.0
    total = values @ np.ones(values.shape[1])
    return float(np.vdot(total, total) - np.vdot(values, values))


def _growth(forecasts: _PastForecasts, mean: Floats, error: Floats, phi: Floats, shock: float) -> tuple[float, float]:
    """Return the variance at 1 and 13 days ahead over that at 7, of which `mean` and `error` (T - 7, I) are."""
    if len(forecasts.path) <= 13 + 14:
        return NO_GROWTH
    near, week, far = (
        _excess(*of, phi, shock) for of in (forecasts.ahead(1)[:2], (mean, error), forecasts.ahead(13)[:2])
    )
    # If everything ran out every day, no day shows an error.
    if week <= 0.0:
        return NO_GROWTH
    low, high = GROWTH_LIMITS
    return min(max(near / week, low), 1.0), min(max(far / week, 1.0), high)


def _excess(mean: Floats, error: Floats, phi: Floats, shock: float) -> float:
    """Return the sum of squared errors over that of their expectations."""
    variance = _variance(mean, phi, shock)
    return float(np.minimum(error**2, 9 * variance).sum()) / max(float(variance.sum()), 1e-9)


def _persistence(error: Floats, mean: Floats, phi: Floats, shock: float) -> tuple[float, float]:
    """Return the mean autocorrelation over lags 1 to 6 of the total's and of the items' errors, within [0, 0.8]."""
    shared = error.sum(axis=1) / np.maximum(mean.sum(axis=1), 1e-9)
    score = (error / np.sqrt(_variance(mean, phi, shock) + 1e-9)).clip(-4.0, 4.0)
    return _autocorrelation(shared.clip(-1.0, 1.0)[:, None]), _autocorrelation(score)


def _autocorrelation(values: Floats) -> float:
    lags = [lag for lag in range(1, 7) if lag < len(values)]
    power = float(np.vdot(values, values)) / max(values.size, 1)
    # Errors this small come from rounding.
    if not lags or power < 1e-12:
        return 0.0
    products = [float(np.vdot(values[lag:], values[:-lag])) / values[lag:].size for lag in lags]
    return min(max(sum(products) / len(products) / power, 0.0), 0.8)
