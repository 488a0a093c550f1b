"""What moves demand from outside: the drivers of a day as columns of one design matrix, and what each is called.

Here a driver becomes numbers (a flag, a distance from its usual value) and gets its prior; how strong it is, is fitted
in `effects`. A value that is unknown has no effect: flags are then 0, measurements at their mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Panel

# Prior standard deviations of log effects. A weekday, a holiday or an event often halves or doubles sales (exp(0.6) =
# 1.8); one standard deviation of weather rarely moves them by more than a tenth.
WEEKDAY_SD = 0.6
FLAG_SD = 0.5
MEASURE_SD = 0.06
# What an item adds to its category and that to the restaurant. Its own weekday factor starts to count after about eight
# units sold; its own reaction to a holiday needs far more, because those are rare. Weather is there
# every day: with 60 an item's own reaction followed the noise (median error of simulated effects 15 %, with 600 11 %).
WEEKDAY_OWN = 8.0
FLAG_OWN = 60.0
MEASURE_OWN = 600.0
# Easter moves and comes once a year; a few occurrences must be able to speak, and where it means nothing they won't.
EASTER_SD = 0.3
# A promotion is a flag like any other. Of a price nobody knows more than that its elasticity is mostly within 0 and -2.
PRICE_SD = 1.0
PRICE = "price_ratio"
EASTER_DAYS = range(-3, 3)  # Maundy Thursday to the Tuesday after
# Measurements beyond three standard deviations are taken as three: a line fitted on common days isn't true out there.
MEASURE_LIMIT = 3.0
# The usual temperature of a day is the mean of the four weeks before it, so that the season is not counted twice.
TEMPERATURE_NORM_DAYS = 28


@dataclass(frozen=True)
class Design:
    """Columns of T + H days: `matrix` (T + H, P), prior precision `precision` (P,), and the factor each belongs to.

    `factor` names per column the factor in which it is told ("weekday", "is_holiday", ...); a factor may have several
    columns. `measures`: the factors that stand for a measurement, in standard deviations, and not for days of a kind.
    """

    matrix: Floats
    precision: Floats
    factor: list[str]

    measures: frozenset[str]

    @property
    def own_precision(self) -> Floats:
        """Prior precision (P,) of what a category or an item adds to its parent's effect of each column."""
        own = {"weekday": WEEKDAY_OWN} | dict.fromkeys(self.measures, MEASURE_OWN)
        return np.array([own.get(name, FLAG_OWN) for name in self.factor])


def build_design(panel: Panel) -> Design:
    """The weekday, calendar, event, weather and reservation columns of every evidence and horizon day."""
    n = len(panel.dates)
    weekday = panel.weekday
    columns = [(weekday == d).astype(float) for d in range(7)]
    factor, sd = ["weekday"] * 7, [WEEKDAY_SD] * 7
    measures = set()
    for name, values in panel.drivers.items():
        if not np.isfinite(values[:n]).any():
            continue
        if _is_flag(values[:n]):
            made = _flag_columns(name, values, panel, weekday)
            prior = FLAG_SD
        else:
            made = [(name, _measure(name, values, panel))]
            prior = MEASURE_SD
            measures.add(name)
        for told_as, column in made:
            if column[:n].any():
                columns.append(column)
                factor.append(told_as)
                sd.append(prior)
    easter = [c for c in _days_around_easter(panel) if c[:n].any()]
    columns += easter
    factor += ["easter"] * len(easter)
    sd += [EASTER_SD] * len(easter)
    matrix = np.column_stack(columns)
    return Design(matrix, 1.0 / np.square(sd), factor, frozenset(measures))


def item_driver_values(name: str, values: Floats) -> Floats:
    """An item's own driver as it enters the model: a price by its logarithm (an elasticity), a flag as it is."""
    if name == PRICE:
        values = np.log(np.where(values > 0, values, np.nan))
    return np.asarray(np.nan_to_num(values))


def item_driver_sd(name: str) -> float:
    """Prior standard deviation of an item driver's log effect."""
    return PRICE_SD if name == PRICE else FLAG_SD


def _days_around_easter(panel: Panel) -> list[Floats]:
    every = np.concatenate([panel.dates, panel.horizon]).astype("datetime64[D]")
    if not len(every):
        return []
    years = every.astype("datetime64[Y]").astype(int) + 1970
    sundays = np.array([easter_sunday(int(y)) for y in range(years[0], years[-1] + 1)], dtype="datetime64[D]")
    distance = (every - sundays[years - years[0]]).astype(int)
    return [(distance == day).astype(float) for day in EASTER_DAYS]


def easter_sunday(year: int) -> np.datetime64:
    """Western Easter by the Gregorian computus (Meeus, Astronomical Algorithms, 1991, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return np.datetime64(f"{year}-{month:02d}-{day + 1:02d}")


def _is_flag(history: Floats) -> bool:
    known = history[np.isfinite(history)]
    return bool(((known == 0) | (known == 1)).all())


def _flag_columns(name: str, values: Floats, panel: Panel, weekday: np.ndarray) -> list[tuple[str, Floats]]:
    """A flag; a holiday also differs at the weekend, and touches the day before and the day after."""
    flag = np.nan_to_num(values)
    made = [(name, flag)]
    if name in panel.neighbours:
        before, after = (np.nan_to_num(v) for v in panel.neighbours[name])
        made.append((name, flag * (weekday >= 5)))
        made.append((f"{name}_tomorrow", after * (1 - flag)))
        made.append((f"{name}_yesterday", before * (1 - flag)))
    return made


def _measure(name: str, values: Floats, panel: Panel) -> Floats:
    """A measurement as its distance from the usual value in standard deviations of the history, within the limit."""
    n = len(panel.dates)
    if name == "temperature_c":
        values = values - _usual(values, panel)
    elif np.nanmin(values[:n]) >= 0:
        values = np.log1p(np.maximum(values, 0.0))
    known = values[:n][np.isfinite(values[:n])]
    if not len(known) or known.std() <= 1e-9:
        return np.zeros(len(values))
    distance = (values - known.mean()) / known.std()
    return np.asarray(np.nan_to_num(np.clip(distance, -MEASURE_LIMIT, MEASURE_LIMIT)))


def _usual(values: Floats, panel: Panel) -> Floats:
    """Mean of the values known in the days before each day; for the horizon, before its first day (no look-ahead)."""
    n = len(panel.dates)
    known = np.isfinite(values[:n])
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values[:n], 0.0))])
    count = np.concatenate([[0.0], np.cumsum(known)])
    end = np.minimum(np.arange(len(values)), n)
    begin = np.maximum(end - TEMPERATURE_NORM_DAYS, 0)
    days = count[end] - count[begin]
    overall = total[n] / max(count[n], 1.0)
    return np.asarray(np.where(days > 0, (total[end] - total[begin]) / np.maximum(days, 1.0), overall))
