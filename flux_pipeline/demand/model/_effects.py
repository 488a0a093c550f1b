"""Effects of weekdays and drivers: log-linear with ridge priors, for restaurant, category and item.

Quasi-Poisson regression (McCullagh & Nelder 1989, ch. 9) solved by Newton steps: first the effects on the restaurant's
daily total, together with a wandering level; then what categories and items add to them, each shrunk to its parent. The
level fitted here is not published: `_level` forecasts it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Bools, Floats, Ints
from flux_pipeline.demand.model._chunks import item_chunks
from flux_pipeline.demand.model._discount import both_ways

# The wandering level has a knot every fortnight and moves by 16 % from knot to knot: a bakery by the sea doubles within
# six weeks in summer. With 10 % its wQL is 4 % higher and other sets don't change; weekly knots follow the noise.
KNOT_DAYS = 14
KNOT_SD = 0.16
# The weight of a day in fitting effects halves in this many days: menus and habits change within a year or two.
EFFECT_HALF_LIFE_DAYS = 500.0
# Newton converges in four or five steps from a start near the data; outliers are bounded from the third on (Huber).
STEPS = 6
HUBER = 3.0
# Precision of what an item adds to a promotion's or a price's effect: 13 % more or less than the other items.
ITEM_DRIVER_PRECISION = 60.0
# Half-life, in open days, of the level under an item's effects: with 20 instead of 8 it lags behind an item's own
# season and the lag is mistaken for effects (wQL of kiel 4 % higher; other sets within 0.3 %).
LEVEL_HALF_LIFE_STEPS = 8.0
LOG_LIMIT = float(np.log(3.0))
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


def fit_total(total: Floats, position: Ints, design: Floats, precision: Floats, scatter: Floats) -> TotalFit:
    """Fit log E[total] = wandering level + design @ coefficient on T days; total (T,) units, position (T,) days.

    `scatter` (T,): relative variance of a day beyond that of ordinary days.
    """
    span = position[-1] - position[0]
    knots = np.linspace(position[0], position[-1], max(round(int(span) / KNOT_DAYS) + 1, 2))
    hats = _hats(position, knots)
    basis = np.hstack([hats, design])
    k, p = len(knots), design.shape[1]
    steps = np.diff(np.eye(k), axis=0)
    penalty = np.zeros((k + p, k + p))
    penalty[:k, :k] = steps.T @ steps / KNOT_SD**2
    penalty[range(k, k + p), range(k, k + p)] = precision
    age = 0.5 ** ((position[-1] - position) / EFFECT_HALF_LIFE_DAYS)
    theta = np.concatenate([np.full(k, np.log(total.mean() + 0.5)), np.zeros(p)])
    phi = max(1.0, 0.02 * total.mean())
    for step in range(STEPS):
        mean = np.exp(np.clip(basis @ theta, -20, 20))
        pearson = (total - mean) / np.sqrt(phi * mean + scatter * mean**2 + 1e-9)
        bound = np.minimum(1.0, HUBER / np.maximum(np.abs(pearson), 1e-9)) if step > 1 else np.ones_like(mean)
        weight = age * bound / (phi + scatter * mean)
        gram = basis.T @ (basis * (weight * mean)[:, None]) + penalty
        gradient = basis.T @ (weight * (total - mean)) - penalty @ theta
        move = np.linalg.solve(gram + 1e-8 * np.eye(k + p), gradient)
        theta = theta + np.clip(move, -2, 2)
        if step >= 1:
            mean = np.exp(np.clip(basis @ theta, -20, 20))
            squares = np.minimum((total - mean) ** 2 / (mean + 1e-9), HUBER**2 * phi)
            phi = max(squares.mean(), 0.05)
    covariance = np.linalg.inv(gram + 1e-8 * np.eye(k + p))[k:, k:]
    return TotalFit(theta[k:], covariance, np.exp(np.clip(basis @ theta, -20, 20)), knots, theta[:k], phi)


def _hats(position: np.ndarray, knots: Floats) -> Floats:
    """Return linear interpolation between knots as a matrix (T, K)."""
    width = knots[1] - knots[0] or 1.0
    return np.maximum(0.0, 1.0 - np.abs(position[:, None] - knots[None, :]) / width)


@dataclass(frozen=True)
class GroupFit:
    """Fit of G groups. `deviation` (G, P): what each adds to its parent's log effects; `dispersion` (G,): variance over
    mean around the fit; `freedom` (G,): effective number of parameters of the deviations.
    """

    deviation: Floats
    dispersion: Floats
    freedom: Floats


def fit_groups(
    quantity: Floats,
    observed: Bools,
    parent: Floats,
    design: Floats,
    precision: Floats,
    position: Ints,
    scatter: Floats,
) -> GroupFit:
    """Fit shrunk deviations of G groups from their parent's log exposure `parent` (T, G); quantity, observed (T, G).

    `precision` (P,): prior precision of a group's deviation from its parent. `scatter` (T,): as for `fit_total`.
    """
    parts = [
        _fit_groups(quantity[:, of], observed[:, of], parent[:, of], design, precision, position, scatter)
        for of in item_chunks(quantity.shape[1])
    ]
    return GroupFit(
        np.concatenate([part.deviation for part in parts]),
        np.concatenate([part.dispersion for part in parts]),
        np.concatenate([part.freedom for part in parts]),
    )


def _fit_groups(
    quantity: Floats,
    observed: Bools,
    parent: Floats,
    design: Floats,
    precision: Floats,
    position: Ints,
    scatter: Floats,
) -> GroupFit:
    t, g = quantity.shape
    p = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(t, p * p)
    age = 0.5 ** ((position[-1] - position) / EFFECT_HALF_LIFE_DAYS)
    weight = observed * age[:, None]
    deviation = np.zeros((g, p))
    phi = np.ones(g)
    for _ in range(3):
        exposure = np.exp(parent + design @ deviation.T) * observed
        mean = smooth_level(quantity, exposure) * exposure
        squares = np.minimum((quantity - mean) ** 2 / (mean + 0.05), 25.0 * phi) * weight
        phi = np.maximum((squares.sum(0) + 5.0) / (weight.sum(0) + 5.0), 0.2)
        spread = phi + scatter[:, None] * mean
        scaled = weight * mean / spread
        gram = (scaled.T @ products).reshape(g, p, p)
        gradient = (weight * (quantity - mean) / spread).T @ design - precision * deviation
        move = np.linalg.solve(gram + np.diag(precision), gradient[:, :, None])[:, :, 0]
        deviation = np.clip(deviation + np.clip(move, -1, 1), -LOG_LIMIT, LOG_LIMIT)
    trace = np.trace(np.linalg.solve(gram + np.diag(precision), gram), axis1=1, axis2=2)
    return GroupFit(deviation, phi, trace)


def smooth_level(quantity: Floats, exposure: Floats) -> Floats:
    """Return the level around each day (T, G): discounted sums over past and future, shrunk a little to the overall."""
    delta = 0.5 ** (1.0 / LEVEL_HALF_LIFE_STEPS)
    overall = quantity.sum(0) / np.maximum(exposure.sum(0), 1e-9)
    sums = both_ways(np.hstack([quantity, exposure]), delta)
    items = quantity.shape[1]
    return np.asarray((sums[:, :items] + overall) / (sums[:, items:] + 1.0))


@dataclass(frozen=True)
class ItemDriverFit:
    """Log effect of an item's own driver per unit of it: `effect` (I,) of each item, `pooled` of all items with its
    standard deviation `sd`.
    """

    effect: Floats
    pooled: float
    sd: float


def fit_item_driver(
    quantity: Floats, observed: Bools, log_exposure: Floats, driver: Floats, dispersion: Floats, prior_sd: float
) -> ItemDriverFit:
    """Fit the effect of an item's own driver (a promotion, a price): one for all items, and what each adds to it.

    Quasi-Poisson with a level around each day. `driver` (T, I), 0 = at its usual value; `prior_sd` of the pooled log
    effect, whose prior mean is 0.
    """
    z = driver * observed
    pooled, own = 0.0, np.zeros(quantity.shape[1])
    for _ in range(4):
        exposure = np.exp(log_exposure + z * (pooled + own)) * observed
        mean = smooth_level(quantity, exposure) * exposure
        gradient = (z * (quantity - mean)).sum(0) / dispersion
        gram = (z * z * mean).sum(0) / dispersion
        precision = gram.sum() + 1 / prior_sd**2
        move = (gradient.sum() - pooled / prior_sd**2) / precision
        pooled = float(np.clip(pooled + move, -ITEM_DRIVER_LIMIT, ITEM_DRIVER_LIMIT))
        gradient = gradient - gram * move
        own = np.clip(own + (gradient - ITEM_DRIVER_PRECISION * own) / (gram + ITEM_DRIVER_PRECISION), -1, 1)
    return ItemDriverFit(pooled + own, pooled, float(precision**-0.5))
