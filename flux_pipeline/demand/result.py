"""Result of a forecaster: rows with quantiles, the posterior for joint samples, and the counts and window behind them.

The model and the four-week rule both return a `Prediction`, which becomes a `DemandForecast` here. Expectations and
reasons are computed elsewhere (`model`, `rule`, `explain`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.distribution.predictive import counts_at, unit_of_sale
from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.findings import DriverFinding
from flux_pipeline.demand.settings import DemandSettings

# Confidence is halved with two weeks of history, and again if the expected error is as large as the sales.
CONFIDENT_DAYS = 14.0
NORMAL_DEVIATION = float(np.sqrt(2 / np.pi))


@dataclass(frozen=True)
class Prediction:
    """A forecaster's expectation for H horizon days and I items, with its reasons.

    `mean`, `variance` (H, I) in units; `loading` (H, I): share of an item's spread that is the day's shared shock;
    `persistence`: lasting share of the shared shock and of the own error. `lines` and `factors`: the reasons for each
    published item on each day, ordered by item, then day.
    """

    mean: Floats
    variance: Floats
    loading: Floats
    persistence: tuple[float, float]
    lines: list[str]
    factors: list[list[dict[str, Any]]]
    drivers: tuple[DriverFinding, ...] = ()


@dataclass(frozen=True)
class DemandForecast:
    """A forecast of one restaurant. `rows`: one row per item and horizon date (see `forecast_demand`)."""

    rows: pd.DataFrame
    posterior: DemandPosterior
    model_name: str
    history_from: dt.date | None
    history_to: dt.date | None
    evidence_days: int
    returns_days: int
    sold_out_days: int
    drivers: tuple[DriverFinding, ...]

    @classmethod
    def of(
        cls,
        panel: Panel,
        prediction: Prediction,
        *,
        model_name: str,
        settings: DemandSettings,
        quantiles: Sequence[float],
        seed: int,
    ) -> DemandForecast:
        """Build the forecast of a panel's published items; quantiles and samples come from the same posterior."""
        posterior = _posterior(panel, prediction, model_name, seed, settings.forecast_draws)
        window = [d.astype(dt.date) for d in panel.dates[[0, -1]]] if len(panel.dates) else [None, None]
        return cls(
            rows=_rows(panel, prediction, posterior, quantiles),
            posterior=posterior,
            model_name=model_name,
            history_from=window[0],
            history_to=window[1],
            evidence_days=len(panel.dates),
            returns_days=panel.returns_days,
            sold_out_days=int(panel.censored.sum()),
            drivers=prediction.drivers,
        )

    def as_metadata(self) -> dict[str, Any]:
        """Return counts, window and summary figures as plain values."""
        rows = self.rows
        per_item = rows.groupby("item", sort=False)["confidence_score"].first()
        return {
            "model_name": self.model_name,
            "items": len(self.posterior.items),
            "rows": len(rows),
            "forecast_from": self.posterior.dates[0],
            "forecast_to": self.posterior.dates[-1],
            "history_from": self.history_from.isoformat() if self.history_from else None,
            "history_to": self.history_to.isoformat() if self.history_to else None,
            "evidence_days": self.evidence_days,
            "item_days_with_net_returns": self.returns_days,
            "item_days_sold_out": self.sold_out_days,
            "drivers": {finding.driver: finding.as_metadata() for finding in self.drivers},
            "closed_days": int(np.all(np.array(self.posterior.mean) == 0, axis=0).sum()) if len(rows) else 0,
            "expected_quantity": round(float(rows["mean"].sum()), 2),
            "expected_quantity_next_day": round(sum(item[0] for item in self.posterior.mean), 2),
            "median_confidence": round(float(per_item.median()), 3) if len(rows) else None,
        }


def _posterior(panel: Panel, prediction: Prediction, model_name: str, seed: int, draws: int) -> DemandPosterior:
    """Return the state of the published items, in units of sale."""
    shown, unit = np.flatnonzero(panel.published), unit_of_sale(panel.quantity)
    moments = (prediction.mean / unit, prediction.variance / unit**2, prediction.loading)
    mean, variance, loading = (np.where(panel.is_open[:, None], m, 0.0)[:, shown].T.tolist() for m in moments)
    return DemandPosterior(
        model_name=model_name,
        items=[panel.items[i] for i in shown],
        dates=[str(d) for d in panel.horizon],
        unit=unit[shown].tolist(),
        mean=mean,
        variance=variance,
        loading=loading,
        persistence=prediction.persistence,
        seed=seed,
        draws=draws,
    )


def _rows(panel: Panel, prediction: Prediction, posterior: DemandPosterior, quantiles: Sequence[float]) -> pd.DataFrame:
    h, shown = len(panel.horizon), np.flatnonzero(panel.published)
    scores = np.broadcast_to(scipy.special.ndtri(np.array(quantiles)), (h * len(shown), len(quantiles)))
    levels = counts_at(np.array(posterior.mean).ravel(), np.array(posterior.variance).ravel(), scores)
    counts = np.round(levels * np.repeat(posterior.unit, h)[:, None], 6)
    score = _confidence(panel, prediction.mean, prediction.variance)
    return pd.DataFrame(
        {
            "item": np.repeat(np.array(panel.items, dtype=object)[shown], h),
            "date": np.tile(panel.horizon.astype("datetime64[s]"), len(shown)),
            "mean": prediction.mean[:, shown].T.ravel(),
            **{f"q{q}": counts[:, at] for at, q in enumerate(quantiles)},
            "confidence_score": np.repeat(score[shown], h),
            "logic_trigger": prediction.lines,
            "factors": pd.Series(prediction.factors, dtype=object),
            "model_name": posterior.model_name,
        }
    )


def _confidence(panel: Panel, mean: Floats, variance: Floats) -> Floats:
    """Score confidence 0..1 (I,): rises with days of history, falls with the expected error of the days ahead (H, I).

    The error is relative to the item's expected or past sales, whichever is more: it is nearly certain that an item
    which is gone sells nothing. Over the items of a bakery and a cafe (eleven fortnights each) the score's rank
    correlation with minus the fortnight's absolute error over mean sales is 0.90, with that over actual sales 0.73 and
    0.58.
    """
    if not len(panel.horizon) or not len(panel.items):
        return np.zeros(len(panel.items))
    open_days = max(int(panel.is_open.sum()), 1)
    expected = mean.sum(axis=0) / open_days
    # The mean absolute deviation of a normal is 0.8 standard deviations; that of a rare count is twice its mean.
    error = np.minimum(NORMAL_DEVIATION * np.sqrt(variance), 2 * mean).sum(axis=0) / open_days
    usual = panel.quantity.sum(axis=0) / np.maximum(panel.history_days, 1)
    relative = error / np.maximum(np.maximum(expected, usual), 1e-9)
    return np.asarray(np.round(panel.history_days / (panel.history_days + CONFIDENT_DAYS) / (1.0 + relative), 4))
