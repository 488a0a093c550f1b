"""Weekdays that drift: what a restaurant's week of late adds to that of its whole history."""

import numpy as np
import pytest

from flux_pipeline.demand.model.exposures._weekday_drift import (
    DRIFT_SDS,
    KEEP_A_WEEK,
    LEAST_SD,
    LOG_PRIOR,
    SCORE_HALF_LIFE,
    TEMPER,
    fit_weekday_drift,
)
from flux_pipeline.demand.model.scale import robust_sd

WEEK = np.array([0.0, 0.3, -0.2, 0.1, 0.0, -0.3, 0.1])


def drifted(position: np.ndarray, since: int) -> np.ndarray:
    """Units of days whose week was flat, and has been WEEK since a day; 1,000 are expected."""
    noise = np.random.default_rng(1).normal(0.0, 0.05, len(position))
    return 1000.0 * np.exp(noise + np.where(position >= since, WEEK[position % 7], 0.0))


def fitted(position: np.ndarray, total: np.ndarray):
    return fit_weekday_drift(total, np.full(len(position), 1000.0), position, position % 7)


def averaged(total: np.ndarray, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the same day by day, from the definition: `past` and `now`."""
    error, weekday = np.log((total + 0.5) / 1000.5), position % 7
    sd = max(robust_sd(error), LEAST_SD)
    week = (position - position[-1] - 1) // 7
    weeks = np.unique(week)
    is_open = np.isin(np.arange(7), weekday)

    def known(keep: float, prior_sd: float, before: int) -> np.ndarray:
        drift = np.zeros(7)
        for day in range(7):
            at = np.flatnonzero((weekday == day) & (week < before))
            weight = keep ** ((weeks < before).sum() - 1 - np.searchsorted(weeks, week[at]))
            drift[day] = weight @ error[at] / (weight.sum() + (sd / prior_sd) ** 2)
        return drift - drift.sum() / is_open.sum() * is_open

    each = [(keep, prior_sd) for keep in KEEP_A_WEEK for prior_sd in DRIFT_SDS]
    past = np.array([[known(*of, w)[d] for w, d in zip(week, weekday, strict=True)] for of in each])
    past = np.vstack([past, np.zeros(len(error))])
    now = np.vstack([[known(*of, 1) for of in each], np.zeros((1, 7))])
    weight = TEMPER * 0.5 ** (np.arange(len(error))[::-1] / SCORE_HALF_LIFE)
    score = LOG_PRIOR - 0.5 * ((error - past) ** 2 @ weight) / sd**2
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    return chance @ past, chance @ now


@pytest.mark.parametrize(
    "closed", [range(0), range(100, 156), range(3, 140, 7)], ids=["never", "for weeks", "a weekday"]
)
def test_it_is_the_average_of_discounted_errors_of_earlier_weeks(closed: range) -> None:
    position = np.array([day for day in range(200) if day not in closed])
    total = drifted(position, 90)
    found, (past, now) = fitted(position, total), averaged(total, position)
    np.testing.assert_allclose(found.past, past, atol=1e-12)
    np.testing.assert_allclose(found.now, now, atol=1e-12)


def test_a_week_that_was_known_before_a_long_closure_is_known_after_it() -> None:
    position = np.concatenate([np.arange(300), np.arange(482, 489)])
    assert fitted(position, drifted(position, 100)).now == pytest.approx(WEEK, abs=0.1)
