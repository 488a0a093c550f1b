"""The fit: all parts of the model in their order, from a panel to the mean and variance of every item and day ahead.

Each part is a module of its own (`_censoring`, `exposures`, `_level`, `_level_change`, `spread`); `result` builds the
published forecast.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import ThreadpoolController

from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model._censoring import expected_wants
from flux_pipeline.demand.model._level import fit_levels
from flux_pipeline.demand.model._level_change import LevelChange, fit_level_change
from flux_pipeline.demand.model.cold_start import level_prior, usual_spread
from flux_pipeline.demand.model.exposures.design import Design, build_design
from flux_pipeline.demand.model.exposures.exposure import Exposures, fit_exposures, usual_exposures
from flux_pipeline.demand.model.exposures.own_season import OwnSeason, fit_own_seasons
from flux_pipeline.demand.model.spread import ERROR_STEPS, Dispersion, fit_dispersion, no_dispersion_known
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors
from flux_pipeline.demand.settings import DemandSettings

# Days of history after which the uncertainty of a young level is contained in its measured errors.
YOUNG_DAYS = 10.0
# The baseline is today's level, unless that is less than this share of the season's largest level.
LEAST_SHARE = 0.1


@dataclass(frozen=True)
class Fit:
    """A fitted model. `baseline` (I,): units on an average day; times `factors`, name -> (H, I), it is `mean` (H, I).

    `variance` (H, I) of each day ahead; `shared` (H, I): share of its standard deviation that is the day's shock.
    """

    baseline: Floats
    factors: dict[str, Floats]
    mean: Floats
    variance: Floats
    shared: Floats
    exposures: Exposures
    dispersion: Dispersion
    change: LevelChange


def fit_demand(panel: Panel, settings: DemandSettings, priors: DemandPriors = NO_PRIORS) -> Fit:
    """Fit everything on the T evidence days and apply it to the H horizon days, with linear algebra on one thread.

    Two threads add in another order and round differently, and a forecast must be the same everywhere; on a busy
    machine, matrices as small as a restaurant's also take six times as long on two threads.
    """
    with one_thread():
        return _fit(panel, settings, priors)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep linear algebra on one thread."""
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@functools.cache
def _libraries() -> ThreadpoolController:
    """Find the loaded libraries of linear algebra; this takes 10 ms, and to set their threads takes 0.01 ms."""
    return ThreadpoolController()


def _fit(panel: Panel, settings: DemandSettings, priors: DemandPriors = NO_PRIORS) -> Fit:
    n = len(panel.items)
    design = build_design(panel, priors)
    if not len(panel.dates) or not n:
        a, b = level_prior(panel, np.ones((0, n)), settings)
        level = np.repeat((a / b)[None, :], len(panel.horizon), axis=0)
        always = OwnSeason(level, np.zeros(level.shape), np.zeros(n))
        spread, change = usual_spread(no_dispersion_known(n), panel, priors), LevelChange(a / b, 0.0, 0.0, 0.0, None)
        return _ahead(panel, change, always, usual_exposures(panel, design), spread, a)
    panel, exposures = _exposures(panel, design)
    prior = level_prior(panel, exposures.history, settings)
    levels = fit_levels(panel, exposures, prior)
    dispersion = usual_spread(fit_dispersion(panel, exposures, levels.path), panel, priors)
    change = fit_level_change(panel, exposures, levels.path)
    path = np.concatenate([levels.path[:-1], change.level[None]])
    season = fit_own_seasons(panel, exposures.history, exposures.paused, path, dispersion.phi)
    return _ahead(panel, change, season, exposures, dispersion, levels.evidence)


def _exposures(panel: Panel, design: Design) -> tuple[Panel, Exposures]:
    """Fit the exposures; return them with the panel in which expected demand replaces sales on days of a stock-out."""
    if not panel.censored.any():
        return panel, fit_exposures(panel, design)
    # The first pass estimates weekdays and drivers roughly, the second uses them.
    wanted = replace(panel, quantity=expected_wants(panel, np.ones(panel.quantity.shape)))
    rough = fit_exposures(wanted, design)
    wanted = replace(panel, quantity=expected_wants(panel, rough.history, rough.dispersion))
    return wanted, fit_exposures(wanted, design)


def _ahead(
    panel: Panel, change: LevelChange, season: OwnSeason, exposures: Exposures, dispersion: Dispersion, evidence: Floats
) -> Fit:
    """Return mean, variance and factors of the days ahead."""
    most = season.level.max(axis=0, initial=0.0)
    baseline = np.where((season.chance > 0) & (change.level < LEAST_SHARE * most), most, change.level)
    factors = exposures.factors
    if season.chance.any():
        factors = factors | {"own_season": season.level / np.maximum(baseline, 1e-12)}
    exposure = exposures.horizon * panel.is_open[:, None]
    mean = season.level * exposure
    near, far = dispersion.growth
    growth = np.interp(panel.days_ahead, [1, ERROR_STEPS, 13], [near, 1.0, far])[:, None]
    shared = (dispersion.shock * growth + exposures.doubt[:, None] + change.variance) * mean**2
    young = YOUNG_DAYS / (YOUNG_DAYS + panel.history_days) * mean**2 * dispersion.phi / np.maximum(evidence, 0.1)
    variance = dispersion.phi * mean * growth + shared + young + season.variance * exposure**2
    loading = np.sqrt(np.minimum(shared / np.maximum(variance, 1e-12), 1.0))
    return Fit(baseline, factors, mean, variance, loading, exposures, dispersion, change)
