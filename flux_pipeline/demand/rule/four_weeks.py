"""Four-week rule, what most managers do, as a forecaster: the mean of the last four same weekdays, with quantiles.

The model is compared with this rule, and the rule is published if the model's errors were larger. It has the same
arguments and result as `forecast_demand`, but ignores drivers. A day is an evidence day, as in `panel`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.distribution.calibration import NO_CALIBRATION, Calibration
from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.explain import Reasons, closed_row
from flux_pipeline.demand.inputs.panel import Bools, Floats, Ints, Panel, build_panel
from flux_pipeline.demand.inputs.tables import take_apart
from flux_pipeline.demand.model.cold_start import level_prior
from flux_pipeline.demand.model.spread import Dispersion, fit_rule_dispersion
from flux_pipeline.demand.result import DemandForecast, Prediction
from flux_pipeline.demand.settings import DemandSettings

RULE_NAME = "flux-four-weeks-1"
WEEKS = 4
NUMBERS = ("no", "one", "two", "three", "four")
# The mean of n days is itself uncertain by 1/n of a day's variance; errors are measured for means of four days.
USUAL_SPREAD = 1.0 + 1.0 / WEEKS
DEFAULTS = DemandSettings()


@dataclass(frozen=True)
class _Rule:
    """Means (H, I), the number of days in each (H, I), and those days (H, up to 4) as rows of the panel."""

    mean: Floats
    days: Ints
    rows: list[Ints]


def forecast_four_weeks(
    sales: pd.DataFrame,
    days: pd.DataFrame,
    *,
    as_of: dt.date,
    items: pd.DataFrame | None = None,
    item_days: pd.DataFrame | None = None,
    settings: DemandSettings = DEFAULTS,
    quantiles: Sequence[float] = PUBLISHED_LEVELS,
    seed: int = 0,
    calibration: Calibration = NO_CALIBRATION,
    because: str = "",
) -> DemandForecast:
    """Forecast each item as the mean of its last four same weekdays, or of fewer if it has fewer.

    An item without evidence on that weekday gets the mean of its last four weeks; an item that never sold gets the
    level of its category (`cold_start`). Quantiles are those of a negative binomial with this mean; its variance comes
    from the rule's own errors one to four weeks ahead. An item whose mean is 0 has quantiles of 0.

    Args:
        sales, days, as_of, items, settings, quantiles, seed, calibration: see `forecast_demand`.
        item_days: ignored; accepted so that both forecasters have the same arguments.
        because: the reason for using the rule, added to the line that a manager reads.

    Returns:
        As `forecast_demand`, with model_name "flux-four-weeks-1".

    Raises:
        PermanentError: a frame lacks a column, repeats a key or holds a value of the wrong kind.
    """
    panel = build_panel(take_apart(sales, days, items), as_of, settings)
    return forecast_panel_by_four_weeks(
        panel, settings=settings, quantiles=quantiles, seed=seed, calibration=calibration, because=because
    )


def forecast_panel_by_four_weeks(
    panel: Panel,
    *,
    settings: DemandSettings,
    quantiles: Sequence[float],
    seed: int = 0,
    calibration: Calibration = NO_CALIBRATION,
    because: str = "",
) -> DemandForecast:
    """Forecast the published items of a panel (see `forecast_four_weeks`), without any frame."""
    rule = _rule(panel, settings)
    errors = _errors(panel)
    mean = rule.mean * panel.is_open[:, None]
    variance, shared = _variance(panel, rule, errors, mean)
    prediction = Prediction(
        mean=mean,
        variance=variance,
        loading=np.sqrt(np.minimum(shared / np.maximum(variance, 1e-12), 1.0)),
        persistence=(errors[0].day_persistence, errors[0].item_persistence),
        find_drivers=list,
        reasons=functools.partial(_reasons, panel, rule, because),
        changes=[],
    )
    return DemandForecast.of(
        panel,
        prediction,
        model_name=RULE_NAME,
        settings=settings,
        quantiles=quantiles,
        seed=seed,
        calibration=calibration,
    )


def four_week_means(panel: Panel, position: Ints, weekday: Ints, until: Ints) -> tuple[Floats, Ints, list[Ints]]:
    """Compute means over the last four same weekdays, for N days and I items.

    Args:
        panel: the history.
        position: N calendar days; only their number matters.
        weekday: Monday 0 .. Sunday 6 of each, shape (N,).
        until: the last calendar day that may be used for each, shape (N,).

    Returns:
        Means (N, I), 0 without any day; the number of days in each (N, I), without those before an item's first sale;
        and the rows of the panel that were used, one array per day.
    """
    means, counts = np.zeros((len(position), len(panel.items))), np.zeros((len(position), len(panel.items)), np.int64)
    used: list[Ints] = []
    of_history = panel.weekday[: len(panel.dates)]
    by_weekday = [np.flatnonzero(of_history == day) for day in range(7)]
    seen = panel.observed.astype(float)
    for at in range(len(position)):
        rows = by_weekday[weekday[at]]
        end = int(np.searchsorted(panel.position[rows], until[at], side="right"))
        rows = rows[max(0, end - WEEKS) : end]
        n = seen[rows].sum(axis=0)
        counts[at] = n
        means[at] = (panel.quantity[rows] * seen[rows]).sum(axis=0) / np.maximum(n, 1)
        used.append(rows)
    return means, counts, used


def _rule(panel: Panel, settings: DemandSettings) -> _Rule:
    h = len(panel.horizon)
    last = panel.position[-1] if len(panel.dates) else 0
    weekday = panel.weekday[len(panel.dates) :]
    mean, days, rows = four_week_means(panel, panel.horizon_position, weekday, np.full(h, last))
    recent = panel.position > last - 7 * WEEKS
    n = panel.observed[recent].sum(axis=0)
    lately = (panel.quantity * panel.observed)[recent].sum(axis=0) / np.maximum(n, 1)
    a, b = level_prior(panel, np.ones(panel.quantity.shape), settings)
    without_weekday = np.where(n > 0, lately, np.where(panel.history_days > 0, 0.0, a / b))
    return _Rule(np.where(days > 0, mean, without_weekday), days, rows)


def _errors(panel: Panel) -> list[Dispersion]:
    """Return the spread of the rule's errors in the past half year, for each number of weeks ahead in the horizon."""
    ahead = int(np.ceil(panel.days_ahead.max() / 7))
    # Long enough to hold 26 of each weekday, short enough to describe the present.
    first = max(0, len(panel.dates) - 182)
    position, weekday = panel.position[first:], panel.weekday[first : len(panel.dates)]
    spreads = []
    for weeks in range(1, ahead + 1):
        mean, days, _ = four_week_means(panel, position, weekday, position - 7 * weeks)
        seen: Bools = (days > 0) & panel.observed[first:]
        spreads.append(fit_rule_dispersion(panel.quantity[first:], mean, seen))
    return spreads


def _variance(panel: Panel, rule: _Rule, errors: list[Dispersion], mean: Floats) -> tuple[Floats, Floats]:
    """Return the variance of each day ahead, and the part of it that all items of a day share, both (H, I)."""
    week = np.ceil(panel.days_ahead / 7).astype(int) - 1
    phi = np.array([errors[w].phi for w in week])
    shared = np.array([errors[w].shock for w in week])[:, None] * mean**2
    spread = (1.0 + 1.0 / np.maximum(rule.days, 0.5)) / USUAL_SPREAD
    return (phi * mean + shared) * spread, shared


def _reasons(panel: Panel, rule: _Rule, because: str) -> Reasons:
    """Return the reasons for each published item on each day."""
    each = [
        _reason(panel, rule, at, i, because)
        for i in np.flatnonzero(panel.published).tolist()
        for at in range(len(rule.rows))
    ]
    return Reasons([line for line, _ in each], [factors for _, factors in each])


def _reason(panel: Panel, rule: _Rule, at: int, i: int, because: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the line that a manager reads for one item and day, and its only factor, the mean."""
    if not panel.is_open[at]:
        return closed_row(panel.closed_reason[at])
    day = WEEKDAYS[panel.weekday[len(panel.dates) + at]]
    rows = rule.rows[at][panel.observed[rule.rows[at], i]]
    value = float(rule.mean[at, i])
    if len(rows):
        sold = ", ".join(_number(q) for q in panel.quantity[rows, i])
        which = f"the last {day}" if len(rows) == 1 else f"average of the last {NUMBERS[len(rows)]} {day}s"
        line = f"{which} ({sold})"
    elif panel.history_days[i]:
        line = f"average of its last four weeks, no {day} yet"
    else:
        line = "never sold yet: what such items sell"
    text = f"{line[0].upper()}{line[1:]}: {_number(value)}."
    return ", ".join(part for part in (line, because) if part), [{"factor": "baseline", "value": value, "text": text}]


def _number(value: float) -> str:
    """Return a number in words: pieces without decimals, weights with them."""
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}".rstrip("0")
