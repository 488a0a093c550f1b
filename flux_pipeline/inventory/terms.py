"""Terms of an order: an ingredient's shelf life, par and costs, and how a vendor sells it."""

import math
from dataclasses import dataclass, field
from decimal import Decimal

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar
from flux_pipeline.kitchen.units import plain

_DAYS_OF_A_YEAR = 365


@dataclass(frozen=True)
class IngredientRules:
    """What orders of an ingredient must know; quantities and costs are of `unit`.

    It is good for `shelf_life_days` after the day of delivery; 0: on that day only; None: it keeps. What lacks costs
    `shortage_cost` and what spoils `spoilage_cost` a unit; None: the settings' multiple of the price.
    """

    unit: str
    shelf_life_days: int | None = None
    par_level: Decimal | None = None
    shortage_cost: Decimal | None = None
    spoilage_cost: Decimal | None = None


@dataclass(frozen=True)
class VendorTerms:
    """How a vendor sells an ingredient; quantities and the price are of the ingredient's unit.

    `yield_factor`: the share of what is bought that is left to use.
    """

    pack_quantity: Decimal
    unit_price: Decimal
    lead_time: LeadTime
    calendar: VendorCalendar = field(default_factory=VendorCalendar)
    minimum_quantity: Decimal = Decimal(0)
    yield_factor: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.pack_quantity <= 0:
            raise PermanentError(f"A pack holds {plain(self.pack_quantity)}; enter a quantity above 0.")
        if self.unit_price <= 0:
            raise PermanentError(f"A unit costs {plain(self.unit_price)}; enter a price above 0.")
        if self.minimum_quantity < 0:
            raise PermanentError(f"The minimum order is {plain(self.minimum_quantity)}; enter 0 or more.")
        if self.yield_factor <= 0:
            raise PermanentError(f"The yield is {plain(self.yield_factor)}; enter one above 0.")

    @property
    def usable_price(self) -> Decimal:
        """What a unit costs that can be used."""
        return self.unit_price / self.yield_factor

    @property
    def minimum_packs(self) -> int:
        """The fewest packs of an order."""
        return math.ceil(self.minimum_quantity / self.pack_quantity)


@dataclass(frozen=True)
class UnitCosts:
    """What a unit costs that lacks, that spoils, and that is left at the next delivery."""

    shortage: float
    spoilage: float
    holding: float

    @classmethod
    def of(cls, rules: IngredientRules, terms: VendorTerms, settings: InventorySettings, days: int) -> "UnitCosts":
        """Return the costs of a unit, held for so many days."""
        price = float(terms.unit_price)
        shortage, spoilage = rules.shortage_cost, rules.spoilage_cost
        return cls(
            settings.order_shortage_cost_factor * price if shortage is None else float(shortage),
            settings.order_spoilage_cost_factor * price if spoilage is None else float(spoilage),
            settings.order_holding_rate * price * days / _DAYS_OF_A_YEAR,
        )
