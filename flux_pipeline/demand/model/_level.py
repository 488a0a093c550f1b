"""The level: discounted conjugate Gamma counts at many discounts and on two scales, averaged by past predictions.

Level ~ Gamma(a, b); before a day a and b shrink by the discount, after it a += sold, b += exposure (West & Harrison
1997, ch. 10; discounted gamma-Poisson). The restaurant's total adapts fast and an item's share of it slowly (Berry,
Helman & West 2018). Exposures come from `_exposure`; `spread` estimates the width of the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Ints, Panel
from flux_pipeline.demand.model._chunks import item_chunks
from flux_pipeline.demand.model._discount import discounted
from flux_pipeline.demand.model._exposure import Exposures

# Half-lives from 3 open days to a year. The best single one for a restaurant is about 14 days; the shortest are for a
# level that halves, the longest for an item sold twice a month.
ITEM_DISCOUNTS = (0.8, 0.88, 0.93, 0.96, 0.98, 0.99, 0.998)
TOTAL_DISCOUNTS = (0.8, 0.9, 0.95, 0.98)
SHARE_DISCOUNTS = (0.9, 0.95, 0.98, 0.995)
# The discount of an item's evidence, `Levels.evidence`: its sales in some twenty open days.
MEMORY = (0.95,)
# Levels are scored by their prediction for the fifth open day ahead; with the seventh or tenth the results are the same
# on totals and up to 0.5 % worse on slow items.
SCORED_STEPS = 5
# A score from 60 open days ago counts half: what suited an item in spring need not suit it in autumn.
SCORE_HALF_LIFE = 60.0
# Errors of overlapping weeks repeat each other, so seven days count as one; scores of the restaurant's other items
# count a tenth each.
OWN_TEMPER = 1.0 / 7.0
POOL_TEMPER = 0.1
# A gap of a week is a holiday. Through a longer gap evidence fades by 3 % a day or faster: after four months a reopened
# restaurant starts at the old level, which weighs as much as its first day.
GAP_DAYS = 8
GAP_DISCOUNT = 0.97
GAP_LIMIT = 120
DAYS_AT_ONCE = 28


@dataclass(frozen=True)
class Levels:
    """Averaged levels. `path` (T, I): the level known after each day; `last` (I,): the newest; `evidence` (I,): the
    discounted units that it is based on.
    """

    path: Floats
    last: Floats
    evidence: Floats


def fit_levels(panel: Panel, exposures: Exposures, prior: tuple[Floats, Floats]) -> Levels:
    """Fit the level of each item after each of T days; `prior`: Gamma(a, b) of each, shapes (I,), of units and days."""
    observed, position = panel.observed, panel.position
    first = np.where(observed.any(axis=0), observed.argmax(axis=0), len(position) - 1)
    a0, b0 = prior
    sold = panel.quantity * observed
    weighed = exposures.history * observed
    sold[first, np.arange(len(first))] += a0
    weighed[first, np.arange(len(first))] += b0
    level = _total_level(panel.quantity, exposures.total, position) if len(panel.items) > 1 else None
    chunks = item_chunks(len(panel.items))

    # All paths of all items would take more memory than anything else, so a chunk's are computed for each use.
    @lru_cache(maxsize=1)
    def paths(at: int) -> Floats:
        chunk = chunks[at]
        return _paths(sold[:, chunk], weighed[:, chunk], level, position)

    weights = _path_weights(paths, panel, exposures, chunks)
    path = [np.einsum("ki,tki->ti", weights[:, chunk], paths(at)) for at, chunk in enumerate(chunks)]
    memory = _discounted((panel.quantity * observed)[:, None], MEMORY, position)[-1, 0] + a0
    whole = np.concatenate(path, axis=1)
    return Levels(whole, whole[-1], memory)


def _paths(sold: Floats, weighed: Floats, level: Floats | None, position: Ints) -> Floats:
    """Return the paths (T, K, I) of some items: a level at each discount, and shares of the restaurant's `level`.

    They are computed in place: new memory of this size takes longer than the sums themselves.
    """
    own, shared = len(ITEM_DISCOUNTS), 0 if level is None else level.shape[1] * len(SHARE_DISCOUNTS)
    paths = np.empty((len(sold), own + shared, sold.shape[1]))
    units = _discounted(sold[:, None], ITEM_DISCOUNTS, position)
    _divide(units, _discounted(weighed[:, None], ITEM_DISCOUNTS, position, out=paths[:, :own]))
    if level is not None:
        _share_level(level, sold, weighed, position, out=paths[:, own:])
    return paths


def _total_level(quantity: Floats, total_exposure: Floats, position: Ints) -> Floats:
    """Return the restaurant's level (T, K, 1) at each fast discount."""
    both = np.stack([quantity.sum(axis=1), total_exposure], axis=1)
    sums = _discounted(both[:, :, None, None], TOTAL_DISCOUNTS, position)
    return _divide(sums[:, 0], sums[:, 1])


def _share_level(level: Floats, sold: Floats, weighed: Floats, position: Ints, out: Floats) -> None:
    """Set paths (T, K, I): the restaurant's level at each fast discount times an item's share at each slow one."""
    numerator = _discounted(sold[:, None], SHARE_DISCOUNTS, position)
    share = out.reshape(len(sold), level.shape[1], -1, sold.shape[1], copy=False)
    _discounted((weighed[:, None] * level)[:, :, None], SHARE_DISCOUNTS, position, out=share)
    _divide(numerator[:, None], share)
    share *= level[:, :, None]


def _decay(discounts: Sequence[float], position: Ints) -> Floats:
    """Return the share (T, K) of the evidence that remains since the evidence day before; long gaps discount more."""
    gap = np.minimum(np.diff(position, prepend=position[:1] - 1), GAP_LIMIT)[:, None]
    fading = np.array(discounts)
    return np.where(gap > GAP_DAYS, np.minimum(fading, GAP_DISCOUNT) ** gap, fading)


def _discounted(
    values: Floats, discounts: Sequence[float], position: Ints, out: Floats | None = None
) -> Floats:
    """Compute discounted sums (T, ..., K, I) of values (T, ..., 1, I) for K discounts."""
    decay = _decay(discounts, position)[..., None]
    while decay.ndim < values.ndim:
        decay = decay[:, None]
    return discounted(values, decay, out)


def _divide(sold: Floats, weighed: Floats) -> Floats:
    """Return units over exposure, in the place of the exposure."""
    np.maximum(weighed, 1e-9, out=weighed)
    return np.divide(sold, weighed, out=weighed)


def _path_weights(
    paths: Callable[[int], Floats], panel: Panel, exposures: Exposures, chunks: Sequence[slice]
) -> Floats:
    """Return weights (K, I) by the discounted, tempered predictive quasi-likelihood SCORED_STEPS days ahead."""
    h = min(SCORED_STEPS, len(panel.dates) - 1)
    if h < 1:
        count = paths(0).shape[1]
        return np.full((count, len(panel.items)), 1.0 / count)
    scores = np.concatenate([_scores(paths(at), panel, exposures, chunk, h) for at, chunk in enumerate(chunks)], axis=1)
    scores -= scores.max(axis=0)
    log_weight = OWN_TEMPER * scores + POOL_TEMPER * OWN_TEMPER * scores.sum(axis=1, keepdims=True)
    log_weight -= log_weight.max(axis=0)
    weights = np.exp(log_weight)
    return np.asarray(weights / weights.sum(axis=0))


def _scores(paths: Floats, panel: Panel, exposures: Exposures, chunk: slice, h: int) -> Floats:
    """Return the score (K, I) of each path of a chunk of items."""
    y, e = panel.quantity[h:, None, chunk], exposures.history[h:, None, chunk]
    age = np.arange(len(y))[::-1, None]
    # A path is scored from an item's first sale on, without days on which the item ran out.
    counts = panel.observed[:-h, chunk] & ~panel.censored[h:, chunk]
    weight = counts * 0.5 ** (age / SCORE_HALF_LIFE) / exposures.dispersion[chunk]
    scores = np.zeros(paths.shape[1:])
    # A few weeks at once are in the processor's cache; all days would take four arrays of the size of the paths.
    for start in range(0, len(y), DAYS_AT_ONCE):
        days = slice(start, min(start + DAYS_AT_ONCE, len(y)))
        mean = paths[days] * e[days]
        mean += 1e-3
        gain = np.log(mean)
        gain *= y[days]
        gain -= mean
        scores += np.einsum("ti,tki->ki", weight[days], gain)
    return scores
