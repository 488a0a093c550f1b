"""Inputs of the judging of published forecasts, once their days have come."""

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
    """Published forecasts whose days have come, what came, and what the four-week rule is made of."""

    unjudged: UnscoredForecasts
    sales: pd.DataFrame
    posteriors: Mapping[dt.date, DemandPosterior]
    as_of: dt.date
    settings: DemandSettings

    def as_values(self) -> Mapping[str, Any]:
        """Everything that can change the result, to hash."""
        return {"days": self.unjudged.days, "published": self.unjudged.published, "actuals": self.unjudged.actuals}


def accuracy_inputs(tx: Tenant, work: Work, settings: DemandSettings) -> AccuracyInputs:
    """Read what is to be judged, of days up to that of `work`; only then the rest."""
    unjudged = unscored_forecasts(tx, work.as_of)
    published = unjudged.published
    if published.empty:
        return AccuracyInputs(unjudged, pd.DataFrame(), {}, work.as_of, settings)
    first = published.as_of.min() - dt.timedelta(days=settings.forecast_history_days)
    runs = published.groupby("as_of")["algorithm_run_id"].first()
    kept = {as_of: posterior_of(tx, run_id) for as_of, run_id in zip(runs.index, runs, strict=True)}
    posteriors = {as_of: posterior for as_of, posterior in kept.items() if posterior is not None}
    sales = sales_history(tx, first, published.as_of.max())
    return AccuracyInputs(unjudged, sales, posteriors, work.as_of, settings)
