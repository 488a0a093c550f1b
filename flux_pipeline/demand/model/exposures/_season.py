"""Time of year: the next movements of the restaurant, its categories and items, predicted from earlier years.

Each weekday's effect has a wave. The restaurant's curve repeats the movements of its daily level. A category adds
how its share of the restaurant's sales moved, an item how its share of its category's moved. All need 1.2 years of
history. What a day is expected to do comes from earlier years; how much of it counts, from how it has come true so far.
Items that pause are `own_season`'s.
"""

from __future__ import annotations

import numpy as np
import scipy.special

from flux_pipeline.demand.inputs.panel import Bools, Floats, Ints, Panel
from flux_pipeline.demand.model.discount import around
from flux_pipeline.demand.model.exposures.effects import TotalFit, age_weights
from flux_pipeline.demand.model.scale import robust_sd

WEEK = 7
# 52 whole weeks, so that a day is compared with the same weekday.
YEAR_WEEKS = 52
YEAR_DAYS = YEAR_WEEKS * WEEK
LEAST_HISTORY_DAYS = 438  # 1.2 years: below it the horizon has no last year to look at

# The restaurant's level is the sum of what moves within months, weeks and days: smoothed over 28 days, and what
# smoothing over 10 and 3.5 days adds (standard deviations of the kernel). With each is the standard deviation of a
# fortnight's log movement that has nothing to do with the time of year. From two bakeries, eighteen shops and a
# fast-food restaurant: of the movements of the shops, which move little, a half, a third and a quarter were repeated,
# of those of a seaside bakery nearly all, even a week in August. With one share for all (0.7) its wQL is 3 % higher.
BANDS = ((28.0, 0.02), (10.0, 0.035), (3.5, 0.07))
# That noise counts as much as what three more years would show; years that agree lower it, others raise it.
NOISE_YEARS = 3.0
# How much moves around a day is measured over ten days to either side.
AROUND_DAYS = 10.0
# A day further than this many standard deviations (by the median) from the fitted level is a special day.
FURTHEST = 2.5
LEAST_SCATTER = 0.01

# Shares are measured by the week and smoothed over past and future with a half-life of ten days; with 5 to 15 days wQL
# differs by less than 1 %.
SHARE_HALF_LIFE_WEEKS = 10.0 / WEEK
# A share that sold 20 units is half shrunk to its usual value: items scatter with twice the variance of a Poisson, and
# their shares move by a third within a season (2 / 0.3^2).
USUAL_UNITS = 20.0
# 0.8 of a movement repeats until the restaurant's own shares say more; of a bakery with six groups 0.9 repeated, of a
# bakery with a hundred items half, of a restaurant with seven ingredients nothing. The prior weighs as much as
# PRIOR_NOISE of squared fortnightly log movements, which are 0.02 to 0.15 in a year.
REPEAT_PRIOR = 0.8
PRIOR_NOISE = 0.02
FORTNIGHT_WEEKS = 2

# Saturdays are not the same in summer and winter: a yearly wave of each weekday's log effect, a priori 5 % high (with
# 10 % wQL is the same). It lowers wQL of two bakeries and a restaurant by 1.2 %, that of their windows 13, 26 and 39
# weeks earlier by 1 to 4 %; nothing else changes by more than 0.5 %.
WEEKDAY_WAVE_SD = 0.05


def weekday_waves(fit: TotalFit, panel: Panel, total: Floats) -> Floats:
    """Return by how much the time of year moves each day's weekday effect (T + H,), a log factor; 0 in the first year.

    Ridge regression of the residuals of the restaurant's total (T,) on a sine and a cosine of the year per weekday.
    """
    t, weekday = len(panel.dates), panel.weekday
    if panel.position[-1] < LEAST_HISTORY_DAYS:
        return np.zeros(len(weekday))
    days = np.concatenate([panel.dates, panel.horizon]).astype("datetime64[D]").astype(float)
    angle = 2 * np.pi * days / 365.25
    is_day = weekday == np.arange(7)[:, None]
    waves = np.concatenate([is_day * np.cos(angle), is_day * np.sin(angle)])
    waves -= waves[:, :t].mean(axis=1, keepdims=True)
    residual, scatter = _residual(fit, total)
    weighed = waves[:, :t] * (age_weights(panel.position) / max(scatter, LEAST_SCATTER) ** 2)
    gram = weighed @ waves[:, :t].T + np.eye(len(waves)) / WEEKDAY_WAVE_SD**2
    return np.asarray(np.linalg.solve(gram, weighed @ residual) @ waves)


def season_curve(fit: TotalFit, position: Ints, total: Floats, n_calendar: int) -> Floats | None:
    """Return the restaurant's log curve on the calendar days 0 .. n_calendar - 1, or None if the history is too short.

    A day's movement is the mean of the movements 364, 728, ... days before it; `total` (T,): units on each `position`.
    """
    if position[-1] < LEAST_HISTORY_DAYS:
        return None
    known = np.zeros(int(position[-1]) + 1)
    known[position] = 1.0
    level, scatter = _daily_level(fit, position, total)
    smooth = np.concatenate([_smooth(level[None], known, width) for width, _ in BANDS])
    bands = np.concatenate([smooth[:1], smooth[1:] - smooth[:-1]])
    noise = np.array([own**2 + scatter**2 / (np.sqrt(np.pi) * width) for width, own in BANDS])
    return _repeated(bands, noise, n_calendar)


def _daily_level(fit: TotalFit, position: Ints, total: Floats) -> tuple[Floats, float]:
    """Return the log level of each calendar day: the fitted one, and what the day's sales differ from it."""
    level = np.interp(np.arange(int(position[-1]) + 1), fit.knots, fit.knot_log_level)
    residual, scatter = _residual(fit, total)
    level[position] += residual
    return level, scatter


def _residual(fit: TotalFit, total: Floats) -> tuple[Floats, float]:
    """Return each day's limited log residual (T,) and their standard deviation, by the median."""
    residual = np.log((total + 0.5) / (fit.mean + 0.5))
    scatter = robust_sd(residual)
    return residual.clip(-FURTHEST * scatter, FURTHEST * scatter), scatter


def _smooth(values: Floats, weight: Floats, width: float) -> Floats:
    """Return the weighted means (N, T) around each day with a normal kernel of that standard deviation in days.

    values (N, T), weight (T,).
    """
    reach = int(4 * width)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    weight = weight + 1e-3  # the middle of a long closure has no known day near
    each = np.concatenate([values * weight, weight[None]])
    sums = np.stack([np.convolve(row, kernel)[reach : reach + len(weight)] for row in each])
    return np.asarray(sums[:-1] / sums[-1])


def _repeated(bands: Floats, noise: Floats, n_calendar: int) -> Floats:
    """Return the part of the bands' curves that is expected again, from the mean movement of earlier years.

    bands (B, T), noise (B,) of each.

    A movement counts by its share signal / (signal + noise), as in a Wiener filter; the signal is the squared movement
    of the fortnights around the day, the noise what years differ by, over the number of years. A canteen whose level
    changed last year, by a contract, does not expect that again if its other movements don't repeat either: without
    this, wQL of simulated ones with more than a year of history is a fifth higher, and that of no public set changes by
    more than 0.3 %.
    """
    n = n_calendar + WEEK
    moved = np.zeros((2, *bands.shape))  # since the day before, and within the fortnight around the day
    moved[0, :, 1:] = bands[:, 1:] - bands[:, :-1]
    moved[1, :, WEEK:-WEEK] = bands[:, 2 * WEEK :] - bands[:, : -2 * WEEK]
    lags = range(YEAR_DAYS, n, YEAR_DAYS)
    years, sums, squares = np.zeros(n), np.zeros((2, len(bands), n)), np.zeros((len(bands), n))
    for lag in lags:
        until = min(n, lag + bands.shape[1])
        earlier = moved[:, :, : until - lag]
        years[lag:until] += 1.0
        sums[:, :, lag:until] += earlier
        squares[:, lag:until] += earlier[1] ** 2
    count = np.maximum(years, 1.0)
    mean = sums[1] / count
    between = np.maximum(squares - count * mean**2, 0.0)
    around_day = _smooth(np.concatenate([mean**2, between]), np.minimum(years, 1.0), AROUND_DAYS)
    signal, differences = around_day[: len(bands)], around_day[len(bands) :]
    noise_around = (NOISE_YEARS * noise[:, None] + differences) / (NOISE_YEARS + count - 1.0)
    share = signal / (signal + noise_around / count)
    curve = np.cumsum((share * sums[0]).sum(axis=0) / count)
    chance = _chance_of_season(curve, bands.sum(axis=0), float(noise.sum()))
    return np.asarray(chance * curve[:n_calendar])


def _chance_of_season(curve: Floats, level: Floats, variance: float) -> float:
    """Return the posterior probability that the level (T,) repeats its movements, against none; a half a priori.

    `curve`: the movements expected from earlier years, from the second year on. `variance` of a fortnight's movement
    that has nothing to do with the time of year.
    """
    days = len(level) - YEAR_DAYS - 2 * WEEK
    expected, moved = (of[YEAR_DAYS + 2 * WEEK :][:days] - of[YEAR_DAYS:][:days] for of in (curve, level))
    # Fortnights overlap.
    evidence = float((moved**2 - (moved - expected) ** 2).sum()) / (2 * WEEK)
    return float(scipy.special.expit(0.5 * evidence / variance))


def share_curves(panel: Panel, exposure: Floats, paused: Bools) -> Floats | None:
    """Return each item's log deviation (T + H, I) from the restaurant's curve, or None if the history is too short.

    `exposure` (T, I): without the time of year. Items that `paused` (I,) have a season of their own and no curve.
    """
    if panel.position[-1] < LEAST_HISTORY_DAYS or len(panel.items) < 2:
        return None
    last = int(panel.position[-1])
    usual = exposure * panel.quantity.sum(axis=0)
    member = np.eye(len(panel.category_names))[panel.category]
    of_category, sold = usual @ member, panel.quantity @ member
    ratio = sold / np.maximum(of_category, 1e-9)
    expected = usual * panel.observed * ratio[:, panel.category]
    after = int(-(-(panel.horizon_position[-1] - last) // WEEK)) + 1
    curve = _share_curve(_by_week(panel.position, panel.quantity), _by_week(panel.position, expected), after)
    if len(panel.category_names) > 1:
        whole = sold.sum(axis=1, keepdims=True) * of_category / of_category.sum(axis=1, keepdims=True)
        above = _share_curve(_by_week(panel.position, sold), _by_week(panel.position, whole), after)
        curve = curve + above[:, panel.category]
    every = np.concatenate([panel.position, panel.horizon_position])
    return _at_days(curve * ~paused, (every - last + 3) / WEEK + len(curve) - after - 1)


def _by_week(position: Ints, values: Floats) -> Floats:
    """Sum (T, I) over weeks that end on the last day's weekday, also weeks without a day."""
    week = (position - position[-1] - 1) // WEEK - (-position[-1] - 1) // WEEK
    first = np.flatnonzero(np.diff(week, prepend=-1))
    sums = np.zeros((int(week[-1]) + 1, values.shape[1]))
    sums[week[first]] = np.add.reduceat(values, first, axis=0)
    return sums


def _at_days(curve: Floats, at: Floats) -> Floats:
    """Interpolate a curve (W, I) at days given in weeks from the middle of the first one."""
    at = at.clip(0, len(curve) - 1)
    before = np.minimum(at.astype(int), len(curve) - 2)
    part = (at - before)[:, None]
    return np.asarray((1 - part) * curve[before] + part * curve[before + 1])


def _share_curve(sold: Floats, expected: Floats, after: int) -> Floats:
    """Return the log curve (W + after, I) of shares, of units `sold` and `expected` at the usual share (W, I)."""
    weeks, count = sold.shape
    usual = sold.sum(axis=0) / np.maximum(expected.sum(axis=0), 1e-9)
    sums = around(np.hstack([sold, expected * usual]).T, SHARE_HALF_LIFE_WEEKS).by_day.T
    share = np.log((sums[:, :count] + USUAL_UNITS) / (sums[:, count:] + USUAL_UNITS))
    known = np.maximum.accumulate(expected > 0, axis=0)[:-1]
    step = np.diff(share, axis=0) * known
    steps, years = np.zeros((2, weeks + after, count))
    for lag in range(YEAR_WEEKS + 1, weeks + after, YEAR_WEEKS):
        until = min(weeks + after - lag, weeks - 1)
        steps[lag : lag + until] += step[:until]
        years[lag : lag + until] += known[:until]
    curve = np.cumsum(steps / np.maximum(years, 1), axis=0)
    return curve * _share_repeated(share, curve[:weeks], years[:weeks] > 0, sold.sum(axis=0) / max(sold.sum(), 1e-9))


def _share_repeated(share: Floats, curve: Floats, known: Bools, volume: Floats) -> float:
    """Return how much of the curve's movements the shares followed (ridge regression to the prior)."""
    x, y = (values[FORTNIGHT_WEEKS:] - values[:-FORTNIGHT_WEEKS] for values in (curve, share))
    weight = known[:-FORTNIGHT_WEEKS] * volume / FORTNIGHT_WEEKS  # fortnights overlap
    squares, products = (weight * x * x).sum(), (weight * x * y).sum()
    return float(np.clip((REPEAT_PRIOR * PRIOR_NOISE + products) / (PRIOR_NOISE + squares), 0.0, 1.0))
