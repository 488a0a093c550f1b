"""Choice of a restaurant's forecaster: the model, or the four-week rule if the model's recent errors were larger.

The choice replays, from the oldest on, the comparisons of the two that ended before the forecast. So it depends only on
the past: a look back decides as a run on that day would have, and no earlier choice has to be stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from flux_pipeline.demand.forecast import MODEL_NAME, forecast_demand
from flux_pipeline.demand.priors import NO_PRIORS, DemandPriors
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.demand.rule.four_weeks import RULE_NAME, forecast_four_weeks
from flux_pipeline.demand.settings import FallbackSettings

# Published forecasts are compared over eight weeks; with fewer than four weeks of days, backtests count instead. Fewer
# days of either would be decided by chance.
WINDOW = pd.Timedelta(weeks=8)
LEAST_DAYS = 28
# Published forecasts are better evidence: a backtest within four weeks after such a comparison doesn't count.
HOLD = pd.Timedelta(weeks=4)


@dataclass(frozen=True)
class Comparison:
    """Model and rule on the same days: the last day, the number of days, and the pinball loss of each in one unit."""

    last_day: dt.date
    source: Literal["backtest", "published forecasts"]
    days: int
    pinball_loss: float
    four_week_pinball_loss: float

    @property
    def ratio(self) -> float:
        """The model's loss over the rule's: above 1 the model is worse. 1 if both losses are zero."""
        if self.four_week_pinball_loss > 0:
            return self.pinball_loss / self.four_week_pinball_loss
        return 1.0 if self.pinball_loss <= 0 else float("inf")


@dataclass(frozen=True)
class ForecasterChoice:
    """The chosen forecaster, and the reason."""

    model_name: str
    reason: str

    @property
    def is_fallback(self) -> bool:
        """Whether the rule is published instead of the model."""
        return self.model_name == RULE_NAME

    def forecast(
        self, sales: pd.DataFrame, days: pd.DataFrame, *, priors: DemandPriors = NO_PRIORS, **others: Any
    ) -> DemandForecast:
        """Forecast with the chosen forecaster; arguments and errors as of `forecast_demand`. The rule has no priors."""
        if self.is_fallback:
            return forecast_four_weeks(sales, days, because="nearer than the model lately", **others)
        return forecast_demand(sales, days, priors=priors, **others)

    def as_metadata(self) -> dict[str, Any]:
        """Return the reason if the forecast is the rule's; nothing if it is the model's."""
        return {"fallback": self.reason} if self.is_fallback else {}


MODEL = ForecasterChoice(MODEL_NAME, "No comparison shows that the four-week rule is better.")


def choose_forecaster(comparisons: Sequence[Comparison], settings: FallbackSettings) -> ForecasterChoice:
    """Choose the model, or the rule if the model was worse by the margin and has not been better since.

    Between "worse by the margin" and "better" the choice remains as it was: a restaurant on the edge must not change
    its forecaster every week. A backtest counts if no comparison of published forecasts ended in the four weeks before.

    Args:
        comparisons: in any order; only those that ended before the forecast.
        settings: whether to fall back, and by which margin.
    """
    if not settings.forecast_fallback:
        return ForecasterChoice(MODEL_NAME, "The setting forecast_fallback is false.")
    published_days = [c.last_day for c in comparisons if c.source == "published forecasts"]
    choice = MODEL
    for c in sorted(comparisons, key=lambda c: (c.last_day, c.source)):
        if c.source == "backtest" and (
            c.days < LEAST_DAYS or any(pd.Timedelta(0) <= _apart(day, c.last_day) < HOLD for day in published_days)
        ):
            continue
        if c.ratio > 1.0 + settings.forecast_fallback_margin:
            choice = ForecasterChoice(RULE_NAME, _reason(c))
        elif c.ratio < 1.0 or not choice.is_fallback:
            choice = ForecasterChoice(MODEL_NAME, _reason(c))
    return choice


def weekly_comparisons(days: pd.DataFrame, before: dt.date) -> list[Comparison]:
    """Compare model and rule by published forecasts: one comparison a Sunday, over the eight weeks up to it.

    Args:
        days: date, pinball_loss, four_week_pinball_loss: sums per day, of the model's published forecasts only.
        before: the day from which the forecast is made; it and later days are ignored, so that a run that is repeated
            after its own day was scored decides as before.

    Returns:
        Oldest first; none for a Sunday with fewer than 28 days in its window or with none in its week.
    """
    seen = days[days.date < pd.Timestamp(before)].sort_values("date")
    if seen.empty:
        return []
    sundays = pd.date_range(seen.date.min(), pd.Timestamp(before) - pd.Timedelta(days=1), freq="W-SUN")
    date, sums = seen.date.to_numpy(), seen[["pinball_loss", "four_week_pinball_loss"]].to_numpy(dtype=float)
    found = []
    for sunday in sundays:
        within = (date <= sunday.to_datetime64()) & (date > (sunday - WINDOW).to_datetime64())
        count = len(np.unique(date[within]))
        is_news = (date[within] > (sunday - pd.Timedelta(weeks=1)).to_datetime64()).any()
        if count >= LEAST_DAYS and is_news:
            model, rule = sums[within].sum(axis=0)
            found.append(Comparison(sunday.date(), "published forecasts", count, float(model), float(rule)))
    return found


def _apart(day: dt.date, other: dt.date) -> pd.Timedelta:
    """Return how long `day` is before `other`."""
    return pd.Timestamp(other) - pd.Timestamp(day)


def _reason(c: Comparison) -> str:
    share = abs(c.ratio - 1.0)
    result = f"{share:.0%} {'worse' if c.ratio > 1 else 'better'} than" if share >= 0.005 else "as good as"
    where = "In the backtest" if c.source == "backtest" else "Over the published forecasts of the eight weeks"
    return (
        f"{where} up to {c.last_day} ({c.days} days) the model was {result} the average of the last four same weekdays."
    )
