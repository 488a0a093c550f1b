"""Items with a season of their own, such as stollen, asparagus or ice cream: gone for weeks, back at last year's time.

For an item that has paused, two hypotheses compete: it goes on as it sells now, or it repeats what it sold at this time
in earlier years. Their past predictions decide between them; before that, both have the same chance. The time of
year of other items is `_season`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Bools, Floats, Ints, Panel
from flux_pipeline.demand.model.exposures._season import YEAR_DAYS

# A pause is four weeks of open days without a sale on which a dozen were expected, which by chance has e^-12.
PAUSE_STEPS = 24
PAUSE_EXPECTED = 12.0
# The day of an earlier year is the middle of one week: a season that starts a day or two later is the same one.
AROUND = (-3, 3)
# Hypotheses are scored by their predictions ten open days ahead; such errors repeat each other within a week.
SCORED_STEPS = 10
TEMPER = 1.0 / 7.0
# The first sale would rule out a prediction of zero for good; a fiftieth of the item's usual level avoids that.
FLOOR = 0.02
# Out of season a single sale is still possible.
LEAST = 0.001
# This year's level over earlier years' is taken from four weeks, shrunk by one week of usual sales.
TRAILING = (-27, 0)
SCALE_DAYS = 7.0
SCALE_LIMIT = 3.0


@dataclass(frozen=True)
class OwnSeason:
    """Levels ahead. `level` (H, I): the mean of both hypotheses on each day; `variance` (H, I): between the hypotheses.

    `chance` (I,): probability of the hypothesis "as in earlier years", 0 for items without a season of their own.
    """

    level: Floats
    variance: Floats
    chance: Floats


def fit_own_seasons(panel: Panel, exposure: Floats, paused: Bools, path: Floats, phi: Floats) -> OwnSeason:
    """Weigh both hypotheses of items that `paused` (I,); exposure, path (T, I): exposures, the level after each day."""
    ahead = np.repeat(path[-1:], len(panel.horizon), axis=0)
    nothing = OwnSeason(ahead, np.zeros(ahead.shape), np.zeros(len(panel.items)))
    at = np.flatnonzero(paused)
    if not len(at) or panel.position[-1] < YEAR_DAYS - panel.days_ahead[-1]:
        return nothing
    exposure, path, quantity = exposure[:, at] * panel.observed[:, at], path[:, at], panel.quantity[:, at]
    selling = quantity.sum(axis=0) / np.maximum((exposure * (quantity > 0)).sum(axis=0), 1e-9)
    every = np.concatenate([panel.position, panel.horizon_position])
    t = len(panel.dates)
    sums = _Sums.of(panel.position, quantity, exposure)
    sold, weighed = _earlier_years(sums, every, AROUND)
    before, known = sold / np.maximum(weighed, 1e-9), weighed > 0
    scale = _this_year(sums, selling)
    chance = _chance(quantity, exposure, path, (before[:t], scale, known[:t]), selling, phi[at])
    each = chance * known[t:]
    repeated = np.maximum(before[t:] * scale[-1], LEAST * selling)
    result = nothing.chance.copy()
    result[at] = each.max(axis=0)
    level, variance = ahead.copy(), nothing.variance
    level[:, at] = (1 - each) * path[-1] + each * repeated
    variance[:, at] = each * (1 - each) * (repeated - path[-1]) ** 2
    return OwnSeason(level, variance, result)


def has_paused(panel: Panel, exposure: Floats) -> Bools:
    """Return whether each item once sold nothing for weeks in which, by its mean level, a dozen were expected."""
    steps = np.arange(len(panel.dates))[:, None]
    last = np.maximum.accumulate(np.where(panel.quantity > 0, steps, -1), axis=0)
    if not (steps - last >= PAUSE_STEPS).any():
        return np.zeros(len(panel.items), dtype=bool)
    weighed = np.cumsum(exposure * panel.observed, axis=0)
    level = panel.quantity.sum(axis=0) / np.maximum(weighed[-1], 1e-9)
    since = weighed - np.take_along_axis(weighed, np.maximum(last, 0), axis=0)
    long = (steps - last >= PAUSE_STEPS) & panel.observed & (since * level >= PAUSE_EXPECTED)
    return np.asarray(long.any(axis=0))


@dataclass(frozen=True)
class _Sums:
    """Units and exposure (2, T + 1, I) added up to each of T days, from 0; `position` (T,): their calendar days."""

    position: Ints
    until: Floats

    @classmethod
    def of(cls, position: Ints, quantity: Floats, exposure: Floats) -> _Sums:
        until = np.zeros((2, len(position) + 1, quantity.shape[1]))
        np.cumsum(quantity, axis=0, out=until[0, 1:])
        np.cumsum(exposure, axis=0, out=until[1, 1:])
        return cls(position, until)

    def within(self, middle: Ints, window: tuple[int, int]) -> Floats:
        """Return units and exposure (2, N, I) from `window[0]` to `window[1]` days around each of N days."""
        low = np.searchsorted(self.position, middle + window[0], side="left")
        high = np.searchsorted(self.position, middle + window[1], side="right")
        return np.asarray(self.until[:, high] - self.until[:, low])


def _earlier_years(sums: _Sums, wanted: Ints, window: tuple[int, int]) -> Floats:
    """Add up units and exposure (2, N, I) in a window around the same days of all earlier years; `wanted` (N,) days."""
    total = np.zeros((2, len(wanted), sums.until.shape[2]))
    for year in range(1, int(wanted[-1]) // YEAR_DAYS + 2):
        middle = wanted - year * YEAR_DAYS
        # A window that begins before the item's first sale contains only days on which it was already on sale.
        is_known = sums.within(middle, (0, 0))[1] > 0
        total += sums.within(middle, window) * is_known
    return total


def _this_year(sums: _Sums, selling: Floats) -> Floats:
    """Return this year's sales of the last weeks over those of earlier years (T, I), shrunk to 1."""
    sold, weighed = sums.within(sums.position, TRAILING)
    sold_before, weighed_before = _earlier_years(sums, sums.position, TRAILING)
    expected = sold_before / np.maximum(weighed_before, 1e-9) * weighed
    scale = (sold + SCALE_DAYS * selling) / (expected + SCALE_DAYS * selling)
    return np.where(weighed_before > 0, scale.clip(1 / SCALE_LIMIT, SCALE_LIMIT), 1.0)


def _chance(
    quantity: Floats,
    exposure: Floats,
    path: Floats,
    earlier: tuple[Floats, Floats, np.ndarray],
    selling: Floats,
    phi: Floats,
) -> Floats:
    """Return the posterior probability (I,) of "as in earlier years"; one half until a day distinguishes the two.

    `earlier`: level of earlier years, this year's level over it, and whether it is known, each (T, I).
    """
    before, scale, known = earlier
    h = min(SCORED_STEPS, len(quantity) - 1)
    floor = FLOOR * selling
    going_on = np.maximum(path[:-h], floor) * exposure[h:]
    as_before = np.maximum(before[h:] * scale[:-h], floor) * exposure[h:]
    counts = known[h:] & (exposure[h:] > 0)
    ratio = np.log(np.maximum(as_before, 1e-9) / np.maximum(going_on, 1e-9))
    gain = np.where(counts, quantity[h:] * ratio - (as_before - going_on), 0.0)
    evidence = TEMPER * gain.sum(axis=0) / np.maximum(phi, 1.0)
    return np.asarray(1.0 / (1.0 + np.exp(-evidence.clip(-50, 50))))
