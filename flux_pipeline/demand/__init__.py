"""Sales history and what is known of the days ahead -> forecasts with quantiles, factors and joint samples."""

from flux_pipeline.demand.distribution.posterior import DemandPosterior, DemandSamples, sample_demand
from flux_pipeline.demand.distribution.totals import DemandTotals, total_demand
from flux_pipeline.demand.forecast import MODEL_NAME, DemandForecast, forecast_demand
from flux_pipeline.demand.settings import DemandSettings

__all__ = [
    "MODEL_NAME",
    "DemandForecast",
    "DemandPosterior",
    "DemandSamples",
    "DemandSettings",
    "DemandTotals",
    "forecast_demand",
    "sample_demand",
    "total_demand",
]
