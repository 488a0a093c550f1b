"""Depletion: when stock runs out, with and without what is on order, and what of each lot is expected to spoil."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.inventory.distributions import Floats, rank_of
from flux_pipeline.inventory.lots import Lot, Stock, Usage, use_stock

P10, P50, P90 = 0.1, 0.5, 0.9


@dataclass(frozen=True)
class RunOut:
    """When stock runs out, as dates and as `days` from the beginning of the first day; None: beyond the days of demand.

    `share` is the probability that it does within these days, and `confidence` the one that it does within a day of p50
    (or, if p50 is beyond them, that it doesn't).
    """

    days: tuple[float | None, float | None, float | None]
    p10: dt.date | None
    p50: dt.date | None
    p90: dt.date | None
    share: float
    confidence: float


@dataclass(frozen=True)
class ExpiringLot:
    """A lot that expires within the days of demand: what is expected to be left of it, and how probable any is."""

    lot: Lot
    expected_quantity: float
    probability: float


@dataclass(frozen=True)
class Depletion:
    """When an ingredient runs out, what it is used for a day (p10, p50, p90 of each), and what of it spoils."""

    without_orders: RunOut
    with_orders: RunOut
    daily_use: Floats
    expiring: tuple[ExpiringLot, ...]


def predict_depletion(stock: Stock, daily: Floats, first_day: dt.date) -> Depletion:
    """Predict when stock runs out and what spoils.

    Args:
        stock: at the beginning of the first day.
        daily: joint samples of the ingredient's use (samples, days).
        first_day: the day of the first column.
    """
    alone = use_stock(replace(stock, on_order=()), daily, first_day)
    with_orders = use_stock(stock, daily, first_day) if stock.on_order else alone
    ordered = np.sort(daily, axis=0)[[rank_of(share, len(daily)) for share in (P10, P50, P90)]]
    return Depletion(
        _run_out(alone, first_day),
        _run_out(with_orders, first_day),
        ordered.T,
        _expiring(stock.lots, with_orders, first_day + dt.timedelta(days=daily.shape[1])),
    )


def _run_out(usage: Usage, first_day: dt.date) -> RunOut:
    days = np.sort(usage.depleted_at)
    p10, p50, p90 = (float(days[rank_of(share, len(days))]) for share in (P10, P50, P90))
    share = float(np.isfinite(days).mean())
    return RunOut(
        days=(_finite(p10), _finite(p50), _finite(p90)),
        p10=_date(p10, first_day),
        p50=_date(p50, first_day),
        p90=_date(p90, first_day),
        share=share,
        confidence=1 - share if math.isinf(p50) else float((np.abs(days - p50) <= 1).mean()),
    )


def _finite(days: float) -> float | None:
    return None if math.isinf(days) else days


def _date(days: float, first_day: dt.date) -> dt.date | None:
    """Return the day in whose course, or at whose end, so many days are over."""
    return None if math.isinf(days) else first_day + dt.timedelta(days=max(math.ceil(days) - 1, 0))


def _expiring(lots: Sequence[Lot], usage: Usage, end: dt.date) -> tuple[ExpiringLot, ...]:
    return tuple(
        ExpiringLot(lot, float(spoiled.mean()), float((spoiled > 0).mean()))
        for lot, spoiled in zip(lots, usage.spoiled.T, strict=False)
        if lot.expires_on is not None and lot.expires_on < end
    )
