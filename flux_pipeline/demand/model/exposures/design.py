"""Design matrix: weekdays and the drivers of a day as columns with their priors; `effects` fits how strong they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flux_pipeline.demand.inputs.drivers import Driver, driver_of
from flux_pipeline.demand.inputs.panel import Bools, Floats, Panel
from flux_pipeline.demand.model.exposures._columns import Column, driver_columns, easter_columns, weekday_columns
from flux_pipeline.demand.priors import NO_PRIORS, PARAMETERS, DemandPriors, category_words

# Whether a weekday is one on which the restaurant usually opens.
LEAST_OF_A_WEEKDAY = 4


@dataclass(frozen=True)
class Design:
    """Columns of T + H days: `matrix` (T + H, P), `prior_mean` and prior `precision` (P,), and the factor of each.

    `is_usual` (P,): whether the prior is that of other restaurants. `category_mean`, `category_precision` (C, P): prior
    of what a category adds to the effects; `own_precision` (P,): of what an item adds to its category's. `factor` names
    the factor of each column ("weekday", "is_holiday", ...); a factor may have several columns, `part` names the
    driver of each, and `parameter` is the name under which its effect may be shared. `measures`: the factors that are
    measurements, in standard deviations, and not flags. `is_single_day` and `is_dose` (P,): as in `Driver`. `weekday`,
    `drivers`: the columns that are weekdays, Monday first, and the others.
    """

    matrix: Floats
    prior_mean: Floats
    precision: Floats
    is_usual: Bools
    category_mean: Floats
    category_precision: Floats
    own_precision: Floats
    factor: list[str]
    part: list[str]
    parameter: list[str]
    measures: frozenset[str]
    is_single_day: Bools
    is_dose: Bools
    weekday: slice
    drivers: slice

    @cached_property
    def columns_of(self) -> dict[str, list[int]]:
        """The columns of each factor."""
        columns: dict[str, list[int]] = {}
        for at, name in enumerate(self.factor):
            columns.setdefault(name, []).append(at)
        return columns

    def seen_effects(self, effects: Floats, n_past: int) -> list[dict[str, float]]:
        """Return those of N rows of log effects (N, P) that may be shared and were seen, weekdays about their mean.

        A weekday on which a restaurant opened a few times is not one of its usual ones.
        """
        times = (self.matrix[:n_past] != 0).sum(axis=0)
        is_seen, own = times > 0, effects.copy()
        is_seen[self.weekday] = usual = times[self.weekday] >= LEAST_OF_A_WEEKDAY
        if usual.any():
            own[:, self.weekday] -= own[:, self.weekday][:, usual].mean(axis=1, keepdims=True)
        shared = [(at, name) for at, name in enumerate(self.parameter) if is_seen[at] and name in PARAMETERS]
        return [{name: row[at] for at, name in shared} for row in own.tolist()]


def build_design(panel: Panel, priors: DemandPriors = NO_PRIORS) -> Design:
    """Build the weekday, calendar, event, weather and reservation columns of every evidence and horizon day."""
    n = len(panel.dates)
    drivers = [
        column
        for name, values in panel.drivers.items()
        if (np.isfinite(values[:n]).any() if n else _has_prior(driver_of(name), priors))
        for column in driver_columns(driver_of(name), values, panel)
    ]
    drivers = [_with_prior(column, priors) for column in drivers + easter_columns(panel)]
    weekdays = [_with_prior(column, priors) for column in weekday_columns(panel)]
    # What was never active has no effect, unless the usual effect in other restaurants is known.
    columns = weekdays + [
        column for column in drivers if np.count_nonzero(column.values[: None if column.is_usual else n])
    ]
    category_mean, category_precision = _category_priors(panel, columns, priors)
    return Design(
        matrix=np.ascontiguousarray(np.array([column.values for column in columns]).T),
        prior_mean=np.array([column.prior_mean for column in columns]),
        precision=1.0 / np.square([column.sd for column in columns]),
        is_usual=np.array([column.is_usual for column in columns]),
        category_mean=category_mean,
        category_precision=category_precision,
        own_precision=np.array([column.own_precision for column in columns]),
        factor=[column.factor for column in columns],
        part=[column.part or column.factor for column in columns],
        parameter=[column.parameter for column in columns],
        measures=frozenset(column.factor for column in columns if column.is_measure),
        is_single_day=np.array([column.is_single_day for column in columns]),
        is_dose=np.array([column.is_dose for column in columns]),
        weekday=slice(0, len(weekdays)),
        drivers=slice(len(weekdays), len(columns)),
    )


def _has_prior(driver: Driver, priors: DemandPriors) -> bool:
    return any(priors.of(each.name) is not None for each in (driver, *driver.neighbours))


def _with_prior(column: Column, priors: DemandPriors) -> Column:
    """Return the column with what is usual in other restaurants, if that is known."""
    usual = priors.of(column.parameter)
    return column if usual is None else column._replace(prior_mean=usual.mean, sd=usual.sd, is_usual=True)


def _category_priors(panel: Panel, columns: list[Column], priors: DemandPriors) -> tuple[Floats, Floats]:
    """Return prior mean and precision (C, P) of what the categories of a restaurant with several add to its effects.

    Where it is not known what such a category usually adds, that is nothing, and its own days show it soon.
    """
    names = panel.category_names
    mean, precision = np.zeros((2, len(names), len(columns)))
    precision[:] = [column.own_precision for column in columns]
    for c, name in enumerate(names if len(names) > 1 else []):
        for p, column in enumerate(columns):
            if (usual := priors.of(column.parameter, category_words(name))) is not None:
                mean[c, p], precision[c, p] = usual.mean, 1 / usual.sd**2
    return mean, precision
