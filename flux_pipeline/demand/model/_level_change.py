"""A change of level: the restaurant sells more or less from some day of the last weeks on, and goes on to do so.

The level of `_level` follows a step within weeks, and its memory is right as long as nothing happens. Here the last
days, 3 to 40 of them, differ from the weeks before either by as much as they have always done or by a step; a spike and
slab (Mitchell & Beauchamp 1988) weighs the two. After a step the level is learned from the days since it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.discount import discounted_rows
from flux_pipeline.demand.model.exposures.exposure import Exposures
from flux_pipeline.demand.model.scale import median, robust_sd

# A step is looked for in the last two months; after six weeks the level has followed by itself. Fewer than
# three days are not enough to tell a step from chance.
WINDOW = 60
SINCE = np.array([3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 28, 34, 40])
# The days of the window, (2 S, WINDOW): which are the last ones for each number in SINCE, and which are before them.
LAST_DAYS = np.arange(WINDOW) >= WINDOW - SINCE[:, None]
PARTS = np.concatenate([LAST_DAYS, ~LAST_DAYS])
DAYS = PARTS.sum(axis=1)
MIDDLE = np.arange(len(DAYS)), DAYS // 2
# A restaurant has a step every other year or so, up or down by a third (log sd).
STEPS_A_DAY = 1.0 / 730.0
PRIOR_ODDS = STEPS_A_DAY * np.diff(SINCE, prepend=SINCE[0] - 1)
STEP_SD = 0.3
STEP_LIMIT = float(np.log(3.0))
# Ordinary differences have heavier tails than a normal.
TAIL_ALLOWANCE = 1.5
LEAST_SD = 0.02
# In less than a quarter of a year it is not known how much ordinary weeks differ.
LEAST_HISTORY = 90
# How much weeks usually differ is measured by every fourth window; with all of them, quantile losses are the same to
# within 0.01 %.
STRIDE = 4
# A day's error is limited to this many standard deviations from the median of the days beside it.
FURTHEST = 2.5
# The memory of the level to which a day's sales are bounded.
KEEP = 0.95
# In the level since a step no day counts for more than a busy one: the party of 877 of a restaurant with 25 guests.
MOST_EXPOSURE = 3.0
MOST_SALES = 2.5
# The size of the step, by which it was found, weighs as much as five days in the level after it.
PRIOR_DAYS = 5.0


@dataclass(frozen=True)
class LevelChange:
    """A change of level. `level` (I,): units on an average day now; `variance`: of its logarithm, from not knowing.

    `chance`: posterior probability of a step; `step`: its expected log size; `since`: the day from which it counts.
    """

    level: Floats
    variance: float
    chance: float
    step: float
    since: np.datetime64 | None


def fit_level_change(panel: Panel, exposures: Exposures, path: Floats) -> LevelChange:
    """Weigh steps within the last days against none; `path` (T, I): the level known after each day."""
    count = len(path)
    if count < LEAST_HISTORY:
        return LevelChange(path[-1], 0.0, 0.0, 0.0, None)
    known = path.sum(axis=1)
    usual = max(float(known[-1]), 1e-9)
    total_sold, exposure = _bounded(panel.quantity.sum(axis=1), exposures.total)
    jump, sd = _differences(np.log((total_sold + 0.5) / (exposure * median(known) + 0.5)))
    wide = sd**2 + STEP_SD**2
    evidence = np.minimum(jump**2 * (sd**-2 - 1 / wide) / 2, 300.0)
    odds = PRIOR_ODDS * np.sqrt(sd**2 / wide) * np.exp(evidence)
    chance = odds / (1.0 + odds.sum())
    step = (jump * STEP_SD**2 / wide).clip(-STEP_LIMIT, STEP_LIMIT)
    before = np.cumsum(known[-1 - WINDOW :])[WINDOW - 1 - SINCE] / (WINDOW - SINCE) * np.exp(step)
    sold, weighed = (np.cumsum(of[::-1])[SINCE - 1] for of in (total_sold, exposure))
    after = (PRIOR_DAYS * before + sold) / (PRIOR_DAYS + weighed)
    # Where sales nearly stopped, the bounds of a day are above what the level has followed to.
    after = np.where(step < 0, np.minimum(after, usual), after)
    total = float(chance.sum())
    # An item's share of the restaurant is not affected; what it does by itself is in its own level.
    level = path[-1] * (1.0 - total + float(chance @ after) / usual)
    expected = float(chance @ step) / max(total, 1e-12)
    unknown = float(chance @ ((sd / TAIL_ALLOWANCE) ** 2 * STEP_SD**2 / wide))
    variance = total * (1.0 - total) * expected**2 + unknown
    since = panel.dates[count - int(SINCE[int(chance.argmax())])]
    return LevelChange(np.asarray(level), variance, total, expected, since)


def _bounded(total: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Return the sales and exposure (T,) of each day, limited so that no single day looks like a step.

    A day counts as at most MOST_EXPOSURE average days. Its sales are kept within a factor of MOST_SALES of what the
    level before it predicts.
    """
    share = np.minimum(1.0, MOST_EXPOSURE / np.maximum(exposure, 1e-9))
    sold, weighed = total * share, exposure * share
    level = _level(sold, weighed)
    before = np.concatenate([level[:1], level[:-1]])
    expected = before * np.maximum(weighed, 1e-9)
    return sold.clip(expected / MOST_SALES, expected * MOST_SALES), weighed


def _level(sold: Floats, weighed: Floats) -> Floats:
    """Return the level (T,) after each day, with a memory of a few weeks."""
    units, exposure = discounted_rows(np.stack([sold, weighed]), np.full((2, 1), KEEP))
    return np.asarray(units / np.maximum(exposure, 1e-9))


def _differences(error: Floats) -> tuple[Floats, Floats]:
    """Return by how much the last days differ from those before them in the window, and how much is usual.

    `error` (T,): log errors of days. Both results are for each number of days in SINCE. The usual size is that over the
    history, the same for every number of days but for the number itself, so that a step is found where it was.
    """
    sums = np.concatenate([[0.0], np.cumsum(error)])
    end = np.arange(len(error), WINDOW - 1, -STRIDE)[:, None]
    whole = sums[end] - sums[end - WINDOW]
    last = sums[end] - sums[end - SINCE]
    root = np.sqrt(SINCE * (WINDOW - SINCE) / WINDOW)
    spread = root * (last / SINCE - (whole - last) / (WINDOW - SINCE))
    sd = TAIL_ALLOWANCE * robust_sd(spread)
    # Two days differ by the square root of two more than one of them scatters.
    window, scatter = error[-WINDOW:], robust_sd(error[1:] - error[:-1]) / np.sqrt(2.0)
    limit = FURTHEST * max(scatter, LEAST_SD)
    last, before = _means(window, limit).reshape(2, -1)
    return last - before, np.maximum(sd / root, LEAST_SD)


def _means(window: Floats, limit: float) -> Floats:
    """Return the mean of each part (2 S,) of the window (WINDOW,), with days limited to `limit` from its median."""
    middle = np.sort(np.where(PARTS, window, np.inf), axis=1)[MIDDLE]
    apart = (window - middle[:, None]).clip(-limit, limit)
    return np.asarray(middle + (apart * PARTS).sum(axis=1) / DAYS)
