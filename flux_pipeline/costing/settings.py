"""Settings of costing: the rule of loss, the method of unit costs, taxes, menu engineering, limits of suspicion."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field


class WasteRule(StrEnum):
    """How an ingredient's loss raises its cost: of what is used, or of what is bought."""

    MARKUP = "markup"
    YIELD = "yield"


class CostingMethod(StrEnum):
    """Which unit cost of an ingredient counts."""

    LAST_PAID = "last_paid"
    MOVING_AVERAGE = "moving_average"
    CHEAPEST_VENDOR = "cheapest_vendor"


class MarginMean(StrEnum):
    """The mean with which an item's contribution margin is compared: of what was sold, or of the items."""

    WEIGHTED = "weighted"
    SIMPLE = "simple"


TaxRate = Annotated[Decimal, Field(ge=0, le=1)]


class CostingSettings(BaseModel, frozen=True, extra="forbid"):
    """How dishes are costed and judged."""

    waste_factor_enabled: bool = Field(
        True, description="Whether the loss of ingredients counts in the cost of a dish."
    )
    costing_waste_rule: WasteRule = Field(
        WasteRule.MARKUP,
        description="markup: quantity x (1 + waste_factor); yield: quantity / (1 - waste_factor).",
    )
    costing_method: CostingMethod = Field(
        CostingMethod.LAST_PAID,
        description="last_paid, moving_average of what was paid, or cheapest_vendor: the lowest valid vendor price.",
    )
    costing_average_days: int = Field(
        90, ge=1, le=1_000, description="Days back from a day whose deliveries make its moving average."
    )
    prices_include_tax: bool = Field(True, description="Whether the prices of the menu and of sales include tax.")
    tax_rate: TaxRate = Field(Decimal(0), description="The tax on sales, as a share of the net price: 0.19.")
    tax_rates_by_category: dict[str, TaxRate] = Field(
        default_factory=dict, description="Taxes of categories that differ from tax_rate, by the category's name."
    )
    menu_popularity_share: Decimal = Field(
        Decimal("0.7"),
        gt=0,
        le=2,
        description="An item is popular if it sells at least this share of an equal share of its category.",
    )
    menu_margin_mean: MarginMean = Field(
        MarginMean.WEIGHTED,
        description="The mean contribution margin of a category: weighted by what was sold, or simple.",
    )
    suspicious_cost_jump: Decimal = Field(
        Decimal(3), gt=1, le=1_000, description="Factor between two costs in a row above which the change is looked at."
    )
    suspicious_cost_share: Decimal = Field(
        Decimal(3),
        gt=1,
        le=1_000,
        description="Factor between a dish's cost per price and its category's usual one above which it is looked at.",
    )
    suspicious_line_share: Decimal = Field(
        Decimal("0.9"), gt=0, le=1, description="Share of a dish's cost above which one line is looked at."
    )
