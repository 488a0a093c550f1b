"""Settings of inventory: alerts, the service level of orders, what shortages and spoilage cost, and the use of par."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field


class ServiceMeasure(StrEnum):
    """What a service level counts: the demand that is served from stock, or the deliveries without any shortage."""

    FILL_RATE = "fill_rate"
    CYCLE = "cycle"


class SpoilingRule(StrEnum):
    """What decides on orders of what has a shelf life: what a unit too few or too many costs, or the service level."""

    CRITICAL_FRACTILE = "critical_fractile"
    SERVICE_LEVEL = "service_level"


class ParRule(StrEnum):
    """What an ingredient's par level is for its orders: the least, the most, or nothing."""

    FLOOR = "floor"
    CEILING = "ceiling"
    IGNORED = "ignored"


class StockAlertSettings(BaseModel, frozen=True, extra="forbid"):
    """When a restaurant gets an alert about stock, costs or forecasts, and whether it is sent."""

    alert_expiry_probability: float = Field(
        0.5, ge=0, le=1, description="How probable it must be that something of a lot is left after its last good day."
    )
    alert_count_days: int = Field(
        35, ge=1, le=1_000, description="Days after which an ingredient that is delivered and used is to be counted."
    )
    alert_cost_rise: Decimal = Field(
        Decimal("0.2"),
        gt=0,
        le=1_000,
        description="The rise of an ingredient's unit cost above which there is an alert.",
    )
    alert_cost_days: int = Field(
        14, ge=1, le=366, description="The days within which the cost must have risen so much."
    )
    alert_forecast_bias: float = Field(
        0.15,
        gt=0,
        le=10,
        description="By how much forecasts of whole days may be above or below what was sold, as a share of it.",
    )
    alert_forecast_days: int = Field(
        28, ge=14, le=366, description="The number of days whose forecasts are compared with what was sold."
    )
    alert_stock_sent: bool = Field(
        False,
        description="Whether new alerts about stock, which name ingredients, are sent by webhook and mail.",
    )


class InventorySettings(BaseModel, frozen=True, extra="forbid"):
    """When goods arrive, and how orders are sized."""

    inventory_delivery_time: dt.time = Field(
        dt.time(10),
        description="The local time at which a delivery counts as received; a count before it has none of it.",
    )

    order_service_level: float = Field(
        0.95,
        ge=0.5,
        le=0.999,
        description="The share of demand, or of deliveries, that orders serve without shortage on average.",
    )
    order_service_measure: ServiceMeasure = Field(
        ServiceMeasure.FILL_RATE,
        description="fill_rate: the share of demand served; cycle: the share of deliveries without any shortage.",
    )
    order_spoiling_rule: SpoilingRule = Field(
        SpoilingRule.CRITICAL_FRACTILE,
        description="critical_fractile: costs of shortage, spoilage and holding decide on what has a shelf life; or "
        "service_level.",
    )
    order_shortage_cost_factor: float = Field(
        3.0, gt=0, le=1_000, description="The cost of a unit short, as a multiple of its price, if none is known."
    )
    order_spoilage_cost_factor: float = Field(
        1.0, gt=0, le=100, description="The cost of a unit that spoils, as a multiple of its price, disposal included."
    )
    order_holding_rate: float = Field(
        0.25, ge=0, le=10, description="The cost of holding stock for a year, as a share of its price."
    )
    order_par_rule: ParRule = Field(
        ParRule.FLOOR, description="Whether the par level is the least or the most to have: floor, ceiling or ignored."
    )
    lead_time_prior_deliveries: float = Field(
        3.0, ge=0, le=100, description="How many deliveries the lead time that a vendor promises weighs as much as."
    )
    prep_quantile: float = Field(
        0.8, ge=0.5, le=0.99, description="How probable it should be that what is prepared for a day is enough."
    )
    order_overdue_days: int = Field(
        7,
        ge=0,
        le=365,
        description="How many days after its expected delivery an order counts as coming; then it is closed.",
    )
