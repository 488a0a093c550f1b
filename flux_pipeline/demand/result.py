"""Result of a forecaster: rows with quantiles, the posterior for joint samples, and the counts and window behind them.

The model and the four-week rule both return a `Prediction`, which becomes a `DemandForecast` here. Expectations and
reasons are computed elsewhere (`model`, `rule`, `explain`).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.special

from flux_pipeline.demand.distribution.calibration import Calibration
from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.distribution.predictive import TAIL, counts_at, unit_of_sale
from flux_pipeline.demand.explain import Reasons
from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.changes import ChangeFinding
from flux_pipeline.demand.model.findings import DriverFinding
from flux_pipeline.demand.settings import DemandSettings

# Confidence is halved with two weeks of history, and again if the expected error is as large as the sales.
CONFIDENT_DAYS = 14.0
NORMAL_DEVIATION = float(np.sqrt(2 / np.pi))


@dataclass(frozen=True)
class Figures:
    """Forecasts of N actuals, in units: `mean` (N,) and `quantiles` (N, Q)."""

    mean: Floats
    quantiles: Floats


@dataclass(frozen=True)
class Prediction:
    """A forecaster's expectation for H horizon days and I items, with its reasons.

    `mean`, `variance` (H, I) in units; `loading` (H, I): share of an item's spread that is the day's shared shock;
    `persistence`: lasting share of the shared shock and of the own error; `tail`: tail weight above the 80 %
    band. `changes`: what has changed of late. What is found about drivers, and the reasons of the published items, are
    computed when they are called for: a backtest reads the figures alone.
    """

    mean: Floats
    variance: Floats
    loading: Floats
    persistence: tuple[float, float]
    find_drivers: Callable[[], list[DriverFinding]]
    reasons: Callable[[], Reasons]
    changes: list[ChangeFinding]
    tail: float = TAIL


@dataclass(frozen=True)
class DemandForecast:
    """A forecast of one restaurant: a row per item and horizon date, by item, then date.

    `figures`: the rows' means, and their quantiles at `levels`. `confidence` (I,): the score of each item.
    `find_drivers`, `reasons`, `changes`: as in `Prediction`.
    """

    figures: Figures
    levels: tuple[float, ...]
    confidence: Floats
    find_drivers: Callable[[], list[DriverFinding]]
    reasons: Callable[[], Reasons]
    posterior: DemandPosterior
    model_name: str
    history_from: dt.date | None
    history_to: dt.date | None
    evidence_days: int
    returns_days: int
    sold_out_days: int
    changes: list[ChangeFinding]

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
        calibration: Calibration,
    ) -> DemandForecast:
        """Build the forecast of a panel's published items; quantiles and samples come from the same posterior."""
        state = _State.of(panel, prediction, calibration)
        window = [d.astype(dt.date) for d in panel.dates[[0, -1]]] if len(panel.dates) else [None, None]
        return cls(
            figures=Figures(prediction.mean[:, panel.published].T.ravel(), state.quantiles(quantiles)),
            levels=tuple(quantiles),
            confidence=_confidence(panel, prediction.mean, prediction.variance)[panel.published],
            find_drivers=prediction.find_drivers,
            reasons=prediction.reasons,
            posterior=state.posterior(panel, prediction, model_name, seed, settings.forecast_draws),
            model_name=model_name,
            history_from=window[0],
            history_to=window[1],
            evidence_days=len(panel.dates),
            returns_days=panel.returns_days,
            sold_out_days=int(panel.censored.sum()),
            changes=prediction.changes,
        )

    @property
    def drivers(self) -> list[DriverFinding]:
        """What was found about the drivers."""
        return self.find_drivers()

    @functools.cached_property
    def rows(self) -> pd.DataFrame:
        """The rows as a frame, with their reasons (see `forecast_demand`); built when first read."""
        dates = np.array(self.posterior.dates, dtype="datetime64[s]")
        reasons = self.reasons()
        return pd.DataFrame(
            {
                "item": np.repeat(np.array(self.posterior.items, dtype=object), len(dates)),
                "date": np.tile(dates, len(self.posterior.items)),
                "mean": self.figures.mean,
                **{f"q{q}": self.figures.quantiles[:, at] for at, q in enumerate(self.levels)},
                "confidence_score": np.repeat(self.confidence, len(dates)),
                "logic_trigger": reasons.lines,
                "factors": pd.Series(reasons.factors, dtype=object),
                "model_name": self.model_name,
            }
        )

    def as_metadata(self) -> dict[str, Any]:
        """Return counts, window and summary figures as plain values."""
        mean = self.figures.mean
        return {
            "model_name": self.model_name,
            "items": len(self.posterior.items),
            "rows": len(mean),
            "forecast_from": self.posterior.dates[0],
            "forecast_to": self.posterior.dates[-1],
            "history_from": self.history_from.isoformat() if self.history_from else None,
            "history_to": self.history_to.isoformat() if self.history_to else None,
            "evidence_days": self.evidence_days,
            "item_days_with_net_returns": self.returns_days,
            "item_days_sold_out": self.sold_out_days,
            "drivers": {finding.driver: finding.as_metadata() for finding in self.drivers},
            "changes": [finding.as_metadata() for finding in self.changes],
            "closed_days": int(np.all(np.array(self.posterior.mean) == 0, axis=0).sum()) if len(mean) else 0,
            "expected_quantity": round(float(mean.sum()), 2),
            "expected_quantity_next_day": round(sum(item[0] for item in self.posterior.mean), 2),
            "median_confidence": round(float(np.median(self.confidence)), 3) if len(mean) else None,
        }


@dataclass(frozen=True)
class _State:
    """Mean, variance and loading of the published items (I, H) in units of sale, 0 on closed days; `unit` (I,).

    `lower`, `upper` (H,): factors of the spread below and above p50; `tail`: tail weight above the 80 % band.
    """

    mean: Floats
    variance: Floats
    loading: Floats
    unit: Floats
    lower: Floats
    upper: Floats
    tail: float

    @classmethod
    def of(cls, panel: Panel, prediction: Prediction, calibration: Calibration) -> _State:
        unit = unit_of_sale(panel.quantity[:, panel.published])
        of = (prediction.mean, prediction.variance, prediction.loading)
        mean, variance, loading = (np.where(panel.is_open[:, None], each[:, panel.published], 0.0).T for each in of)
        lower, upper = np.ones((2, len(panel.horizon)))
        for factors, known in ((lower, calibration.lower), (upper, calibration.upper)):
            factors[: len(known)] = known[: len(factors)]
        in_units = mean / unit[:, None], variance / unit[:, None] ** 2
        return cls(*in_units, loading, unit, lower, upper, prediction.tail)

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Return quantiles (I * H, Q) in units."""
        scores = np.broadcast_to(scipy.special.ndtri(np.array(levels)), (self.mean.size, len(levels)))
        lower, upper = (np.tile(factors, len(self.unit)) for factors in (self.lower, self.upper))
        counts = counts_at(self.mean.ravel(), self.variance.ravel(), scores, lower, upper, self.tail)
        return np.asarray(np.round(counts * np.repeat(self.unit, self.mean.shape[1])[:, None], 6))

    def posterior(
        self, panel: Panel, prediction: Prediction, model_name: str, seed: int, draws: int
    ) -> DemandPosterior:
        return DemandPosterior(
            model_name=model_name,
            items=[panel.items[i] for i in np.flatnonzero(panel.published)],
            dates=np.datetime_as_string(panel.horizon, unit="D").tolist(),
            unit=self.unit.tolist(),
            mean=self.mean.tolist(),
            variance=self.variance.tolist(),
            loading=self.loading.tolist(),
            persistence=prediction.persistence,
            lower=self.lower.tolist(),
            upper=self.upper.tolist(),
            tail=self.tail,
            seed=seed,
            draws=draws,
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
