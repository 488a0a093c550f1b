"""Adapter that lets the public benchmark score calibrated forecasts, which the nightly run publishes.

Before each origin the forecasts of the weeks before it, a week apart, are made as they would have been then. Those
whose days are over calibrate the forecast of the origin, restaurant by restaurant.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from flux_pipeline.demand.distribution.calibration import WINDOW_DAYS, Calibration, fit_calibration
from flux_pipeline_tests.benchmarks import demand_adapter

WEEK = pd.Timedelta(weeks=1)
HORIZON_DAYS = 14
NAMES = {"q0.1": "p10_quantity", "q0.5": "p50_quantity", "q0.9": "p90_quantity", "quantity": "actual_quantity"}
# Origins of the benchmark are a week apart, so most of these were made for the one before.
MADE: dict[tuple[str, pd.Timestamp], pd.DataFrame] = {}


def forecast(history: pd.DataFrame, future: pd.DataFrame, quantiles: Sequence[float]) -> pd.DataFrame:
    """Return the future rows in their order with `mean` and one column per quantile: the benchmark's signature."""
    origin = pd.Timestamp(history.attrs.get("origin", history["date"].max()))
    made = [_made(history, origin - week * WEEK, quantiles) for week in range(1, WINDOW_DAYS // 7 + 3)]
    past = pd.concat(made, ignore_index=True)
    over = past[(past["date"] <= origin) & (past["date"] > origin - pd.Timedelta(days=WINDOW_DAYS))]
    calibrations = {name: _calibration(rows) for name, rows in over.groupby("restaurant")}
    return demand_adapter.forecast(history, future, quantiles, calibrations)


def _made(history: pd.DataFrame, origin: pd.Timestamp, quantiles: Sequence[float]) -> pd.DataFrame:
    """Return the uncorrected forecast of an earlier day, beside what was sold."""
    key = (str(history["series"].iloc[0]), origin)
    known = history[history["date"] <= origin].reset_index(drop=True)
    ahead = history[(history["date"] > origin) & history["series"].isin(known["series"].unique())]
    ahead = ahead[ahead["date"] <= origin + pd.Timedelta(days=HORIZON_DAYS)].reset_index(drop=True)
    if key not in MADE or len(MADE[key]) != len(ahead):
        known.attrs = {"origin": origin}
        made = demand_adapter.forecast(known, ahead.drop(columns="quantity"), quantiles) if len(ahead) else ahead
        MADE[key] = made.assign(quantity=ahead["quantity"], days_ahead=(ahead["date"] - origin).dt.days)
    return MADE[key]


def _calibration(rows: pd.DataFrame) -> Calibration:
    return fit_calibration(rows.rename(columns=NAMES).assign(lower=1.0, upper=1.0), HORIZON_DAYS)
