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
from flux_pipeline.demand.model.exposures._doubt import dose_scatter, effect_variance
from flux_pipeline.demand.model.exposures._groups import GroupFit, fit_groups
from flux_pipeline.demand.model.exposures._season import season_curve, share_curves, weekday_waves
from flux_pipeline.demand.model.exposures._weekday_drift import fit_weekday_drift
from flux_pipeline.demand.model.exposures.design import Design, item_driver_sd, item_driver_values
from flux_pipeline.demand.model.exposures.effects import ItemDriverFit, TotalFit, fit_item_driver, fit_total
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
    """The fitted log effects on the restaurant's `total`, what each of C categories adds to them (C, P), and those of
    items' own drivers, each with the driver's values (T, I); of a `design` with `n_past` past days.
    """

    design: Design
    n_past: int
    total: TotalFit
    of_categories: Floats
    of_item_drivers: dict[str, tuple[Floats, ItemDriverFit]]

    def findings(self) -> list[DriverFinding]:
        """Find the effect of each driver, and how sure it is."""
        items = [item_finding(name, *fitted) for name, fitted in self.of_item_drivers.items()]
        return find_drivers(self.design, self.n_past, self.total) + items

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
    past = design.matrix[:t]
    total = panel.quantity.sum(axis=1)
    total_fit = fit_total(total, panel.position, past, design.prior_mean, design.precision, dose_scatter(design, t))
    of_categories = _category_effects(panel, design, total_fit)
    parents = np.repeat(total_fit.coefficient[None, :], len(panel.items), axis=0) + of_categories[panel.category]
    groups = _item_effects(panel, design, parents, total_fit)
    # The effects on the restaurant come last, after those of its items.
    each = np.concatenate([parents + groups.deviation, total_fit.coefficient[None]])
    parts = _by_factor(design.matrix, _centred(each, design, past), design)
    factors = {name: np.exp(part[t:, :-1]) for name, part in parts.items()}
    log_each = functools.reduce(np.add, [part[:t] for part in parts.values()])
    log_past, log_total = log_each[:, :-1], log_each[:, -1]
    volume = panel.quantity.sum(axis=0) / max(panel.quantity.sum(), 1e-9)
    of_item_drivers = {}
    for name, values in panel.item_drivers.items():
        driver = item_driver_values(name, values)
        sd = item_driver_sd(name)
        fit = fit_item_driver(
            panel.quantity, panel.observed, log_past, driver[:t], panel.position, groups.dispersion, sd
        )
        of_item_drivers[name] = driver[:t] * panel.observed, fit
        effect = np.clip(driver * fit.effect, -DRIVER_LIMIT, DRIVER_LIMIT)
        log_past = log_past + effect[:t]
        log_total = log_total + np.log(np.exp(effect[:t]) @ volume)
        factors[name] = np.exp(effect[t:])
    waves = weekday_waves(total_fit, panel, total)
    drift = fit_weekday_drift(total, total_fit.mean * np.exp(waves[:t]), panel.weekday[:t])
    week = waves + np.concatenate([drift.past, drift.now[panel.weekday[t:]]])
    log_past, log_total = log_past + week[:t, None], log_total + week[:t]
    factors["weekday"] = factors["weekday"] * np.exp(week[t:, None])
    season = _time_of_year(panel, total_fit, log_past)
    log_past, log_total = log_past + season.items[:t], log_total + season.restaurant
    factors["time_of_year"] = np.exp(season.items[t:])
    doubt = effect_variance(design, t, total_fit, total)
    special = fit_anniversaries(panel, total_fit)
    log_past, log_total = log_past + special.past[:, None], log_total + special.past
    factors["anniversary"] = np.repeat(np.exp(special.ahead)[:, None], len(panel.items), axis=1)
    exposures = np.exp(log_past), np.exp(log_total), factors, season.paused
    fitted = FittedEffects(design, t, total_fit, of_categories, of_item_drivers)
    return Exposures(*exposures, doubt, groups.dispersion, drift.now, fitted)


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
    centred = np.clip(weekday - usual, WEEKDAY_FLOOR, WEEKDAY_LIMIT)
    effects[:, design.weekday] = np.where(seen | design.is_usual[design.weekday], centred, 0.0)
    return effects


def _by_factor(matrix: Floats, effects: Floats, design: Design) -> dict[str, Floats]:
    """Return the log effect (rows of the matrix, I) of each factor, within its limit; effects (I, P)."""
    parts = {}
    for name, columns in design.columns_of.items():
        part = matrix[:, columns] @ effects[:, columns].T
        parts[name] = part if name == "weekday" else np.clip(part, -DRIVER_LIMIT, DRIVER_LIMIT)
    return parts
