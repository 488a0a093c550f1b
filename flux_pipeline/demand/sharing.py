"""A restaurant's own parameters, which it may share, and their averages over many restaurants.

Only `PARAMETERS` are found here: relative effects and spread, from which no sales follow. Who shares is decided
elsewhere (`store`). Each restaurant counts the same, and averages are rounded, so that two averages with one restaurant
more or less do not reveal what it adds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.demand.inputs.panel import Panel
from flux_pipeline.demand.model.fit import Fit, fit_demand
from flux_pipeline.demand.priors import (
    DAY_VARIATION,
    LEAST_RESTAURANTS,
    LIMIT,
    LOG_DISPERSION,
    DemandPriors,
    Prior,
    category_words,
)
from flux_pipeline.demand.settings import DemandSettings

# Effects from less than eight weeks are mostly noise.
LEAST_DAYS = 56
# Deviations are rounded up to one of these: finer ones, with the means, would tell the square of what one restaurant
# adds.
DEVIATIONS = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6])
# A restaurant within one of the others' mean moves an average of twenty by less than this, so the difference that it
# makes is mostly lost in the rounding.
STEP = 0.05


def own_parameters(panel: Panel, settings: DemandSettings) -> pd.DataFrame:
    """Fit a restaurant's parameters to its own history alone, without priors from others.

    Returns:
        category (words, "" for the whole restaurant), parameter, value; nothing for a history of less than 56 days.
    """
    rows: list[tuple[str, str, float]] = []
    if len(panel.dates) >= LEAST_DAYS and panel.items:
        fit = fit_demand(panel, settings)
        rows += [("", DAY_VARIATION, fit.dispersion.shock**0.5), ("", LOG_DISPERSION, _log_dispersion(panel, fit))]
        of_restaurant, of_categories = fit.exposures.effects.to_share() if fit.exposures.effects else ({}, [])
        rows += [("", name, value) for name, value in of_restaurant.items()]
        words = [category_words(name) for name in panel.category_names] if len(panel.category_names) > 1 else []
        for category, effects in zip(words, of_categories, strict=False):
            rows += [(category, name, value) for name, value in effects.items() if category]
    found = pd.DataFrame(rows, columns=["category", "parameter", "value"]).astype({"value": float})
    found["value"] = found.value.clip(-LIMIT, LIMIT)
    # Two categories may differ in a capital letter only.
    return found.groupby(["category", "parameter"], sort=True)["value"].mean().reset_index()


def average_parameters(shared: pd.DataFrame) -> pd.DataFrame:
    """Average parameters over at least 20 restaurants, by country and over all countries ("").

    Args:
        shared: country, category, parameter, value: at most one row for each restaurant and parameter.

    Returns:
        country, category, parameter, mean, sd, restaurant_count: the mean rounded to 0.05, sd up to one of DEVIATIONS.
    """
    everywhere = pd.concat([shared[shared.country != ""], shared.assign(country="")], ignore_index=True)
    found = (
        everywhere.groupby(["country", "category", "parameter"], sort=True)
        .value.agg(mean="mean", sd="std", restaurant_count="count")
        .reset_index()
    )
    found = found[found.restaurant_count >= LEAST_RESTAURANTS].reset_index(drop=True)
    sd = DEVIATIONS[np.minimum(np.searchsorted(DEVIATIONS, found.sd - 1e-9), len(DEVIATIONS) - 1)]
    # No negative zero.
    return found.assign(mean=np.round(np.round(found["mean"] / STEP) * STEP, 2) + 0.0, sd=sd)


def priors_of(averages: pd.DataFrame, country: str) -> DemandPriors:
    """Return the priors of a country's restaurants: of all countries for what too few of its own restaurants share."""
    chosen = averages[averages.country.isin(["", country])].sort_values("country", kind="stable")
    usual: dict[str, dict[str, Prior]] = {}
    columns = ("category", "parameter", "mean", "sd", "restaurant_count", "country")
    # The averages of the country come last and replace those of all countries.
    for category, parameter, *values in zip(*(chosen[name].tolist() for name in columns), strict=True):
        usual.setdefault(category, {})[parameter] = Prior(*values)
    return DemandPriors(usual)


def _log_dispersion(panel: Panel, fit: Fit) -> float:
    """Return the mean logarithm of the items' dispersion, weighted by what they sell."""
    volume = panel.quantity.sum(axis=0)
    return float(np.average(np.log(fit.dispersion.phi), weights=volume + 1e-9))
