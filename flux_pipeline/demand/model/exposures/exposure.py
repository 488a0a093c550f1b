"""Exposures: each day's expected sales of each item relative to an average day, and the factors behind them.

Weekday, drivers, promotions and time of year are combined here, restaurant -> category -> item; `_level` fits the level
that they multiply. A weekday factor is relative to the mean of the open weekdays, a driver's to its usual value, the
time of year to the last day of history.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Bools, Floats, Panel
from flux_pipeline.demand.model.exposures._anniversaries import fit_anniversaries
from flux_pipeline.demand.model.exposures._columns import item_driver_sd, item_driver_values
from flux_pipeline.demand.model.exposures._doubt import dose_scatter, effect_variance
from flux_pipeline.demand.model.exposures._groups import GroupFit, fit_groups
from flux_pipeline.demand.model.exposures._season import season_curve, share_curves, weekday_waves
from flux_pipeline.demand.model.exposures._weekday_drift import fit_weekday_drift
from flux_pipeline.demand.model.exposures.design import Design
from flux_pipeline.demand.model.exposures.effects import TotalFit, fit_item_driver, fit_total
from flux_pipeline.demand.model.exposures.own_season import has_paused
from flux_pipeline.demand.model.findings import DriverFinding, find_drivers, item_finding

WEEKDAY_LIMIT = float(np.log(3.0))  # factors stay within about [0.3, 3.0]
WEEKDAY_FLOOR = float(np.log(0.3))
# A driver counts up to a factor of five; a sixfold day has another cause.
DRIVER_LIMIT = float(np.log(5.0))


@dataclass(frozen=True)
class Exposures:
    """Exposures `history` (T, I), `total` (T,) relative to an average day now; `factors`: name -> (H, I) multipliers.

    `paused` (I,): items that were gone for weeks. `doubt` (H,): variance of the log effects on each day ahead.
    `dispersion` (I,): in-sample variance/mean of each item. `drift` (7,): log change of each weekday of late.
    `effects`: the fitted log effects behind them, if there was any evidence.
    """

    history: Floats
    total: Floats
    factors: dict[str, Floats]
    paused: Bools
    doubt: Floats
    dispersion: Floats
    drift: Floats
    effects: FittedEffects | None

    @property
    def horizon(self) -> Floats:
        """Product of the factors, (H, I)."""
        return functools.reduce(np.multiply, self.factors.values())


@dataclass(frozen=True)
class FittedEffects:
    """The fitted log effects on the restaurant's `total`, and what each of C categories adds to them (C, P).

    They are those of a `design` with `n_past` past days. `of_items`: what was found about items' own drivers.
    """

    design: Design
    n_past: int
    total: TotalFit
    of_categories: Floats
    of_items: list[DriverFinding]

    def findings(self) -> list[DriverFinding]:
        """Find the effect of each driver, and how sure it is."""
        return find_drivers(self.design, self.n_past, self.total) + self.of_items

    def to_share(self) -> tuple[dict[str, float], list[dict[str, float]]]:
        """Return the seen log effects on the restaurant that it may share, and what each category adds to them."""
        seen = self.design.seen_effects(np.vstack([self.total.coefficient, self.of_categories]), self.n_past)
        return seen[0], seen[1:]


def usual_exposures(panel: Panel, design: Design) -> Exposures:
    """Return exposures for a panel without evidence: the usual ones elsewhere, or else every day is an average day."""
    n, ahead = len(panel.items), design.matrix[len(panel.dates) :]
    usual = np.repeat(design.prior_mean[None, :], n, axis=0) + design.category_mean[panel.category]
    # The cold start's level is that of an open day.
    effects = _centred(usual, design, ahead[panel.is_open] if panel.is_open.any() else ahead)
    factors = {name: np.exp(part) for name, part in _by_factor(ahead, effects, design).items()}
    doubt = ahead[:, design.drivers] ** 2 @ (1 / design.precision[design.drivers])
    no_history = np.ones((0, n)), np.ones(0), factors, np.zeros(n, bool)
    return Exposures(*no_history, doubt, np.ones(n), np.zeros(7), None)


def fit_exposures(panel: Panel, design: Design) -> Exposures:
    """Fit all effects on the T evidence days and apply them to the H horizon days."""
    t = len(panel.dates)
    total = panel.quantity.sum(axis=1)
    total_fit = fit_total(total, panel.position, design, dose_scatter(design, t))
    of_categories = _category_effects(panel, design, total_fit)
    parents = np.repeat(total_fit.coefficient[None, :], len(panel.items), axis=0) + of_categories[panel.category]
    groups = _item_effects(panel, design, parents, total_fit)
    logs = _Logs.of(panel, design, parents + groups.deviation, total_fit.coefficient)
    own = _add_item_drivers(logs, panel, groups.dispersion)
    waves = weekday_waves(total_fit, panel, total)
    drift = fit_weekday_drift(total, total_fit.mean * np.exp(waves[:t]), panel.position, panel.weekday[:t])
    logs.add("weekday", waves + np.concatenate([drift.past, drift.now[panel.weekday[t:]]]))
    season = _time_of_year(panel, total_fit, logs.items)
    logs.add("time_of_year", season.items, season.restaurant)
    doubt = effect_variance(design, t, total_fit, total)
    special = fit_anniversaries(panel, total_fit)
    logs.add("anniversary", np.concatenate([special.past, special.ahead]))
    exposures = np.exp(logs.items), np.exp(logs.total), logs.factors, season.paused
    effects = FittedEffects(design, t, total_fit, of_categories, own)
    return Exposures(*exposures, doubt, groups.dispersion, drift.now, effects)


@dataclass
class _Logs:
    """Log exposures: of `items` (T, I) and in `total` (T,); and the factors of the days ahead, name -> (H, I)."""

    items: Floats
    total: Floats
    factors: dict[str, Floats]

    @classmethod
    def of(cls, panel: Panel, design: Design, effects: Floats, of_total: Floats) -> _Logs:
        """Apply the log effects on items (I, P) and on the restaurant (P,)."""
        t = len(panel.dates)
        each = _centred(np.concatenate([effects, of_total[None]]), design, design.matrix[:t])
        parts = _by_factor(design.matrix, each, design)
        past = functools.reduce(np.add, [part[:t] for part in parts.values()])
        return cls(past[:, :-1], past[:, -1], {name: np.exp(part[t:, :-1]) for name, part in parts.items()})

    def add(self, name: str, log_factor: Floats, of_total: Floats | None = None) -> None:
        """Add a log factor of each item, (T + H, I), and of the total, (T,); or one of all, (T + H,)."""
        if of_total is None:
            of_total, log_factor = log_factor[: len(self.total)], log_factor[:, None]
        self.items = self.items + log_factor[: len(self.total)]
        self.total = self.total + of_total
        ahead = np.exp(log_factor[len(self.total) :])
        self.factors[name] = self.factors.get(name, np.ones((len(ahead), self.items.shape[1]))) * ahead


def _add_item_drivers(logs: _Logs, panel: Panel, dispersion: Floats) -> list[DriverFinding]:
    """Fit promotions, prices and other drivers of items one after the other, and return what was found about each."""
    t, found = len(panel.dates), []
    volume = panel.quantity.sum(axis=0) / max(panel.quantity.sum(), 1e-9)
    for name, values in panel.item_drivers.items():
        driver, sd = item_driver_values(name, values), item_driver_sd(name)
        fit = fit_item_driver(panel.quantity, panel.observed, logs.items, driver[:t], panel.position, dispersion, sd)
        found.append(item_finding(name, driver[:t] * panel.observed, fit))
        effect = (driver * fit.effect).clip(-DRIVER_LIMIT, DRIVER_LIMIT)
        logs.add(name, effect, np.log(np.exp(effect[:t]) @ volume))
    return found


@dataclass(frozen=True)
class _TimeOfYear:
    """Log factors relative to the last day of history, `restaurant` (T,) and `items` (T + H, I); items `paused`."""

    restaurant: Floats
    items: Floats
    paused: Bools


def _time_of_year(panel: Panel, fit: TotalFit, log_exposure: Floats) -> _TimeOfYear:
    """Fit the curves of the restaurant and of items; `log_exposure` (T, I) of all other effects."""
    every, t = np.concatenate([panel.position, panel.horizon_position]), len(panel.position)
    items = np.zeros((len(every), len(panel.items)))
    curve = season_curve(fit, panel.position, panel.quantity.sum(axis=1), int(every[-1]) + 1)
    if curve is not None:
        items += (curve[every] - curve[panel.position[-1]])[:, None]
    restaurant = items[:t, 0].copy()
    paused = has_paused(panel, np.exp(log_exposure + items[:t]))
    shares = share_curves(panel, np.exp(log_exposure), paused)
    if shares is not None:
        items += shares - shares[t - 1]
    return _TimeOfYear(restaurant, items, paused)


def _item_effects(panel: Panel, design: Design, parents: Floats, total_fit: TotalFit) -> GroupFit:
    """Fit what each item adds to its category's effects; a single item is the whole restaurant and adds nothing."""
    if len(panel.items) == 1:
        nothing = np.zeros((1, len(design.factor)))
        return GroupFit(nothing, np.array([max(total_fit.dispersion, 0.2)]))
    past, scatter = design.matrix[: len(panel.dates)], dose_scatter(design, len(panel.dates))
    log_parent = past @ parents.T
    return fit_groups(panel.quantity, panel.observed, log_parent, past, design.own_precision, panel.position, scatter)


def _category_effects(panel: Panel, design: Design, total_fit: TotalFit) -> Floats:
    """Return what the total of each category (C, P) adds to the restaurant's effects."""
    count = len(panel.category_names)
    if count < 2:
        return design.category_mean
    member = np.eye(count)[panel.category]
    past = design.matrix[: len(panel.dates)]
    fit = fit_groups(
        panel.quantity @ member,
        panel.observed @ member > 0,
        np.repeat((past @ total_fit.coefficient)[:, None], count, axis=1) + past @ design.category_mean.T,
        past,
        design.category_precision,
        panel.position,
        dose_scatter(design, len(panel.dates)),
    )
    return design.category_mean + fit.deviation


def _centred(effects: Floats, design: Design, past: Floats) -> Floats:
    """Center weekday effects on the mean of the open weekdays and limit them.

    A weekday that was never seen gets the usual factor in other restaurants, or 1 if that is not known.
    """
    effects, seen = effects.copy(), past[:, design.weekday].any(axis=0)
    weekday = effects[:, design.weekday]
    usual = np.log((np.exp(weekday) * seen).sum(axis=1, keepdims=True) / seen.sum())
    centred = (weekday - usual).clip(WEEKDAY_FLOOR, WEEKDAY_LIMIT)
    effects[:, design.weekday] = np.where(seen | design.is_usual[design.weekday], centred, 0.0)
    return effects


def _by_factor(matrix: Floats, effects: Floats, design: Design) -> dict[str, Floats]:
    """Return the log effect (rows of the matrix, I) of each factor, within its limit; effects (I, P)."""
    parts = {}
    for name, columns in design.columns_of.items():
        part = matrix[:, columns] @ effects[:, columns].T
        parts[name] = part if name == "weekday" else part.clip(-DRIVER_LIMIT, DRIVER_LIMIT)
    return parts
