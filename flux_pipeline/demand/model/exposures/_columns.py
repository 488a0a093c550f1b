"""Columns of the design matrix: the values of a driver on each day, and their priors.

A driver becomes numbers here: a flag, or a distance from its usual value. An unknown value has no effect: a flag is
then 0, a measurement at its mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from flux_pipeline.demand.inputs.drivers import Driver, driver_of
from flux_pipeline.demand.inputs.easter import days_after_easter
from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.priors import AT_WEEKEND, EASTER_DAYS, EASTER_EFFECTS, WEEKDAY_EFFECTS

# Prior standard deviations of log effects. A weekday, a holiday or an event often halves or doubles sales (exp(0.6) =
# 1.8); one standard deviation of weather rarely moves them by more than a tenth.
WEEKDAY_SD = 0.6
FLAG_SD = 0.5
# The days beside a holiday or a closed day, around Easter and in its long weekends move by less than a holiday, and one
# odd day must not be expected again. With 0.5 beside holidays wQL of 60 restaurants is 0.5 % higher, with 0.3 around
# Easter that of ten bakery shops is 0.3 % higher in a spring, and that of a bakery in Kiel 0.5 % lower.
NEAR_SD = 0.15
# An event of 5,000 guests next door moves sales by a fifth or so, and one of some category by a tenth more or less. In
# simulated worlds with and without such differences, 0.15 to 0.5 and 0.05 to 0.25 differ by less than 1 % of wQL; with
# 0.25, one day of a category shows too much.
DOSE_SD = 0.25
PART_SD = 0.1
MEASURE_SD = 0.06
# Precision of what an item adds to its category, and a category to the restaurant. An item's own weekday factor starts
# to count after about eight units sold; its own reaction to a holiday needs far more, because holidays are rare.
# Weather occurs every day: with 60 an item's own reaction followed the noise (median error of simulated effects 15 %,
# with 600 11 %).
WEEKDAY_OWN = 8.0
FLAG_OWN = 60.0
MEASURE_OWN = 600.0
# Items differ in their reaction to events, hardly in that to a category of them.
PART_OWN = 600.0
# Two long weekends move with Easter: Ascension, a Thursday, to Sunday, and Whitsun, Saturday to Monday. If the level of
# a seaside bakery takes them in, next year's forecast expects them a fortnight too early: with these two columns wQL of
# its spring is 15 to 18 % lower; a column for each day adds nothing, and with 0.3 it differs by 1 %. Four days a year
# hardly show how items differ: with a precision of 60, an item that was taken off the menu at Ascension was expected at
# a tenth of its sales two weeks later.
WEEKEND_OWN = 600.0
WEEKENDS_AFTER_EASTER = {"ascension": range(39, 43), "whitsun": range(48, 51)}
# Measurements beyond three standard deviations count as three: a line fitted on common days doesn't hold out there.
MEASURE_LIMIT = 3.0
# The usual value of a measurement like temperature is its mean of the four weeks before.
USUAL_DAYS = 28


class Column(NamedTuple):
    """One column of the design matrix: its values on the T + H days, and the factor it belongs to with its priors.

    `parameter`: the name under which its effect may be shared; `is_usual`: whether its prior is from other restaurants.
    """

    factor: str
    values: Floats
    sd: float = FLAG_SD
    own_precision: float = FLAG_OWN
    is_measure: bool = False
    is_single_day: bool = False
    is_dose: bool = False
    part: str = ""
    parameter: str = ""
    prior_mean: float = 0.0
    is_usual: bool = False


def weekday_columns(panel: Panel) -> list[Column]:
    """Build a column for each weekday, Monday first."""
    return [
        Column("weekday", (panel.weekday == day).astype(float), WEEKDAY_SD, WEEKDAY_OWN, parameter=parameter)
        for day, parameter in enumerate(WEEKDAY_EFFECTS)
    ]


def item_driver_values(name: str, values: Floats) -> Floats:
    """Return an item's own driver as the model uses it: a price as its logarithm (an elasticity), a flag unchanged."""
    if driver_of(name).elasticity_sd is not None:
        values = np.log(np.where(values > 0, values, np.nan))
    return _or_zero(values)


def item_driver_sd(name: str) -> float:
    """Return the prior standard deviation of an item driver's log effect."""
    return driver_of(name).elasticity_sd or FLAG_SD


def driver_columns(driver: Driver, values: Floats, panel: Panel) -> list[Column]:
    """Build a driver's columns; some have more of them for the weekend or for the day before and the day after."""
    single = driver.is_single_day
    if driver.is_dose:
        sd, own = (DOSE_SD, FLAG_OWN) if driver.factor == driver.name else (PART_SD, PART_OWN)
        dose = _or_zero(values)
        # In a town with events on most days the usual pull is part of the level, and the doubt about its effect is not
        # doubt about such a day.
        dose = dose - np.median(dose[: len(panel.dates)])
        return [Column(driver.factor, dose, sd, own, is_single_day=single, is_dose=True, part=driver.name)]
    if not _is_flag(values[: len(panel.dates)]):
        distance = _measure(driver, values, panel)
        return [Column(driver.name, distance, MEASURE_SD, MEASURE_OWN, is_measure=True, is_single_day=single)]
    flag = _or_zero(values)
    columns = [Column(driver.name, flag, is_single_day=single, parameter=driver.name)]
    if driver.differs_at_weekend:
        at_weekend = flag * (panel.weekday >= 5)
        columns.append(columns[0]._replace(values=at_weekend, parameter=f"{driver.name}{AT_WEEKEND}"))
    if driver.has_neighbours:
        yesterday, tomorrow = (_or_zero(of) for of in panel.neighbours[driver.name])
        for beside, of in zip(driver.neighbours, (tomorrow, yesterday), strict=True):
            column = Column(beside.name, of * (1 - flag), NEAR_SD, is_single_day=single, parameter=beside.name)
            columns.append(column)
    return columns


def easter_columns(panel: Panel) -> list[Column]:
    """Build a column for each day around Easter, and one for each long weekend that moves with it."""
    distance = days_after_easter(np.concatenate([panel.dates, panel.horizon]))
    near = [
        Column("easter", (distance == day).astype(float), NEAR_SD, is_single_day=True, parameter=parameter)
        for day, parameter in zip(EASTER_DAYS, EASTER_EFFECTS, strict=True)
    ]
    weekends = [
        Column(name, ((distance >= days[0]) & (distance <= days[-1])).astype(float), NEAR_SD, WEEKEND_OWN)
        for name, days in WEEKENDS_AFTER_EASTER.items()
    ]
    return near + weekends


def _is_flag(history: Floats) -> bool:
    known = history[np.isfinite(history)]
    return bool(((known == 0) | (known == 1)).all())


def _measure(driver: Driver, values: Floats, panel: Panel) -> Floats:
    """Return a measurement as its distance from the usual value, in standard deviations of the history and limited."""
    n = len(panel.dates)
    if driver.is_from_usual:
        values = values - _usual(values, panel)
    elif values[:n][np.isfinite(values[:n])].min() >= 0:
        values = np.log1p(np.maximum(values, 0.0))
    known = values[:n][np.isfinite(values[:n])]
    if not len(known) or (sd := known.std()) <= 1e-9:
        return np.zeros(len(values))
    distance = (values - known.mean()) / sd
    return _or_zero(distance.clip(-MEASURE_LIMIT, MEASURE_LIMIT))


def _or_zero(values: Floats) -> Floats:
    """Return values with 0, which has no effect, for those that are not known."""
    return np.where(np.isfinite(values), values, 0.0)


def _usual(values: Floats, panel: Panel) -> Floats:
    """Return the mean of the known values in the days before each day; for the horizon, before its first day."""
    n = len(panel.dates)
    known = np.isfinite(values[:n])
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values[:n], 0.0))])
    count = np.concatenate([[0.0], np.cumsum(known)])
    end = np.minimum(np.arange(len(values)), n)
    begin = np.maximum(end - USUAL_DAYS, 0)
    days = count[end] - count[begin]
    overall = total[n] / max(count[n], 1.0)
    return np.asarray(np.where(days > 0, (total[end] - total[begin]) / np.maximum(days, 1.0), overall))
