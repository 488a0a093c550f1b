"""Inputs of the accuracy of published forecasts whose days are over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.accuracy import UnscoredForecasts, posterior_of, unscored_forecasts
from flux_pipeline.store.sales.history import sales_history


@dataclass(frozen=True)
class AccuracyInputs:
    """Published forecasts whose days are over, their actuals, and the sales that the four-week rule needs."""

    unjudged: UnscoredForecasts
    sales: pd.DataFrame
    posteriors: Mapping[dt.date, DemandPosterior]
    as_of: dt.date
    settings: DemandSettings

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        return {"days": self.unjudged.days, "published": self.unjudged.published, "actuals": self.unjudged.actuals}


def accuracy_inputs(tx: Tenant, work: Work, settings: DemandSettings) -> AccuracyInputs:
    """Read the forecasts to score, for days up to that of `work`; if there are any, read what scoring them needs."""
    unjudged = unscored_forecasts(tx, work.as_of)
    published = unjudged.published
    if published.empty:
        return AccuracyInputs(unjudged, pd.DataFrame(), {}, work.as_of, settings)
    first = published.as_of.min() - dt.timedelta(days=settings.forecast_history_days)
    runs = published.groupby("as_of")["algorithm_run_id"].first()
    stored = {as_of: posterior_of(tx, run_id) for as_of, run_id in zip(runs.index, runs, strict=True)}
    posteriors = {as_of: posterior for as_of, posterior in stored.items() if posterior is not None}
    sales = sales_history(tx, first, published.as_of.max())
    return AccuracyInputs(unjudged, sales, posteriors, work.as_of, settings)
