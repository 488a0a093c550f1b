"""What a manager or an operator may change about demand forecasts. Model constants live beside their formulas."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DemandSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of `forecast_demand`; flat names, each starting with `forecast_`, safe defaults."""

    forecast_horizon_days: int = Field(
        default=14, ge=1, le=28, description="How many days after the last day of history are forecast."
    )
    forecast_history_days: int = Field(
        default=1200,
        ge=28,
        le=3660,
        description="How many days of history are used at most; older sales are ignored. Three years show each "
        "season three times; more only takes longer.",
    )
    forecast_draws: int = Field(
        default=500,
        ge=100,
        le=10_000,
        description="How many joint samples are regenerated for sums over items (staffing, ingredients).",
    )
    forecast_cold_start_mean: float = Field(
        default=4.0,
        gt=0,
        le=10_000,
        description="Units a day expected of an item in a restaurant of which nothing is known yet.",
    )
    forecast_cold_start_days: float = Field(
        default=0.5,
        gt=0,
        le=30,
        description="How many days of history that expectation is worth: the smaller, the faster sales replace it.",
    )
    forecast_confidence_threshold: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="Rows whose confidence is this or more are published as approved; the others wait as pending for "
        "a person (`flux forecast approve`). 0 approves all. Staffing and totals count every row, whatever its status.",
    )
