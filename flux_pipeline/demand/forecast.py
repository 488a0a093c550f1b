"""The one way in: sales and days -> forecast with quantiles, factors and a posterior for joint samples.

Here the steps stand in their order; each is a module of its own (panel, drivers, exposure, level, dispersion,
predictive, explain, posterior).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from flux_pipeline.demand.cold_start import level_prior
from flux_pipeline.demand.dispersion import ERROR_STEPS, Dispersion, fit_dispersion, no_dispersion_known
from flux_pipeline.demand.drivers import build_design
from flux_pipeline.demand.explain import closed_row, confidence, explain_item, subjects
from flux_pipeline.demand.exposure import Exposures, fit_exposures, flat_exposures
from flux_pipeline.demand.level import fit_levels
from flux_pipeline.demand.panel import Floats, Panel, build_panel
from flux_pipeline.demand.posterior import DemandPosterior
from flux_pipeline.demand.predictive import counts_at, unit_of_sale
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError

MODEL_NAME = "flux-hierarchical-negative-binomial-1"
# Days of history after which the uncertainty of a young level is contained in its judged errors.
YOUNG_DAYS = 10.0
DEFAULTS = DemandSettings()


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

    def as_metadata(self) -> dict[str, Any]:
        """Counts, window and summary figures as plain values."""
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
            "closed_days": int(np.all(np.array(self.posterior.mean) == 0, axis=0).sum()) if len(rows) else 0,
            "expected_quantity": round(float(rows["mean"].sum()), 2),
            "median_confidence": round(float(per_item.median()), 3) if len(rows) else None,
        }


@dataclass(frozen=True)
class _Fit:
    level: Floats
    exposures: Exposures
    dispersion: Dispersion
    evidence: Floats


def forecast_demand(
    sales: pd.DataFrame,
    days: pd.DataFrame,
    *,
    as_of: dt.date,
    items: pd.DataFrame | None = None,
    item_days: pd.DataFrame | None = None,
    settings: DemandSettings = DEFAULTS,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9, 0.99),
    seed: int = 0,
) -> DemandForecast:
    """Forecast every item of a restaurant for the days after `as_of`.

    Args:
        sales: item, date, quantity (units): one row per item and day with a sale; days without a row sold nothing if
            they are evidence. Rows after `as_of` are dropped. A day whose returns exceed its sales counts as zero.
        days: date, is_open, optionally has_data and closed_reason, and drivers, one column each, past and horizon:
            NaN is unknown and has no effect. Columns of 0 and 1 are flags, others measurements.
        as_of: the last day of history.
        items: item, optionally name and category; only these are published. Default: the items of `sales`.
        item_days: item, date and drivers of an item (is_promo), past and horizon.
        settings: how far ahead, how much history, cold start, draws.
        quantiles: probabilities, increasing, within (0, 1).
        seed: of the joint samples.

    Returns:
        Rows item, date, mean, q{...}, confidence_score, logic_trigger, factors, model_name, and the posterior.

    Raises:
        PermanentError: a frame lacks a column, repeats a key or holds a value of the wrong kind.
    """
    _check_quantiles(quantiles)
    panel = build_panel(sales, days, as_of, items, item_days, settings)
    fit = _fit(panel, settings)
    mean = fit.level[None, :] * fit.exposures.horizon * panel.is_open[:, None]
    variance, shared = _variance(panel, fit, mean)
    unit = unit_of_sale(panel.quantity)
    shown = np.flatnonzero(panel.published)
    posterior = _posterior(panel, fit, (mean / unit, variance / unit**2, shared), unit, shown, seed, settings)
    levels = counts_at(
        np.array(posterior.mean).ravel(),
        np.array(posterior.variance).ravel(),
        np.broadcast_to(ndtri(np.array(quantiles)), (mean.shape[0] * len(shown), len(quantiles))),
    )
    rows = _rows(panel, fit, mean, shown)
    each = np.repeat(unit[shown], len(panel.horizon))
    for at, q in enumerate(quantiles):
        rows.insert(3 + at, f"q{q}", np.round(levels[:, at] * each, 6))
    window = [d.astype(dt.date) for d in panel.dates[[0, -1]]] if len(panel.dates) else [None, None]
    return DemandForecast(rows, posterior, MODEL_NAME, window[0], window[1], len(panel.dates), panel.returns_days)


def _check_quantiles(quantiles: Sequence[float]) -> None:
    values = np.asarray(quantiles, dtype=float)
    if not len(values) or (values <= 0).any() or (values >= 1).any() or (np.diff(values) <= 0).any():
        raise PermanentError(f"quantiles are {list(quantiles)}; expected increasing probabilities between 0 and 1.")


def _fit(panel: Panel, settings: DemandSettings) -> _Fit:
    if not len(panel.dates) or not panel.items:
        a, b = level_prior(panel, np.ones((0, len(panel.items))), settings)
        return _Fit(a / b, flat_exposures(panel), no_dispersion_known(len(panel.items)), a)
    exposures = fit_exposures(panel, build_design(panel))
    prior = level_prior(panel, exposures.history, settings)
    levels = fit_levels(
        panel.quantity,
        exposures.history,
        exposures.total,
        panel.observed,
        panel.position,
        prior,
        exposures.dispersion,
    )
    dispersion = fit_dispersion(levels.path, panel.quantity, exposures.history, panel.observed, exposures.freedom)
    return _Fit(levels.last, exposures, dispersion, levels.evidence)


def _variance(panel: Panel, fit: _Fit, mean: Floats) -> tuple[Floats, Floats]:
    """Variance (H, I) of each day ahead, and the share of its standard deviation that the day's shock makes."""
    spread = fit.dispersion
    near, far = spread.growth
    growth = np.interp(panel.days_ahead, [1, ERROR_STEPS, 13], [near, 1.0, far])[:, None]
    shared = (spread.shock * growth + fit.exposures.doubt[:, None]) * mean**2
    young = YOUNG_DAYS / (YOUNG_DAYS + panel.history_days) * mean**2 * spread.phi / np.maximum(fit.evidence, 0.1)
    variance = spread.phi * mean * growth + shared + young
    return variance, np.sqrt(np.minimum(shared / np.maximum(variance, 1e-12), 1.0))


def _posterior(
    panel: Panel,
    fit: _Fit,
    moments: tuple[Floats, Floats, Floats],
    unit: Floats,
    shown: np.ndarray,
    seed: int,
    settings: DemandSettings,
) -> DemandPosterior:
    mean, variance, loading = (np.where(panel.is_open[:, None], m, 0.0)[:, shown].T.tolist() for m in moments)
    return DemandPosterior(
        model_name=MODEL_NAME,
        items=[panel.items[i] for i in shown],
        dates=[str(d) for d in panel.horizon],
        unit=unit[shown].tolist(),
        mean=mean,
        variance=variance,
        loading=loading,
        persistence=(fit.dispersion.day_persistence, fit.dispersion.item_persistence),
        seed=seed,
        draws=settings.forecast_draws,
    )


def _rows(panel: Panel, fit: _Fit, mean: Floats, shown: np.ndarray) -> pd.DataFrame:
    named = subjects(panel, list(fit.exposures.factors))
    history_days = panel.history_days
    score = confidence(history_days, fit.dispersion.relative_error)
    triggers: list[str] = []
    factors: list[list[dict[str, Any]]] = []
    closed = {at: closed_row(panel.closed_reason[at]) for at in np.flatnonzero(~panel.is_open)}
    for i in shown:
        multipliers = {name: values[:, i].tolist() for name, values in fit.exposures.factors.items()}
        lines, parts = explain_item(float(fit.level[i]), multipliers, named, int(history_days[i]))
        for at, (line, part) in closed.items():
            lines[at], parts[at] = line, part
        triggers += lines
        factors += parts
    h = len(panel.horizon)
    rows = pd.DataFrame(
        {
            "item": np.repeat(np.array(panel.items, dtype=object)[shown], h),
            "date": np.tile(panel.horizon.astype("datetime64[s]"), len(shown)),
            "mean": mean[:, shown].T.ravel(),
            "confidence_score": np.repeat(score[shown], h),
            "logic_trigger": triggers,
            "model_name": MODEL_NAME,
        }
    )
    rows.insert(5, "factors", pd.Series(factors, dtype=object))
    return rows
