"""Settings of inventory: the service level of orders, what shortages, spoilage and holding cost, and the use of par."""

from enum import StrEnum

from pydantic import BaseModel, Field


class ServiceMeasure(StrEnum):
    """What a service level counts: the demand that is served from stock, or the deliveries without any shortage."""

    FILL_RATE = "fill_rate"
    CYCLE = "cycle"


class SpoilingRule(StrEnum):
    """What decides on orders of what spoils: the costs of shortage and spoilage, or the service level alone."""

    CRITICAL_FRACTILE = "critical_fractile"
    SERVICE_LEVEL = "service_level"


class ParRule(StrEnum):
    """What an ingredient's par level is for its orders: the least, the most, or nothing."""

    FLOOR = "floor"
    CEILING = "ceiling"
    IGNORED = "ignored"


class InventorySettings(BaseModel, frozen=True, extra="forbid"):
    """How orders are sized."""

    order_service_level: float = Field(
        0.95, ge=0.5, le=0.999, description="The share of demand, or of deliveries, that orders serve without shortage."
    )
    order_service_measure: ServiceMeasure = Field(
        ServiceMeasure.FILL_RATE,
        description="fill_rate: the share of demand served; cycle: the share of deliveries without any shortage.",
    )
    order_spoiling_rule: SpoilingRule = Field(
        SpoilingRule.CRITICAL_FRACTILE,
        description="critical_fractile: costs of shortage and spoilage decide on what spoils; or service_level.",
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
