"""The one way in: sales and days -> forecast with quantiles, factors and a posterior for joint samples.

The frames become a `panel`, the panel a `fit`; here the fit becomes what is published (`predictive`, `explain`,
`posterior`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.distribution.predictive import counts_at, unit_of_sale
from flux_pipeline.demand.explain import closed_row, confidence, explain_item, subjects
from flux_pipeline.demand.inputs.panel import Floats, Panel, build_panel
from flux_pipeline.demand.model.findings import DriverFinding
from flux_pipeline.demand.model.fit import Fit, fit_demand
from flux_pipeline.demand.model.threads import one_thread
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError

MODEL_NAME = "flux-hierarchical-negative-binomial-2"
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
    sold_out_days: int
    drivers: tuple[DriverFinding, ...]

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
            "item_days_sold_out": self.sold_out_days,
            "drivers": {finding.driver: finding.as_metadata() for finding in self.drivers},
            "closed_days": int(np.all(np.array(self.posterior.mean) == 0, axis=0).sum()) if len(rows) else 0,
            "expected_quantity": round(float(rows["mean"].sum()), 2),
            "median_confidence": round(float(per_item.median()), 3) if len(rows) else None,
        }


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
        item_days: item, date and drivers of an item, past and horizon: is_promo (1 = on), price_ratio (price over the
            item's usual one); and is_sold_out (1 = it ran out, so more was wanted than sold).
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
    with one_thread():
        fit = fit_demand(panel, settings)
    unit = unit_of_sale(panel.quantity)
    shown = np.flatnonzero(panel.published)
    posterior = _posterior(panel, fit, unit, shown, seed, settings)
    levels = counts_at(
        np.array(posterior.mean).ravel(),
        np.array(posterior.variance).ravel(),
        np.broadcast_to(ndtri(np.array(quantiles)), (len(panel.horizon) * len(shown), len(quantiles))),
    )
    counts = np.round(levels * np.repeat(unit[shown], len(panel.horizon))[:, None], 6)
    rows = _rows(panel, fit, shown, {f"q{q}": counts[:, at] for at, q in enumerate(quantiles)})
    window = [d.astype(dt.date) for d in panel.dates[[0, -1]]] if len(panel.dates) else [None, None]
    return DemandForecast(
        rows=rows,
        posterior=posterior,
        model_name=MODEL_NAME,
        history_from=window[0],
        history_to=window[1],
        evidence_days=len(panel.dates),
        returns_days=panel.returns_days,
        sold_out_days=int(panel.censored.sum()),
        drivers=tuple(fit.exposures.findings),
    )


def _check_quantiles(quantiles: Sequence[float]) -> None:
    values = np.asarray(quantiles, dtype=float)
    if not len(values) or (values <= 0).any() or (values >= 1).any() or (np.diff(values) <= 0).any():
        raise PermanentError(f"quantiles are {list(quantiles)}; expected increasing probabilities between 0 and 1.")


def _posterior(
    panel: Panel, fit: Fit, unit: Floats, shown: np.ndarray, seed: int, settings: DemandSettings
) -> DemandPosterior:
    moments = (fit.mean / unit, fit.variance / unit**2, fit.shared)
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


def _rows(panel: Panel, fit: Fit, shown: np.ndarray, quantiles: dict[str, Floats]) -> pd.DataFrame:
    named = subjects(panel, list(fit.factors))
    history_days = panel.history_days
    score = confidence(panel, fit.mean, fit.variance)
    unsure = {finding.driver for finding in fit.exposures.findings if not finding.identified}
    triggers: list[str] = []
    factors: list[list[dict[str, Any]]] = []
    closed = {at: closed_row(panel.closed_reason[at]) for at in np.flatnonzero(~panel.is_open)}
    for i in shown:
        multipliers = {name: values[:, i].tolist() for name, values in fit.factors.items()}
        lines, parts = explain_item(float(fit.baseline[i]), multipliers, named, int(history_days[i]), unsure)
        for at, (line, part) in closed.items():
            lines[at], parts[at] = line, part
        triggers += lines
        factors += parts
    h = len(panel.horizon)
    return pd.DataFrame(
        {
            "item": np.repeat(np.array(panel.items, dtype=object)[shown], h),
            "date": np.tile(panel.horizon.astype("datetime64[s]"), len(shown)),
            "mean": fit.mean[:, shown].T.ravel(),
            **quantiles,
            "confidence_score": np.repeat(score[shown], h),
            "logic_trigger": triggers,
            "factors": pd.Series(factors, dtype=object),
            "model_name": MODEL_NAME,
        }
    )
