"""The level: discounted conjugate Gamma counts at many discounts and on two scales, averaged by past predictions.

Level ~ Gamma(a, b); before a day a and b shrink by the discount, after it a += sold, b += exposure (West & Harrison
1997, ch. 10; discounted gamma-Poisson). The restaurant's total adapts fast and an item's share of it slowly (Berry,
Helman & West 2018). Exposures come from `exposure`; `spread` estimates the width of the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Ints, Panel
from flux_pipeline.demand.model.chunks import item_chunks
from flux_pipeline.demand.model.discount import discounted
from flux_pipeline.demand.model.exposures.exposure import Exposures

# Half-lives from 3 open days to a year. The best single one for a restaurant is about 14 days; the shortest are for a
# level that halves, the longest for an item sold twice a month. With three discounts of the total and four of shares,
# the average of the public sets is 0.2 % worse, and the fit of a menu takes a fifth longer.
ITEM_DISCOUNTS = (0.8, 0.88, 0.93, 0.96, 0.98, 0.99, 0.998)
TOTAL_DISCOUNTS = (0.93, 0.98)
SHARE_DISCOUNTS = (0.95, 0.99)
# The discount of an item's evidence, `Levels.evidence`: its sales in some twenty open days.
MEMORY = (0.95,)
# Levels are scored by their prediction for the fifth open day ahead; with the seventh or tenth the results are the same
# on totals and up to 0.5 % worse on slow items.
SCORED_STEPS = 5
# A score from 60 open days ago counts half: what suited an item in spring need not suit it in autumn.
SCORE_HALF_LIFE = 60.0
# Errors of overlapping weeks repeat each other, so seven days count as one (with twenty, simulated canteens whose days
# are noisy are 0.5 % better, and an item that was taken off the menu is expected for weeks); scores of the restaurant's
# other items count a tenth each, but not those of items that pause: each of their returns would speak for a level that
# follows everything (wQL of kiel 2 % higher).
OWN_TEMPER = 1.0 / 7.0
POOL_TEMPER = 0.1
# A gap of a week is a holiday. Through a longer gap evidence fades by 3 % a day or faster: after four months a reopened
# restaurant starts at the old level, which weighs as much as its first day.
GAP_DAYS = 8
GAP_DISCOUNT = 0.97
GAP_LIMIT = 120
# Two arrays of this size are in the cache of a processor's core; those of all days at once would take twice as long.
NUMBERS_AT_ONCE = 50_000


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
    whole = np.concatenate(path, axis=1)
    # What remains of each day's evidence on the last day.
    remains = np.append(np.cumprod(_decay(MEMORY, position)[:0:-1])[::-1], 1.0)
    return Levels(whole, whole[-1], remains @ (panel.quantity * observed) + a0)


def _paths(sold: Floats, weighed: Floats, level: Floats | None, position: Ints) -> Floats:
    """Return the paths (T, K, I) of some items: a level at each discount, and shares of the restaurant's `level`."""
    own, shared = len(ITEM_DISCOUNTS), 0 if level is None else level.shape[1] * len(SHARE_DISCOUNTS)
    paths = np.empty((len(sold), own + shared, sold.shape[1]))
    of_items = _decay(ITEM_DISCOUNTS, position)
    of_shares = of_items[:, :0] if level is None else _decay(SHARE_DISCOUNTS, position)
    units, exposure, share_units, share_exposure = map(_Sums, (of_items, of_items, of_shares, of_shares))
    for days in _blocks_of_days(paths):
        _divide(units.over(days, sold[days, None]), exposure.over(days, weighed[days, None], out=paths[days, :own]))
        if level is not None:
            fast = level[days, :, None]
            share = paths[days, own:].reshape(len(fast), level.shape[1], -1, sold.shape[1], copy=False)
            share_exposure.over(days, weighed[days, None, None] * fast, out=share)
            _divide(share_units.over(days, sold[days, None])[:, None], share)
            share *= fast
    return paths


def _blocks_of_days(paths: Floats) -> list[slice]:
    """Return blocks of days whose paths (T, K, I) stay in the processor's cache from one step to the next."""
    step = max(1, NUMBERS_AT_ONCE // max(1, paths[0].size))
    return [slice(start, min(start + step, len(paths))) for start in range(0, len(paths), step)]


class _Sums:
    """Discounted sums (T, ..., K, I) at K discounts, block by block of days; `decay` (T, K)."""

    def __init__(self, decay: Floats) -> None:
        self._decay = decay
        self._last: Floats | None = None

    def over(self, days: slice, values: Floats, out: Floats | None = None) -> Floats:
        """Continue with the values (days, ..., 1, I) of the next block."""
        decay = self._decay[days]
        decay = decay.reshape(len(decay), *[1] * (values.ndim - 3), -1, 1)
        sums = discounted(values, decay, out, self._last)
        self._last = sums[-1].copy()
        return sums


def _total_level(quantity: Floats, total_exposure: Floats, position: Ints) -> Floats:
    """Return the restaurant's level (T, K, 1) at each fast discount."""
    both = np.stack([quantity.sum(axis=1), total_exposure], axis=1)
    sums = _Sums(_decay(TOTAL_DISCOUNTS, position)).over(slice(None), both[:, :, None, None])
    return _divide(sums[:, 0], sums[:, 1])


def _decay(discounts: Sequence[float], position: Ints) -> Floats:
    """Return the share (T, K) of the evidence that remains since the evidence day before; long gaps discount more."""
    gap = np.ones(len(position))
    gap[1:] = np.minimum(position[1:] - position[:-1], GAP_LIMIT)
    decay = np.empty((len(gap), len(discounts)))
    decay[:] = discounts
    long = gap > GAP_DAYS
    if long.any():
        decay[long] = np.minimum(decay[long], GAP_DISCOUNT) ** gap[long, None]
    return decay


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
    pooled = (scores * ~exposures.paused).sum(axis=1, keepdims=True)
    log_weight = OWN_TEMPER * scores + POOL_TEMPER * OWN_TEMPER * pooled
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
    for days in _blocks_of_days(paths[:-h]):
        mean = paths[days] * e[days]
        mean += 1e-3
        gain = np.log(mean)
        gain *= y[days]
        gain -= mean
        scores += np.einsum("ti,tki->ki", weight[days], gain)
    return scores
