"""Explosion of recipes: what a dish takes of each ingredient, through preparations of any depth and their batches.

A recipe that says what it yields (7.5 l, 40 portions) is a batch, of which a line takes a part; one that doesn't makes
one portion. Every quantity ends in the unit in which its ingredient is bought and counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from flux_pipeline.kitchen.conversions import ConversionError, Conversions
from flux_pipeline.kitchen.units import Unit, multiplied, plain, units

# Recipes that use each other twice at every level double with each; no kitchen cooks like that.
MOST_PARTS = 10_000

KeyT = TypeVar("KeyT")


@dataclass(frozen=True)
class Line:
    """A line of a recipe: a quantity of an ingredient or of another item, by its name or id."""

    component: str
    quantity: Decimal
    unit: Unit
    number: int = 0


@dataclass(frozen=True)
class Recipe:
    """What an item is made of, and what the whole recipe yields, if it says so."""

    item: str
    lines: tuple[Line, ...]
    yield_quantity: Decimal | None = None
    yield_unit: Unit | None = None


@dataclass(frozen=True)
class Part:
    """An ingredient in a dish: its quantity in the ingredient's unit, by way of `through`, the dish first."""

    ingredient: str
    quantity: Decimal
    unit: Unit
    through: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Refusal:
    """A line that can't be exploded, in the recipe of `item` (None: the recipe itself), and what to do about it."""

    item: str
    component: str | None
    line: int
    reason: str


@dataclass(frozen=True)
class Explosion:
    """What one piece of a dish takes, or why that can't be known."""

    item: str
    parts: tuple[Part, ...]
    refusals: tuple[Refusal, ...]

    def totals(self) -> dict[str, Decimal]:
        """Return the quantity of each ingredient, whatever it came through."""
        found: dict[str, Decimal] = {}
        for part in self.parts:
            found[part.ingredient] = found.get(part.ingredient, Decimal(0)) + part.quantity
        return found


@dataclass(frozen=True)
class _Share:
    """A part of a whole batch, with its exact share of the line's quantity; `below` is the same in the item below."""

    line: Line
    ratio: Fraction
    unit: Unit
    item: str
    below: "_Share | None" = None

    def through(self) -> tuple[str, ...]:
        share, path = self.below, [self.item]
        while share is not None:
            path.append(share.item)
            share = share.below
        return tuple(path)


@dataclass(frozen=True)
class _Batch:
    shares: tuple[_Share, ...]
    refusals: tuple[Refusal, ...]


class Kitchen:
    """The recipes, ingredients and conversions of a house at one moment; it computes each preparation once.

    Args:
        recipes: by item.
        ingredients: the unit of each ingredient, in which its cost and its stock are.
        conversions: of ingredients, and of preparations by their items.
    """

    def __init__(
        self, recipes: Iterable[Recipe], ingredients: Mapping[str, Unit], conversions: Conversions | None = None
    ) -> None:
        self._recipes = {recipe.item: recipe for recipe in recipes}
        self._ingredients = ingredients
        self._conversions = conversions or Conversions()
        self._batches: dict[str, _Batch] = {}

    def explode(self, item: str, *, whole_batch: bool = False) -> Explosion:
        """Return what one of an item, as it is sold, takes of each ingredient, or the whole batch of its recipe."""
        recipe = self._recipes.get(item)
        if recipe is None:
            return Explosion(item, (), (Refusal(item, None, 0, f"'{item}' has no recipe. Enter one."),))
        try:
            order = self._order(item)
        except CycleError as exc:
            path = " -> ".join(f"'{each}'" for each in reversed(exc.args[1]))
            reason = f"The recipes contain each other: {path}. Remove one of these lines."
            return Explosion(item, (), (Refusal(item, None, 0, reason),))
        for each in order:
            if each not in self._batches:
                self._batches[each] = self._batch(self._recipes[each])
        batch = self._batches[item]
        refusals = batch.refusals
        try:
            sold = Fraction(1) if whole_batch else self._share_of(recipe, Decimal(1), _PORTION)
        except ConversionError as exc:
            sold, refusals = Fraction(0), (*refusals, Refusal(item, None, 0, str(exc)))
        if refusals:
            return Explosion(item, (), refusals)
        return Explosion(item, tuple(_part(share, sold) for share in batch.shares), ())

    def share_of_batch(self, item: str, quantity: Decimal, unit: Unit) -> Fraction:
        """Return which part of the batch of an item's recipe a quantity is.

        Raises:
            ConversionError: the unit doesn't lead to that of the batch, or the recipe has no batch size.
        """
        return self._share_of(self._recipes[item], quantity, unit)

    def _order(self, item: str) -> Sequence[str]:
        """Return the items below one, the deepest first, and itself."""
        below: dict[str, list[str]] = {}
        waiting = [item]
        while waiting:
            here = waiting.pop()
            if here not in below:
                below[here] = [line.component for line in self._recipes[here].lines if line.component in self._recipes]
                waiting += below[here]
        return tuple(TopologicalSorter(below).static_order())

    def _batch(self, recipe: Recipe) -> _Batch:
        shares: list[_Share] = []
        refusals: list[Refusal] = []
        for line in recipe.lines:
            try:
                found = self._batch_of_line(recipe, line)
            except ConversionError as exc:
                refusals.append(Refusal(recipe.item, line.component, line.number, str(exc)))
            else:
                shares += found.shares
                refusals += found.refusals
        if len(shares) > MOST_PARTS:
            reason = (
                f"'{recipe.item}' has more than {MOST_PARTS:,} parts. Look whether its recipes use each other twice."
            )
            refusals.append(Refusal(recipe.item, None, 0, reason))
            shares = []
        # The same refusal reaches a dish by every way that leads to it.
        return _Batch(tuple(shares), tuple(dict.fromkeys(refusals)))

    def _batch_of_line(self, recipe: Recipe, line: Line) -> _Batch:
        if line.quantity <= 0:
            raise ConversionError(f"The quantity is {plain(line.quantity)}; enter one above 0, or remove the line.")
        if (part := self._recipes.get(line.component)) is not None:
            below = self._batches[line.component]
            taken = self._share_of(part, line.quantity, line.unit)
            shares = (_Share(s.line, s.ratio * taken, s.unit, recipe.item, s) for s in below.shares)
            return _Batch(tuple(shares), below.refusals)
        if line.component not in self._ingredients:
            raise ConversionError(f"'{line.component}' is neither an ingredient nor an item with a recipe. Enter it.")
        unit = self._ingredients[line.component]
        ratio = self._conversions.ratio(line.unit, unit, line.component)
        return _Batch((_Share(line, ratio, unit, recipe.item),), ())

    def _share_of(self, recipe: Recipe, quantity: Decimal, unit: Unit) -> Fraction:
        """Return which part of a recipe's batch a quantity is."""
        if recipe.yield_quantity is None or recipe.yield_unit is None:
            if unit.name not in _SERVED:
                raise ConversionError(
                    f"'{recipe.item}' is used by {unit.name}, but its recipe has no batch size. "
                    "Enter its yield_quantity and yield_unit, such as 7.5 l."
                )
            return Fraction(quantity)
        if recipe.yield_quantity <= 0:
            raise ConversionError(
                f"The recipe of '{recipe.item}' yields {plain(recipe.yield_quantity)} {recipe.yield_unit.name}; "
                "enter a yield_quantity above 0."
            )
        is_served = {unit.name, recipe.yield_unit.name} <= _SERVED
        ratio = Fraction(1) if is_served else self._conversions.ratio(unit, recipe.yield_unit, recipe.item)
        return Fraction(quantity) * ratio / Fraction(recipe.yield_quantity)


def find_cycles(below: Mapping[KeyT, Iterable[KeyT]]) -> list[tuple[KeyT, ...]]:
    """Return the paths by which items contain themselves, each with its first item at its end too.

    Args:
        below: what each item is made of.
    """
    graph = {item: {*parts} for item, parts in below.items()}
    found: list[tuple[KeyT, ...]] = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as exc:
            path = tuple(reversed(exc.args[1]))
            found.append(path)
            graph[path[0]].discard(path[1])
        else:
            return found


# What is sold is a portion and a piece at once: of 40 portions of soup, one bowl is one.
_SERVED = frozenset({"portion", "piece"})
_PORTION = units()["portion"]


def _part(share: _Share, sold: Fraction) -> Part:
    quantity = multiplied(share.line.quantity, share.ratio * sold)
    return Part(share.line.component, quantity, share.unit, share.through(), share.line.number)
