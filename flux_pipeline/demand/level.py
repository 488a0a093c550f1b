"""The level: conjugate Gamma counts that forget, at many discounts and on two scales, averaged by what they foretold.

Level ~ Gamma(a, b); before a day a and b shrink by the discount, after it a += sold, b += exposure (West & Harrison
1997, ch. 10; discounted gamma-Poisson). The restaurant's total adapts fast and an item's share of it slowly (Berry,
Helman & West 2018). Exposures come from `effects` and `season`; how wide the errors are is `dispersion`'s question.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from flux_pipeline.demand.panel import Bools, Floats, Ints

# Half-lives from 3 open days to a year. The best single one on a restaurant is about 14 days; the ends are there for
# a level that halves and for an item sold twice a month.
ITEM_DISCOUNTS = (0.8, 0.88, 0.93, 0.96, 0.98, 0.99, 0.998)
TOTAL_DISCOUNTS = (0.8, 0.9, 0.95, 0.98)
SHARE_DISCOUNTS = (0.9, 0.95, 0.98, 0.995)
# Levels are judged by what they said about the fifth open day ahead; judging by the seventh or tenth scores the same on
# totals and up to 0.5 % worse on slow items.
JUDGED_STEPS = 5
# A judgement from 60 open days ago counts half: what suited an item in spring need not in autumn.
JUDGEMENT_HALF_LIFE = 60.0
# Errors of overlapping weeks repeat each other, so seven days judge like one; what suits the other items of the
# restaurant counts a tenth each.
OWN_TEMPER = 1.0 / 7.0
POOL_TEMPER = 0.1
# A closed week is a holiday; through a longer gap what was known goes on ageing, by 3 % a day or faster: after four
# months the old level is where a reopened restaurant starts, and weighs as much as its first day.
GAP_DAYS = 8
GAP_DISCOUNT = 0.97
GAP_LIMIT = 120


@dataclass(frozen=True)
class Levels:
    """`path` (T, I): the averaged level known after each day; `last` (I,); `evidence` (I,): discounted units behind it.

    `weights` (K, I): what each candidate weighs.
    """

    path: Floats
    last: Floats
    evidence: Floats
    weights: Floats


def fit_levels(
    quantity: Floats,
    exposure: Floats,
    total_exposure: Floats,
    observed: Bools,
    exact: Bools,
    position: Ints,
    prior: tuple[Floats, Floats],
    dispersion: Floats,
) -> Levels:
    """Level of each item after each of T days; quantity (units), exposure (days) (T, I), prior a and b (I,).

    `observed`, `exact` (T, I): since the first sale; not censored, so that a candidate may be judged by it.
    """
    first = np.where(observed.any(axis=0), observed.argmax(axis=0), len(position) - 1)
    a0, b0 = prior
    sold = quantity * observed
    weighed = exposure * observed
    sold[first, np.arange(len(first))] += a0
    weighed[first, np.arange(len(first))] += b0
    paths = [_ratio(sold, weighed, d, position) for d in ITEM_DISCOUNTS]
    if quantity.shape[1] > 1:
        paths += _shared_paths(quantity, total_exposure, sold, weighed, position)
    weights = _judge(paths, quantity, exposure, observed, exact, dispersion)
    path = sum(w * p for w, p in zip(weights, paths, strict=True))
    memory = _discounted(quantity * observed, 0.95, position)[-1] + a0
    return Levels(np.asarray(path), np.asarray(path)[-1], memory, weights)


def _shared_paths(
    quantity: Floats, total_exposure: Floats, sold: Floats, weighed: Floats, position: Ints
) -> list[Floats]:
    total = quantity.sum(axis=1, keepdims=True)
    paths = []
    for fast in TOTAL_DISCOUNTS:
        level = _ratio(total, total_exposure[:, None], fast, position)
        for slow in SHARE_DISCOUNTS:
            paths.append(level * _ratio(sold, weighed * level, slow, position))
    return paths


def _steps(position: Ints, delta: float) -> Ints:
    """Row of each day on a grid in which long gaps take room, so that forgetting goes on through them."""
    gap = np.diff(position, prepend=position[:1] - 1)
    if gap.max() <= GAP_DAYS:
        return np.arange(len(position))
    pace = max(1.0, np.log(GAP_DISCOUNT) / np.log(delta))
    return np.cumsum(np.where(gap > GAP_DAYS, np.rint(np.minimum(gap, GAP_LIMIT) * pace).astype(np.int64), 1)) - 1


def _discounted(values: Floats, delta: float, position: Ints) -> Floats:
    steps = _steps(position, delta)
    if steps[-1] + 1 == len(steps):
        return np.asarray(lfilter([1.0], [1.0, -delta], values, axis=0))
    spaced = np.zeros((steps[-1] + 1, values.shape[1]))
    spaced[steps] = values
    return np.asarray(lfilter([1.0], [1.0, -delta], spaced, axis=0)[steps])


def _ratio(sold: Floats, weighed: Floats, delta: float, position: Ints) -> Floats:
    return _discounted(sold, delta, position) / np.maximum(_discounted(weighed, delta, position), 1e-9)


def _judge(
    paths: list[Floats],
    quantity: Floats,
    exposure: Floats,
    observed: Bools,
    exact: Bools,
    dispersion: Floats,
) -> Floats:
    """Weights (K, I) by the discounted, tempered predictive quasi-likelihood of JUDGED_STEPS days ahead."""
    h = min(JUDGED_STEPS, len(quantity) - 1)
    if h < 1:
        return np.full((len(paths), quantity.shape[1]), 1.0 / len(paths))
    y, e = quantity[h:], exposure[h:]
    age = np.arange(len(y))[::-1, None]
    weight = (observed[:-h] & exact[h:]) * 0.5 ** (age / JUDGEMENT_HALF_LIFE) / dispersion
    scores = np.empty((len(paths), quantity.shape[1]))
    for k, path in enumerate(paths):
        mean = path[:-h] * e + 1e-3
        scores[k] = (weight * (y * np.log(mean) - mean)).sum(axis=0)
    scores -= scores.max(axis=0)
    log_weight = OWN_TEMPER * scores + POOL_TEMPER * OWN_TEMPER * scores.sum(axis=1, keepdims=True)
    log_weight -= log_weight.max(axis=0)
    weights = np.exp(log_weight)
    return np.asarray(weights / weights.sum(axis=0))
