"""The demand forecast, entry point of this room: sales and days in, a `DemandForecast` out.

The frames become `tables`, these a `panel`, the panel a `fit`, the fit a prediction with its reasons (`explain`);
`result` turns it into the forecast.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.calibration import NO_CALIBRATION, Calibration
from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.explain import Explanation, Reasons
from flux_pipeline.demand.inputs.panel import Floats, Panel, build_panel
from flux_pipeline.demand.inputs.tables import take_apart
from flux_pipeline.demand.model.changes import ChangeFinding, find_changes
from flux_pipeline.demand.model.exposures.exposure import FittedEffects
from flux_pipeline.demand.model.findings import DriverFinding, unsure_days
from flux_pipeline.demand.model.fit import fit_demand, one_thread
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors
from flux_pipeline.demand.result import DemandForecast, Prediction
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.demand.sharing import own_parameters
from flux_pipeline.errors import PermanentError

MODEL_NAME = "flux-hierarchical-negative-binomial-5"
DEFAULTS = DemandSettings()


def forecast_demand(
    sales: pd.DataFrame,
    days: pd.DataFrame,
    *,
    as_of: dt.date,
    items: pd.DataFrame | None = None,
    item_days: pd.DataFrame | None = None,
    settings: DemandSettings = DEFAULTS,
    priors: DemandPriors = NO_PRIORS,
    quantiles: Sequence[float] = PUBLISHED_LEVELS,
    seed: int = 0,
    calibration: Calibration = NO_CALIBRATION,
) -> DemandForecast:
    """Forecast every item of a restaurant for the days after `as_of`.

    Args:
        sales: item, date, quantity (units): one row per item and day with a sale; an evidence day without a row sold
            nothing. Rows after `as_of` are dropped. A day whose returns exceed its sales counts as zero.
        days: date, is_open, optionally has_data and closed_reason, and drivers, one column each, past and horizon:
            NaN is unknown and has no effect. Columns of 0 and 1 are flags, others measurements, but for those that
            `DRIVERS` defines otherwise. Columns of text, ..._words and ..._provenance, say more about a driver.
        as_of: the last day of history.
        items: item, optionally name and category; only these are published. Default: the items of `sales`.
        item_days: item, date and drivers of an item, past and horizon: is_promo (1 = on), price_ratio (price over the
            item's usual one); and is_sold_out (1 = it ran out, so demand may have been higher than sales).
        settings: how far ahead, how much history, cold start, draws.
        priors: averages over other restaurants, from which weekdays, holidays and spread start; default: none.
        quantiles: probabilities, increasing, within (0, 1).
        seed: seed of the joint samples.
        calibration: factors of the spread, from earlier forecasts (see `fit_calibration`).

    Returns:
        Rows item, date, mean, q{...}, confidence_score, logic_trigger, factors, model_name, and the posterior.

    Raises:
        PermanentError: a frame lacks a column, repeats a key or holds a value of the wrong kind.
    """
    panel = build_panel(take_apart(sales, days, items, item_days), as_of, settings)
    return forecast_panel(
        panel, settings=settings, priors=priors, quantiles=quantiles, seed=seed, calibration=calibration
    )


def forecast_panel(
    panel: Panel,
    *,
    settings: DemandSettings,
    priors: DemandPriors = NO_PRIORS,
    quantiles: Sequence[float],
    seed: int = 0,
    calibration: Calibration = NO_CALIBRATION,
) -> DemandForecast:
    """Forecast the published items of a panel (see `forecast_demand`), without any frame."""
    _check_quantiles(quantiles)
    fit = fit_demand(panel, settings, priors)
    drivers = functools.cache(functools.partial(_find_drivers, fit.exposures.effects))
    changes = find_changes(fit.change, fit.exposures.drift, fit.dispersion.volatility)
    prediction = Prediction(
        mean=fit.mean,
        variance=fit.variance,
        loading=fit.shared,
        persistence=(fit.dispersion.day_persistence, fit.dispersion.item_persistence),
        find_drivers=drivers,
        reasons=functools.partial(_reasons, panel, fit.baseline, fit.factors, drivers, changes, priors),
        changes=changes,
        tail=fit.dispersion.tail,
    )
    return DemandForecast.of(
        panel,
        prediction,
        model_name=MODEL_NAME,
        settings=settings,
        quantiles=quantiles,
        seed=seed,
        calibration=calibration,
    )


def _find_drivers(effects: FittedEffects | None) -> list[DriverFinding]:
    with one_thread():
        return effects.findings() if effects else []


def _reasons(
    panel: Panel,
    baseline: Floats,
    factors: dict[str, Floats],
    find_drivers: Callable[[], list[DriverFinding]],
    changes: list[ChangeFinding],
    priors: DemandPriors,
) -> Reasons:
    unsure, words = unsure_days(panel, find_drivers()), [change.text for change in changes]
    return Explanation.of(panel, baseline, factors, unsure, words, priors).reasons()


def _check_quantiles(quantiles: Sequence[float]) -> None:
    values = np.asarray(quantiles, dtype=float)
    if not len(values) or (values <= 0).any() or (values >= 1).any() or (np.diff(values) <= 0).any():
        raise PermanentError(f"quantiles are {list(quantiles)}; expected increasing probabilities between 0 and 1.")


def parameters_to_share(
    sales: pd.DataFrame,
    days: pd.DataFrame,
    *,
    as_of: dt.date,
    items: pd.DataFrame | None = None,
    item_days: pd.DataFrame | None = None,
    settings: DemandSettings = DEFAULTS,
) -> pd.DataFrame:
    """Return the parameters of a restaurant that may be averaged with those of others; arguments as above.

    Returns:
        category (its words, "" for the whole restaurant), parameter, value; none before 56 days of history.
    """
    return own_parameters(build_panel(take_apart(sales, days, items, item_days), as_of, settings), settings)
