"""A change of level: the restaurant sells more or less from some day of the last weeks on, and goes on to do so.

The level of `_level` follows a step within weeks, and its memory is right as long as nothing happens. Here the mean
error of the last days, for several numbers of days, is either one of those that the restaurant has always shown or a
step; a spike and slab (Mitchell & Beauchamp 1988) weighs the two. After a step the level is learned from
the days since it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.discount import discounted
from flux_pipeline.demand.model.exposures.exposure import Exposures

# Numbers of evidence days since a step. After five or six weeks the level has followed by itself.
SINCE = (2, 3, 4, 6, 8, 11, 15, 20, 26)
# A restaurant has a step a year or so, up or down by a third (log sd).
STEPS_A_DAY = 1.0 / 365.0
STEP_SD = 0.3
# Ordinary means have heavier tails than a normal; with 1.2 x their median scale a simulated canteen without a step
# loses 1 %, and one whose noise has doubled 0.5 %.
TAIL_ALLOWANCE = 2.0
MAD_TO_SD = 1.4826
LEAST_SD = 0.02
# The level before a step has a memory of a fortnight or so. Without a quarter of ordinary days nothing is unusual.
KEEP = 0.95
YOUNG_STEPS = 30
LEAST_HISTORY = 90
# One day is no step, however special it was: the party of 877 of a restaurant with 25 guests counts as a busy day.
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
    total_sold, exposure = _bounded(panel.quantity.sum(axis=1), exposures.total)
    mean, sd = _mean_errors(total_sold, exposure)
    wide = sd**2 + STEP_SD**2
    days = np.diff(SINCE, prepend=0)
    odds = STEPS_A_DAY * days * np.sqrt(sd**2 / wide) * np.exp(np.minimum(mean**2 * (sd**-2 - 1 / wide) / 2, 500.0))
    chance = odds / (1.0 + odds.sum())
    step = mean * STEP_SD**2 / wide
    usual = max(float(path[-1].sum()), 1e-9)
    before = path[-1 - np.array(SINCE)].sum(axis=1) * np.exp(step)
    sold, weighed = (np.cumsum(of[::-1])[np.array(SINCE) - 1] for of in (total_sold, exposure))
    after = (PRIOR_DAYS * before + sold) / (PRIOR_DAYS + weighed)
    total = float(chance.sum())
    # An item's share of the restaurant is not affected; what it does by itself is in its own level.
    level = path[-1] * (1.0 - total + float(chance @ after) / usual)
    expected = float(chance @ step) / max(total, 1e-12)
    unknown = float(chance @ ((sd / TAIL_ALLOWANCE) ** 2 * STEP_SD**2 / wide))
    variance = total * (1.0 - total) * expected**2 + unknown
    return LevelChange(np.asarray(level), variance, total, expected, panel.dates[count - SINCE[int(chance.argmax())]])


def _bounded(total: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Return sales and exposure (T,) of days that count at most as MOST_EXPOSURE days, and sell at most MOST_SALES."""
    share = np.minimum(1.0, MOST_EXPOSURE / np.maximum(exposure, 1e-9))
    sold, weighed = total * share, exposure * share
    before = np.concatenate([[np.inf], _level(sold, weighed)[:-1]])
    return np.minimum(sold, MOST_SALES * before * np.maximum(weighed, 1e-9)), weighed


def _level(sold: Floats, weighed: Floats) -> Floats:
    """Return the level (T,) after each day, with a memory of a few weeks."""
    sums = discounted(np.stack([sold, weighed], axis=1)[:, :, None], np.full((len(sold), 1, 1), KEEP))[:, :, 0]
    return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1e-9))


def _mean_errors(total: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Return the mean log error of the last days for each number of days, and its usual size over the history."""
    level = _level(total, exposure)
    sold, weighed = (np.concatenate([[0.0], np.cumsum(part)]) for part in (total, exposure))
    mean, sd = np.zeros(len(SINCE)), np.zeros(len(SINCE))
    for at, days in enumerate(SINCE):
        end = np.arange(YOUNG_STEPS + days, len(total) + 1)
        expected = level[end - days - 1] * (weighed[end] - weighed[end - days])
        error = np.log((sold[end] - sold[end - days] + 0.5) / (expected + 0.5))
        mean[at], sd[at] = error[-1], max(TAIL_ALLOWANCE * MAD_TO_SD * float(np.median(np.abs(error))), LEAST_SD)
    return mean, sd
