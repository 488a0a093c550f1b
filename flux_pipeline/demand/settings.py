"""Settings of demand that a manager or an operator may change: forecasts, their fallback and hour, and backtests.

Model constants are beside their formulas.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

# The longest horizon of a forecast, in days. Accuracy and the command line take their bounds from here; the check
# `days_ahead_in_bounds` of the table `forecast_accuracy` has the same number, so raising it needs a migration.
LONGEST_HORIZON_DAYS = 28


class DemandSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of `forecast_demand`; flat names that start with `forecast_`, safe defaults."""

    forecast_horizon_days: int = Field(
        default=14,
        ge=1,
        le=LONGEST_HORIZON_DAYS,
        description="Number of days after the last day of history that are forecast.",
    )
    forecast_history_days: int = Field(
        default=1200,
        ge=28,
        le=3660,
        description="Most days of history that are used; older sales are ignored. Three years show each season three "
        "times; more only takes longer.",
    )
    forecast_draws: int = Field(
        default=500,
        ge=100,
        le=10_000,
        description="Number of joint samples that are drawn for sums over items (staffing, ingredients).",
    )
    forecast_cold_start_mean: float = Field(
        default=4.0,
        gt=0,
        le=10_000,
        description="Units a day expected of an item in a restaurant without any history.",
    )
    forecast_cold_start_days: float = Field(
        default=0.5,
        gt=0,
        le=30,
        description="Days of history that this expectation is worth: the smaller, the faster sales replace it.",
    )
    forecast_confidence_threshold: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="Rows whose confidence is this or more are published as approved; the others wait as pending for "
        "a person (`flux forecast approve`). 0 approves all. Staffing and totals count every row, whatever its status.",
    )


class SharingSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of what a restaurant shares for the averages that help new restaurants."""

    forecast_share_priors: bool = Field(
        default=False,
        description="Whether this restaurant's effects of weekdays and holidays and its spread of sales count in the "
        "averages over at least 20 restaurants from which young restaurants start. No sales, level or name is shared. "
        "Using the averages needs no setting.",
    )


class CalendarSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of the events and school holidays that count for a restaurant."""

    forecast_event_radius_km: float = Field(
        6.0,
        gt=0,
        le=100,
        description="An event within this distance of the restaurant counts as near it; the further away it is, the "
        "less it counts. At 6 km a twentieth of its pull is left.",
    )
    forecast_event_least_attendance: int = Field(
        500, ge=0, description="An event that expects fewer people is left out; one of unknown size counts."
    )
    forecast_school_holiday_radius_km: float = Field(
        50.0,
        gt=0,
        le=1000,
        description="School holidays with a place count within this distance; those without one count everywhere.",
    )


class FallbackSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of the fallback to the four-week rule."""

    forecast_fallback: bool = Field(
        default=True,
        description="Whether the average of the last four same weekdays is published if the model's errors have been "
        "larger; false: always the model.",
    )
    forecast_fallback_margin: float = Field(
        default=0.03,
        ge=0,
        le=0.5,
        description="Share by which the model must have been worse than the rule (weighted quantile loss) before the "
        "rule is published. It is published until the model is better again.",
    )


class NightlySettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of a restaurant's nightly run."""

    forecast_minutes_after_cutoff: int = Field(
        default=0,
        ge=0,
        le=720,
        description="Minutes from the end of the business day, at its cutoff, to the nightly run. A file that is "
        "uploaded starts a run in any case.",
    )


class BacktestSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of a restaurant's backtests."""

    backtest_weeks: int = Field(default=8, ge=1, le=52, description="Number of forecasts in a backtest, a week apart.")
    backtest_min_history_days: int = Field(
        default=56,
        ge=14,
        le=1200,
        description="Days of sales that a backtest's forecast needs before it: a young restaurant's first weeks say "
        "little about the model.",
    )
