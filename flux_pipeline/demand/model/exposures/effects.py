"""Effects of weekdays and drivers on the restaurant's total, and of items' own drivers: log-linear with ridge priors.

Quasi-Poisson regressions (McCullagh & Nelder 1989, ch. 9) solved by Newton steps: that of the daily total has a
wandering level, which is not published: `_level` forecasts it. `_groups` fits what categories and items add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg

from flux_pipeline.demand.inputs.panel import Bools, Floats, Ints
from flux_pipeline.demand.model.discount import around, level_around
from flux_pipeline.demand.model.exposures.design import Design
from flux_pipeline.demand.model.scale import robust_sd

# The wandering level has a knot every fortnight and moves by 16 % from knot to knot: a bakery by the sea doubles within
# six weeks in summer. With 10 % its wQL is 4 % higher and other sets don't change; weekly knots follow the noise.
KNOT_DAYS = 14
KNOT_SD = 0.16
# The weight of a day in fitting effects halves in this many days: menus and habits change within a year or two.
EFFECT_HALF_LIFE_DAYS = 500.0
# Newton converges in about three steps from a start near the data, and ends after a step of less than 2 %. Outliers are
# bounded (Huber), in the first four weeks from the second step on, because the start may be far off. The weekday
# effects of the start are shrunk by START_UNITS.
STEPS = 6
YOUNG_DAYS = 28
START_UNITS = 20.0
LEAST_STEP = 0.02
HUBER = 3.0
# Precision of what an item adds to a promotion's or a price's effect: 13 % more or less than the other items.
ITEM_DRIVER_PRECISION = 60.0
# Limit of an item driver's log effect: an elasticity beyond 3 means that the price is not that of the same dish.
ITEM_DRIVER_LIMIT = 3.0


@dataclass(frozen=True)
class TotalFit:
    """Fit of the restaurant's total: effects `coefficient` (P,), their posterior `covariance` (P, P), `mean` (T,),
    `knots` (K,) and `knot_log_level`, the log level at each, and dispersion.
    """

    coefficient: Floats
    covariance: Floats
    mean: Floats
    knots: Floats
    knot_log_level: Floats
    dispersion: float


def fit_total(total: Floats, position: Ints, design: Design, scatter: Floats) -> TotalFit:
    """Fit log E[total] = wandering level + design @ coefficient on T days; total (T,) units, position (T,) days.

    `scatter` (T,): relative variance of a day beyond that of ordinary days.
    """
    hats, past, age = _Hats.of(position), design.matrix[: len(total)], age_weights(position)
    level, effects = _near_the_data(hats, total, design)
    mean = _fitted(hats, level, past, effects)
    is_young = len(total) < YOUNG_DAYS
    phi = max(1.0, 0.02 * float(total.sum()) / len(total) if is_young else _robust_phi(total, mean))
    first_bounded = 1 if is_young else 0
    columns = np.empty((len(total), past.shape[1] + 2))
    for step in range(STEPS):
        error, spread = total - mean, phi + scatter * mean
        weight = age / spread
        if step >= first_bounded:
            weight *= HUBER / np.maximum(np.abs(error) / np.sqrt(mean * spread + 1e-9), HUBER)
        columns[:, -2], columns[:, -1] = weight * error, weight * mean
        np.multiply(past, columns[:, -1:], out=columns[:, :-2])
        newton = _newton(hats, past, design.precision, columns, level, effects - design.prior_mean)
        level, effects = level + newton.level.clip(-2.0, 2.0), effects + newton.effects.clip(-2.0, 2.0)
        mean = _fitted(hats, level, past, effects)
        if step >= first_bounded:
            squares = np.minimum((total - mean) ** 2 / (mean + 1e-9), HUBER**2 * phi)
            phi = max(float(squares.sum()) / len(squares), 0.05)
        if step > first_bounded and max(np.abs(newton.level).max(), np.abs(newton.effects).max()) < LEAST_STEP:
            break
    covariance = np.asarray(np.linalg.inv(newton.precision))
    return TotalFit(effects, covariance, mean, hats.knots, level, phi)


def _near_the_data(hats: _Hats, total: Floats, design: Design) -> tuple[Floats, Floats]:
    """Return a log level (K,) and effects (P,) to start from: those of the weekdays as they were sold."""
    past = design.matrix[: len(total)]
    level, effects = hats.log_level(total), design.prior_mean.copy()
    sold, expected = (of @ past[:, design.weekday] for of in (total, _fitted(hats, level, past, effects)))
    effects[design.weekday] += np.log((sold + START_UNITS) / (expected + START_UNITS))
    return level, effects


def _robust_phi(total: Floats, mean: Floats) -> float:
    return robust_sd((total - mean) / np.sqrt(mean + 1e-9)) ** 2


def age_weights(position: Ints) -> Floats:
    """Return how much each day counts in an effect (T,), 1 for the newest; `position` (T,) days."""
    return np.asarray(0.5 ** ((position[-1] - position) / EFFECT_HALF_LIFE_DAYS))


@dataclass(frozen=True)
class _Hats:
    """Linear interpolation between K knots on T days in order: day t is `share[t]` of the way from `left[t]` on.

    As a matrix (T, K) it has two numbers a row, so products with it are sums over the days between two knots. Those
    days begin at `starts`. `both` (T,): the product of the two numbers.
    """

    knots: Floats
    left: Ints
    share: Floats
    both: Floats
    starts: Ints

    @classmethod
    def of(cls, position: Ints) -> _Hats:
        span = int(position[-1] - position[0])
        intervals = max(round(span / KNOT_DAYS), 1)
        knots = position[0] + span / intervals * np.arange(intervals + 1)
        width = knots[1] - knots[0] or 1.0
        left = np.minimum(((position - knots[0]) / width).astype(np.int64), intervals - 1)
        starts = np.append(0, np.flatnonzero(left[1:] != left[:-1]) + 1)
        share = (position - knots[left]) / width
        return cls(knots, left, share, share * (1.0 - share), starts)

    def at(self, values: Floats) -> Floats:
        """Interpolate values (K,) on the days."""
        return np.asarray(values[self.left] + self.share * (values[1:] - values[:-1])[self.left])

    def log_level(self, values: Floats) -> Floats:
        """Return the logarithm (K,) of the mean of values (T,) around each knot, shrunk to that of all days."""
        overall = float(values.sum()) / len(values) + 0.5
        units, days = self.sums(values), self.sums(np.ones(len(values)))
        return np.asarray(np.log((units + overall) / (days + 1.0)))

    def sums(self, values: Floats) -> Floats:
        """Multiply the transposed matrix by values (T, ...), which gives (K, ...)."""
        right = self.within(values * (self.share if values.ndim == 1 else self.share[:, None]))
        result = np.zeros((len(self.knots), *values.shape[1:]))
        result[:-1] = self.within(values) - right
        result[1:] += right
        return result

    def within(self, values: Floats) -> Floats:
        """Add up values (T, ...) from each knot to the next, (K - 1, ...)."""
        sums = np.add.reduceat(values, self.starts)
        if len(sums) == len(self.knots) - 1:
            return np.asarray(sums)
        result = np.zeros((len(self.knots) - 1, *values.shape[1:]))
        result[self.left[self.starts]] = sums
        return result


class _Newton(NamedTuple):
    """A Newton step: moves of the level at the knots and of the effects, and the precision (P, P) of the effects."""

    level: Floats
    effects: Floats
    precision: Floats


def _newton(hats: _Hats, design: Floats, prior: Floats, columns: Floats, level: Floats, apart: Floats) -> _Newton:
    """Solve the normal equations of knots and effects, in blocks: those of the knots are tridiagonal.

    The Schur complement of the knots' block is the precision of the effects. `columns` (T, P + 2): the design times the
    days' weights, the weighed residuals, and the weights. `apart` (P,): effects less their prior means.
    """
    of_knots, of_effects = hats.sums(columns), design.T @ columns[:, :-1]
    cross, slope = of_knots[:, :-2], of_knots[:, -2]
    rise = (level[1:] - level[:-1]) / KNOT_SD**2
    slope[:-1] += rise
    slope[1:] -= rise
    # A day counts at both knots beside it, with shares that add up to one; each knot is tied to the next.
    tied = 1.0 / KNOT_SD**2 - hats.within(columns[:, -1] * hats.both)
    diagonal = of_knots[:, -1] + 1e-8
    diagonal[:-1] += tied
    diagonal[1:] += tied
    *_, solved, _ = scipy.linalg.lapack.dptsv(diagonal, -tied, of_knots[:, :-1])
    rest = of_effects - cross.T @ solved
    precision = rest[:, :-1]
    np.einsum("ii->i", precision)[:] += prior + 1e-8
    _, move, _ = scipy.linalg.lapack.dposv(precision, rest[:, -1] - prior * apart)
    return _Newton(solved[:, -1] - solved[:, :-1] @ move, move, precision)


def _fitted(hats: _Hats, level: Floats, design: Floats, effects: Floats) -> Floats:
    return np.asarray(np.exp((hats.at(level) + design @ effects).clip(-20.0, 20.0)))


@dataclass(frozen=True)
class ItemDriverFit:
    """Log effect of an item's own driver per unit of it: `effect` (I,) of each item, `pooled` of all items with its
    standard deviation `sd`.
    """

    effect: Floats
    pooled: float
    sd: float


def fit_item_driver(
    quantity: Floats,
    observed: Bools,
    log_exposure: Floats,
    driver: Floats,
    position: Ints,
    dispersion: Floats,
    prior_sd: float,
) -> ItemDriverFit:
    """Fit the effect of an item's own driver (a promotion, a price): one for all items, and what each adds to it.

    Quasi-Poisson with a level around each day. `driver` (T, I), 0 = at its usual value; position (T,) days; `prior_sd`
    of the pooled log effect, whose prior mean is 0.
    """
    z = np.ascontiguousarray((driver * observed).T)
    quantity, log_exposure = np.ascontiguousarray(quantity.T), np.where(observed, log_exposure, -np.inf).T
    # If promotions of all years count alike, wQL of 35 bakery shops is 0.1 % higher in one window, the same in another.
    weighed = z * age_weights(position) / dispersion[:, None]
    pooled, own = 0.0, np.zeros(len(quantity))
    sold = around(quantity)
    for _ in range(4):
        exposure = np.exp(log_exposure + z * (pooled + own)[:, None])
        mean = level_around(sold, around(exposure)) * exposure
        gradient, gram = (weighed * (quantity - mean)).sum(axis=1), (weighed * z * mean).sum(axis=1)
        precision = gram.sum() + 1 / prior_sd**2
        move = (gradient.sum() - pooled / prior_sd**2) / precision
        pooled = min(max(float(pooled + move), -ITEM_DRIVER_LIMIT), ITEM_DRIVER_LIMIT)
        gradient = gradient - gram * move
        own = (own + (gradient - ITEM_DRIVER_PRECISION * own) / (gram + ITEM_DRIVER_PRECISION)).clip(-1, 1)
    return ItemDriverFit(pooled + own, pooled, float(precision**-0.5))
