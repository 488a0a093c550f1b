"""Costs of dishes: exploded quantities times unit costs, with or without loss, rounded once; margins of net prices.

A dish with a part that has no cost has no cost either, and names the parts without one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from flux_pipeline.costing.settings import CostingSettings, WasteRule
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.explosion import Explosion, Part
from flux_pipeline.kitchen.units import plain

# A pinch of salt in a dish costs fractions of a cent: the decimals of all unit costs.
COST = Decimal("0.000001")
CENT = Decimal("0.01")
SHARE = Decimal("0.0001")
# An ingredient of which more than this is lost is bought by mistake, or its loss is written in per cent.
MOST_LOSS = Decimal("0.60")


@dataclass(frozen=True)
class IngredientCost:
    """What one unit of an ingredient costs, in the unit that recipes explode to, and which part of it is lost."""

    unit_cost: Decimal
    waste_factor: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.unit_cost < 0:
            raise PermanentError(f"The unit cost is {plain(self.unit_cost)}; enter 0 or more.")
        if not 0 <= self.waste_factor <= MOST_LOSS:
            raise PermanentError(
                f"The waste_factor is {plain(self.waste_factor)}; "
                f"enter a share from 0 to {MOST_LOSS}, such as 0.15 or 15 %."
            )


@dataclass(frozen=True)
class PartCost:
    """The cost of one part of a dish, not rounded, and its share of the dish's cost with loss."""

    part: Part
    with_waste: Decimal
    without_waste: Decimal
    share: Decimal


@dataclass(frozen=True)
class Missing:
    """A part of a dish that has no cost: the ingredient or component, in which recipe, and what to do."""

    name: str
    recipe: str
    line: int
    reason: str


@dataclass(frozen=True)
class DishCost:
    """The cost of one piece of a dish; both costs are None and `missing` says why if a part has none."""

    item: str
    cost_with_waste: Decimal | None
    cost_without_waste: Decimal | None
    parts: tuple[PartCost, ...] = ()
    missing: tuple[Missing, ...] = ()
    shares: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Margin:
    """What a net price leaves after a cost, to the cent, and as per cent of the price (None for a price of 0)."""

    amount: Decimal
    percent: Decimal | None


def loss_factor(waste_factor: Decimal, settings: CostingSettings) -> tuple[Decimal, Decimal]:
    """Return by what the loss multiplies and divides a cost; one of them is 1, so that a division happens last."""
    if not settings.waste_factor_enabled:
        return Decimal(1), Decimal(1)
    if settings.costing_waste_rule is WasteRule.MARKUP:
        return 1 + waste_factor, Decimal(1)
    return Decimal(1), 1 - waste_factor


def cost_dish(exploded: Explosion, costs: Mapping[str, IngredientCost], settings: CostingSettings) -> DishCost:
    """Return what one of a dish costs with these unit costs.

    Args:
        exploded: what the dish takes of each ingredient.
        costs: by ingredient, as valid on the day and known at the moment in question.
        settings: the rule of loss, and whether it counts.
    """
    missing = [
        Missing(refusal.component or refusal.item, refusal.item, refusal.line, refusal.reason)
        for refusal in exploded.refusals
    ]
    missing += [
        Missing(
            part.ingredient, part.through[-1], part.line, f"'{part.ingredient}' has no cost on this day. Enter one."
        )
        for part in exploded.parts
        if part.ingredient not in costs
    ]
    if missing:
        return DishCost(exploded.item, None, None, missing=tuple(missing))
    priced = []
    for part in exploded.parts:
        priced.append((part, *cost_of(part.quantity, costs[part.ingredient], settings)))
    total = sum((each[1] for each in priced), Decimal(0))
    parts = tuple(PartCost(*each, share=each[1] / total if total else Decimal(0)) for each in priced)
    by_ingredient: dict[str, tuple[Decimal, Decimal]] = {}
    for part, with_waste, without in priced:
        before = by_ingredient.get(part.ingredient, (Decimal(0), Decimal(0)))
        by_ingredient[part.ingredient] = (before[0] + with_waste, before[1] + without)
    return replace(sum_up(exploded.item, by_ingredient), parts=parts)


def cost_of(quantity: Decimal, cost: IngredientCost, settings: CostingSettings) -> tuple[Decimal, Decimal]:
    """Return what a quantity of an ingredient costs with and without its loss, not rounded."""
    without = quantity * cost.unit_cost
    if not cost.waste_factor:
        return without, without
    times, over = loss_factor(cost.waste_factor, settings)
    return without * times / over, without


def sum_up(item: str, costs: Mapping[str, tuple[Decimal, Decimal]]) -> DishCost:
    """Return the cost of a dish from those of its ingredients, with and without loss, rounded once."""
    with_waste = sum((each[0] for each in costs.values()), Decimal(0))
    without = sum((each[1] for each in costs.values()), Decimal(0))
    return DishCost(item, rounded(with_waste, COST), rounded(without, COST), shares=_shares(costs, with_waste))


def margin_of(net_price: Decimal, cost: Decimal) -> Margin:
    """Return what a net price leaves after a cost."""
    amount = net_price - cost
    return Margin(rounded(amount, CENT), rounded(amount / net_price * 100, CENT) if net_price else None)


def net_price_of(price: Decimal, category: str | None, settings: CostingSettings) -> Decimal:
    """Return a price without tax, not rounded."""
    if not settings.prices_include_tax:
        return price
    rate = settings.tax_rates_by_category.get(category or "", settings.tax_rate)
    return price / (1 + rate)


def rounded(amount: Decimal, to: Decimal) -> Decimal:
    """Return an amount rounded as money is: halves away from zero."""
    return amount.quantize(to, rounding=ROUND_HALF_UP)


def _shares(costs: Mapping[str, tuple[Decimal, Decimal]], total: Decimal) -> dict[str, Decimal]:
    """Return each ingredient's share of the cost, the largest first."""
    if not total:
        return dict.fromkeys(sorted(costs), SHARE * 0)
    # Half of the time of a large kitchen's costs is spent here, so that `rounded` is not called.
    shares = {name: (each[0] / total).quantize(SHARE, ROUND_HALF_UP) for name, each in costs.items()}
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))
