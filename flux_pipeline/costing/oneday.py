"""A kitchen on one day: what each dish costs with its parts, and a recipe as a tree of what it is made of."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from flux_pipeline.costing.dishes import (
    COST,
    SHARE,
    DishCost,
    IngredientCost,
    cost_dish,
    cost_of,
    net_price_of,
    rounded,
)
from flux_pipeline.costing.history import ChosenCost, cost_on
from flux_pipeline.costing.suspicions import PricedDish
from flux_pipeline.costing.timeline import ALL_KNOWN, CostFacts, value_on, with_reasons
from flux_pipeline.kitchen.explosion import Kitchen, Line, Part, Recipe
from flux_pipeline.kitchen.units import Unit, multiplied


@dataclass(frozen=True)
class CostNode:
    """A line of a recipe in a batch: an ingredient, or a preparation with its own parts below it.

    Attributes:
        name: of the ingredient or preparation.
        quantity: what the batch takes of it, in the unit of the line.
        unit: the unit of the line.
        ingredient: what a unit of the ingredient costs, and its unit; None for a preparation, or without a cost.
        cost: of this quantity, with loss, not rounded; None if a part of it has no cost.
        share: of the cost of the batch.
        parts: of a preparation.
    """

    name: str
    quantity: Decimal
    unit: Unit
    ingredient: tuple[IngredientCost, Unit] | None
    cost: Decimal | None
    share: Decimal | None
    parts: tuple["CostNode", ...] = ()


@dataclass(frozen=True)
class CostedBatch:
    """What a recipe costs as a whole, what it yields, and what it is made of."""

    cost: DishCost
    yield_quantity: Decimal | None
    yield_unit: Unit | None
    parts: tuple[CostNode, ...]

    @property
    def cost_of_one(self) -> Decimal | None:
        """What one unit of the yield costs; None without a cost, or if the recipe makes one portion."""
        if self.cost.cost_with_waste is None or self.yield_quantity is None:
            return None
        return rounded(self.cost.cost_with_waste / self.yield_quantity, COST)


class KitchenDay:
    """The recipes and costs that are in force on a day, by the rules of that day.

    Args:
        facts: what is known.
        day: the day.
    """

    def __init__(self, facts: CostFacts, day: dt.date) -> None:
        settings = value_on(facts.rules, day)
        assert settings is not None, "the first rules hold from the start"
        self.settings = settings
        in_force = ((item, value_on(dated, day)) for item, dated in facts.recipes.items())
        self.recipes = {item: recipe for item, recipe in in_force if recipe is not None}
        self._facts, self._day = facts, day
        self._chosen: dict[str, ChosenCost | None] = {}
        self._kitchen = Kitchen(self.recipes.values(), facts.units, facts.conversions)

    def chosen_cost(self, ingredient: str) -> ChosenCost | None:
        """Return the unit cost of an ingredient by the method of the rules, without loss."""
        if ingredient not in self._chosen:
            entries = self._facts.entries.get(ingredient, ())
            self._chosen[ingredient] = cost_on(entries, self._day, ALL_KNOWN, self.settings)
        return self._chosen[ingredient]

    def loss(self, ingredient: str) -> Decimal:
        """Return the share of an ingredient that is lost."""
        return value_on(self._facts.losses.get(ingredient, ()), self._day) or Decimal(0)

    def cost(self, item: str, *, whole_batch: bool = False) -> DishCost:
        """Return what one of an item costs, or the whole batch of its recipe, with the parts."""
        exploded = self._kitchen.explode(item, whole_batch=whole_batch)
        costs = self._unit_costs(exploded.parts)
        return with_reasons(cost_dish(exploded, costs, self.settings), self._facts.unpriced)

    def net_price(self, item: str) -> Decimal | None:
        """Return the price of an item without tax, None if it has none."""
        price = value_on(self._facts.prices.get(item, ()), self._day)
        if price is None:
            return None
        return rounded(net_price_of(price, self._facts.categories.get(item), self.settings), COST)

    def priced(self, item: str) -> PricedDish:
        """Return an item with its cost, price and category."""
        return PricedDish(self.cost(item), self.net_price(item), self._facts.categories.get(item))

    def batch(self, item: str) -> CostedBatch:
        """Return what the recipe of an item costs as a whole, as a tree."""
        recipe, cost = self.recipes[item], self.cost(item, whole_batch=True)
        nodes = tuple(self._node(recipe, line, cost.cost_with_waste) for line in recipe.lines)
        return CostedBatch(cost, recipe.yield_quantity, recipe.yield_unit, nodes)

    def _node(self, recipe: Recipe, line: Line, total: Decimal | None) -> CostNode:
        """Return a line of a recipe with what is below it; one that is refused takes no other with it."""
        alone = {**self.recipes, recipe.item: replace(recipe, lines=(line,))}
        kitchen = Kitchen(alone.values(), self._facts.units, self._facts.conversions)
        exploded = kitchen.explode(recipe.item, whole_batch=True)
        if exploded.refusals:
            return CostNode(line.component, line.quantity, line.unit, None, None, None)
        branch = _Branch(self, kitchen, iter(exploded.parts), self._unit_costs(exploded.parts), total)
        return branch.of(line, Fraction(1))

    def _unit_costs(self, parts: Sequence[Part]) -> dict[str, IngredientCost]:
        found = {}
        for name in {part.ingredient for part in parts}:
            if (chosen := self.chosen_cost(name)) is not None:
                found[name] = IngredientCost(chosen.unit_cost, self.loss(name))
        return found


@dataclass(frozen=True)
class _Branch:
    """Builder of a tree from the parts of an explosion, which are in the order of the lines of all its recipes."""

    day: KitchenDay
    kitchen: Kitchen
    parts: Iterator[Part]
    costs: Mapping[str, IngredientCost]
    total: Decimal | None

    def of(self, line: Line, scale: Fraction) -> CostNode:
        """Return the node of a line of a recipe, of whose batch `scale` is taken."""
        below: tuple[CostNode, ...] = ()
        ingredient: tuple[IngredientCost, Unit] | None = None
        cost: Decimal | None = None
        if (recipe := self.day.recipes.get(line.component)) is not None:
            taken = scale * self.kitchen.share_of_batch(line.component, line.quantity, line.unit)
            below = tuple(self.of(each, taken) for each in recipe.lines)
            known = [node.cost for node in below if node.cost is not None]
            cost = sum(known, Decimal(0)) if len(known) == len(below) else None
        else:
            part = next(self.parts)
            if part.ingredient in self.costs:
                ingredient = self.costs[part.ingredient], part.unit
                cost = cost_of(part.quantity, self.costs[part.ingredient], self.day.settings)[0]
        share = rounded(cost / self.total, SHARE) if cost is not None and self.total else None
        return CostNode(line.component, multiplied(line.quantity, scale), line.unit, ingredient, cost, share, below)
