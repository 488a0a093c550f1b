"""Preparations of a kitchen: what dishes and batches take of them, and the prep sheet of a day for all of them.

A preparation is needed by dishes, directly or through others, and by the batches of others that the sheet asks for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.demand import RecipeMatrix, explode_demand
from flux_pipeline.inventory.distributions import Floats
from flux_pipeline.inventory.planning.prep import Preparation, PrepLine, plan_preparation
from flux_pipeline.kitchen.conversions import ConversionError
from flux_pipeline.kitchen.explosion import Kitchen, Recipe
from flux_pipeline.kitchen.units import multiplied, units

_PORTION = units()["portion"]


@dataclass(frozen=True)
class PrepRecipes:
    """The preparations of a kitchen: what dishes and batches take of them, in the units of their yields.

    Attributes:
        names: the preparations, each before those that it takes.
        in_all: by dish, what one of it takes of each preparation, through others too.
        direct: by dish, what one of it takes directly, not through other preparations.
        per_batch: by preparation, what its batch takes of others directly.
        refused: lines that can't be counted, as sentences that say what to do.
    """

    names: tuple[str, ...]
    in_all: Mapping[str, Mapping[str, Decimal]]
    direct: Mapping[str, Mapping[str, Decimal]]
    per_batch: Mapping[str, Mapping[str, Decimal]]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class SheetLine:
    """A line of the prep sheet, and how much of its projected use the batches of other preparations take."""

    line: PrepLine
    for_others: Decimal


@dataclass(frozen=True, eq=False)
class DaySold:
    """Joint samples (samples, dishes) of what is sold on a day, with the names of the dishes."""

    dishes: tuple[str, ...]
    quantity: Floats

    def takes(self, taken: Mapping[str, Mapping[str, Decimal]], preparation: str) -> Floats:
        """Return samples (samples,) of what the dishes take of a preparation."""
        demand = explode_demand(self.quantity[:, None, :], RecipeMatrix.of(self.dishes, taken))
        if preparation not in demand.ingredients:
            return np.zeros(len(self.quantity))
        return demand.of(preparation)[:, 0]


def plan_sheet(
    recipes: PrepRecipes, sold: DaySold, stock: Mapping[str, Preparation], quantile: float
) -> list[SheetLine]:
    """Return a line for each preparation.

    What is used of one is what the dishes take of it, through others too. It is more where what dishes take directly
    and the whole batches of others on the sheet take is more: a tenth of a batch of a sauce becomes a whole one, which
    takes the stock of a whole one.

    Args:
        recipes: the preparations, and what takes them.
        sold: of the day.
        stock: by name, each preparation with its batch, its minimum and what is available.
        quantile: how probable it should be that what is made is enough.
    """
    found: list[SheetLine] = []
    for name in recipes.names:
        takers = ((each.line, recipes.per_batch[each.line.preparation.name].get(name)) for each in found)
        for_others = sum((line.batches * taken for line, taken in takers if taken is not None), Decimal(0))
        used = np.maximum(sold.takes(recipes.in_all, name), sold.takes(recipes.direct, name) + float(for_others))
        found.append(SheetLine(plan_preparation(used, stock[name], quantile), for_others))
    return found


def find_preparations(dishes: Iterable[str], recipes: Mapping[str, Recipe], kitchen: Kitchen) -> PrepRecipes:
    """Find the items that other recipes take and that have a yield, and what takes how much of them.

    Args:
        dishes: what is sold, by name.
        recipes: of a day, by item.
        kitchen: the same recipes with their conversions.

    Raises:
        PermanentError: recipes contain each other.
    """
    walk = _Walk(recipes, kitchen)
    sold = [dish for dish in dict.fromkeys(dishes) if dish in recipes]
    return PrepRecipes(
        walk.preparations,
        {dish: walk.of_dish(dish, through=True) for dish in sold},
        {dish: walk.of_dish(dish, through=False) for dish in sold},
        {each: walk.of_batch(each) for each in walk.preparations},
        tuple(walk.refused),
    )


class _Walk:
    """Ways from dishes down to preparations, with how many batches each takes."""

    def __init__(self, recipes: Mapping[str, Recipe], kitchen: Kitchen) -> None:
        self._recipes, self._kitchen = recipes, kitchen
        below = {
            name: [line.component for line in each.lines if line.component in recipes] for name, each in recipes.items()
        }
        try:
            order = tuple(TopologicalSorter(below).static_order())
        except CycleError as exc:
            path = " -> ".join(f"'{each}'" for each in reversed(exc.args[1]))
            raise PermanentError(f"The recipes contain each other: {path}. Remove one of these lines.") from None
        self._order = order[::-1]
        taken = {component for components in below.values() for component in components}
        self.preparations = tuple(each for each in self._order if each in taken and recipes[each].yield_quantity)
        # Sentences, each once.
        self.refused: dict[str, None] = {}

    def of_dish(self, dish: str, *, through: bool) -> dict[str, Decimal]:
        """Return what one of a dish takes of each preparation, also through others or not; a dish may be one itself."""
        try:
            share = self._kitchen.share_of_batch(dish, Decimal(1), _PORTION)
        except ConversionError as exc:
            self._refuse(dish, exc)
            return {}
        ends = frozenset[str]() if through else frozenset(self.preparations)
        return self._quantities(self._batches(dish, share, ends))

    def of_batch(self, preparation: str) -> dict[str, Decimal]:
        """Return what a batch takes directly of each other preparation."""
        ends = frozenset(self.preparations) - {preparation}
        found = self._batches(preparation, Fraction(1), ends)
        return self._quantities({name: batches for name, batches in found.items() if name != preparation})

    def _batches(self, root: str, share: Fraction, ends: frozenset[str]) -> dict[str, Fraction]:
        """Return the batches of each item below one and of itself, not going on below `ends`."""
        found = {root: share}
        for item in self._order:
            if item not in found or item in ends:
                continue
            for line in self._recipes[item].lines:
                if line.component in self._recipes:
                    try:
                        taken = self._kitchen.share_of_batch(line.component, line.quantity, line.unit)
                    except ConversionError as exc:
                        self._refuse(item, exc)
                    else:
                        found[line.component] = found.get(line.component, Fraction(0)) + found[item] * taken
        return found

    def _quantities(self, batches: Mapping[str, Fraction]) -> dict[str, Decimal]:
        found = {}
        for name in self.preparations:
            if name in batches:
                quantity = self._recipes[name].yield_quantity
                assert quantity is not None, "preparations have a yield"
                found[name] = multiplied(quantity, batches[name])
        return found

    def _refuse(self, item: str, exc: ConversionError) -> None:
        self.refused[f"In the recipe of '{item}': {exc}"] = None
