"""Demand of ingredients: joint samples of dishes exploded through recipes, and quantiles of the sums.

What dishes share moves their ingredients together, so quantiles are taken of sums and never summed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import Floats, rank_of

WEEK = 7


@dataclass(frozen=True, eq=False)
class RecipeMatrix:
    """What one of each dish takes of each ingredient: `quantity` (dishes, ingredients), in the ingredients' units."""

    dishes: tuple[str, ...]
    ingredients: tuple[str, ...]
    quantity: Floats

    @classmethod
    def of(cls, dishes: Sequence[str], totals: Mapping[str, Mapping[str, Decimal]]) -> "RecipeMatrix":
        """Build the matrix of exploded recipes.

        Args:
            dishes: those of the samples, in their order; one without totals takes nothing.
            totals: by dish, the quantity of each ingredient, with its loss if that is bought too.
        """
        ingredients = sorted({name for dish in dishes for name in totals.get(dish, ())})
        at = {name: number for number, name in enumerate(ingredients)}
        quantity = np.zeros((len(dishes), len(ingredients)))
        for row, dish in enumerate(dishes):
            for name, amount in totals.get(dish, {}).items():
                quantity[row, at[name]] = float(amount)
        return cls(tuple(dishes), tuple(ingredients), quantity)


@dataclass(frozen=True, eq=False)
class IngredientDemand:
    """Joint samples of what is used: `quantity` (ingredients, samples, days), in the ingredients' units."""

    ingredients: tuple[str, ...]
    quantity: Floats

    def of(self, ingredient: str) -> Floats:
        """Return the samples (samples, days) of an ingredient."""
        return np.asarray(self.quantity[self.ingredients.index(ingredient)])

    def daily_quantiles(self, shares: Sequence[float]) -> Floats:
        """Return quantiles (ingredients, days, shares) of each day."""
        return _quantiles(self.quantity, shares)

    def cumulated_quantiles(self, shares: Sequence[float]) -> Floats:
        """Return quantiles (ingredients, days, shares) of the sums from the first day to each day."""
        return _quantiles(np.cumsum(self.quantity, axis=2), shares)


def explode_demand(sold: np.ndarray, recipes: RecipeMatrix) -> IngredientDemand:
    """Return what dishes take of each ingredient, sample by sample and day by day.

    Args:
        sold: joint samples (samples, days, dishes), with the dishes of the recipes in their order.
        recipes: what one of each dish takes.
    """
    if sold.ndim != 3 or sold.shape[2] != len(recipes.dishes):
        raise PermanentError(
            f"The samples have shape {sold.shape}; expected samples, days, {len(recipes.dishes)} dishes."
        )
    samples, days, _ = sold.shape
    # One product of matrices; its rows are ingredients, so that the samples of each lie together.
    used = recipes.quantity.T @ sold.reshape(samples * days, -1).T
    return IngredientDemand(recipes.ingredients, used.reshape(len(recipes.ingredients), samples, days))


def extended(daily: Floats, days: int) -> Floats:
    """Return samples (samples, days) of so many days; beyond those known, each sample repeats its last week."""
    known = daily.shape[1]
    if days <= known:
        return daily[:, :days]
    week = min(WEEK, known)
    if not week:
        raise PermanentError("There is no day of demand to go on from; expected at least one.")
    return daily[:, [*range(known), *(known - week + each % week for each in range(days - known))]]


def _quantiles(quantity: Floats, shares: Sequence[float]) -> Floats:
    """Return quantiles over the samples; each is a sum that was drawn, as those of forecasts are."""
    ranks = [rank_of(share, quantity.shape[1]) for share in shares]
    together = np.ascontiguousarray(quantity.transpose(0, 2, 1))
    together.partition(ranks, axis=2)
    return np.asarray(together[:, :, ranks])
