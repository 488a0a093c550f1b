"""Facts that alerts about stock follow from, and the alerts: what is wrong, how much, and what to do by when."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)
# The severities of all alerts, by their names in `records.alerts`; this room is beside that one.
INFO, WARNING, CRITICAL = "info", "warning", "critical"


class AlertKind(StrEnum):
    """What is wrong with stock, its costs, or the forecasts that orders follow from."""

    LOW_STOCK = "low_stock"
    DEPLETION = "depletion_before_delivery"
    EXPIRY = "expiry"
    SHORTFALL = "shortfall"
    COST_JUMP = "cost_jump"
    MISSING_COUNT = "missing_count"
    FORECAST_DRIFT = "forecast_drift"


@dataclass(frozen=True)
class StockAlert:
    """An alert: one for each kind and `about`, as long as its cause lasts."""

    kind: AlertKind
    about: str
    severity: str
    message: str


@dataclass(frozen=True)
class PossibleDelivery:
    """The earliest delivery of what is not ordered yet: whose, and when to order it at the latest."""

    vendor: str
    day: dt.date
    order_day: dt.date
    order_by: dt.time | None = None


@dataclass(frozen=True)
class Ordered:
    """What is on order: how much is still to come, and the day on which the first of it arrives."""

    quantity: Decimal
    day: dt.date


@dataclass(frozen=True)
class ExpectedLeft:
    """What is expected to be left of a lot after its last good day, and how probable it is that any is."""

    expires_on: dt.date
    quantity: Decimal
    probability: float


@dataclass(frozen=True)
class StockedIngredient:
    """An ingredient as it is now.

    Attributes:
        name: its name.
        unit: the unit of all quantities.
        on_hand: what is in stock, None if it was never counted or delivered.
        expired: the part of `on_hand` whose last good day is over; the last of these days is `expired_on`.
        threshold: at which to order again.
        short: what was used beyond what was in stock.
        runs_out_p10: the day on which one in ten forecasts has run out, without what is on order; None: none has.
        runs_out_p50: the same of half of the forecasts.
        left: what is expected to be left of lots, those that expire first at the beginning.
        possible: the earliest delivery of what is not ordered yet; None: no vendor of it is known.
        unit_cost: today.
        earlier_unit_cost: some days ago.
        needs_counts: whether it is delivered and used, so that only a count shows what is there.
    """

    name: str
    unit: str
    on_hand: Decimal | None = None
    expired: Decimal = ZERO
    expired_on: dt.date | None = None
    threshold: Decimal | None = None
    short: Decimal = ZERO
    short_since: dt.date | None = None
    runs_out_p10: dt.date | None = None
    runs_out_p50: dt.date | None = None
    left: tuple[ExpectedLeft, ...] = ()
    ordered: Ordered | None = None
    possible: PossibleDelivery | None = None
    unit_cost: Decimal | None = None
    earlier_unit_cost: Decimal | None = None
    needs_counts: bool = False
    last_counted_on: dt.date | None = None

    @property
    def good(self) -> Decimal:
        """What is in stock and not expired."""
        return (self.on_hand or ZERO) - self.expired


@dataclass(frozen=True)
class ForecastErrors:
    """Forecasts of whole days beside what was sold: the number of days, the sums, and the spread of a day's error.

    An error is what was forecast, less what was sold.
    """

    days: int = 0
    sold: float = 0.0
    error: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True)
class StockFacts:
    """All that alerts about a restaurant's stock follow from.

    `is_foreseen` is false if the forecasts of depletion are older than yesterday: what runs out or spoils is then
    not known, and alerts about it stay as they are.
    """

    slug: str
    currency: str
    today: dt.date
    ingredients: Sequence[StockedIngredient]
    errors: ForecastErrors = ForecastErrors()
    is_foreseen: bool = True

    @property
    def judged(self) -> frozenset[AlertKind]:
        """The kinds of which it is known whether their causes last."""
        unknown = set() if self.is_foreseen else {AlertKind.DEPLETION, AlertKind.EXPIRY}
        return frozenset(set(AlertKind) - unknown)
