"""Menu engineering: stars, plowhorses, puzzles and dogs, by popularity and contribution margin within a category.

After Kasavana and Smith (Menu Engineering, 1982): an item is popular if it sells at least 70 % of an equal share of its
category, and earns well if its contribution margin is at least the category's mean. How sure a class is follows from
how many were sold: next month's guests are other ones.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flux_pipeline.costing.settings import CostingSettings, MarginMean


class MenuClass(StrEnum):
    """An item's place in the menu."""

    STAR = "star"
    PLOWHORSE = "plowhorse"
    PUZZLE = "puzzle"
    DOG = "dog"


_CLASSES = {
    (True, True): MenuClass.STAR,
    (True, False): MenuClass.PLOWHORSE,
    (False, True): MenuClass.PUZZLE,
    (False, False): MenuClass.DOG,
}


@dataclass(frozen=True)
class SoldItem:
    """What an item sold in a period, and what one of it contributes: net price - cost (None: it has no cost)."""

    item: str
    category: str | None
    quantity: Decimal
    margin: Decimal | None


@dataclass(frozen=True)
class PlacedItem:
    """An item's class with what decides it. Both thresholds are the category's.

    `sureness` is the probability, from 0.25 to 1, that the same guests' taste gives the same class in another period of
    this length; below 0.8 or so, wait for more sales before acting on it.
    """

    item: str
    category: str | None
    menu_class: MenuClass
    popularity: Decimal
    least_popularity: Decimal
    margin: Decimal
    mean_margin: Decimal
    sureness: float


@dataclass(frozen=True)
class PlacedMenu:
    """The items with a class, and those without one because they have no cost or sold nothing."""

    items: tuple[PlacedItem, ...]
    without_class: tuple[str, ...]
    popularity_share: Decimal
    margin_mean: MarginMean


def place_items(sold: Iterable[SoldItem], settings: CostingSettings) -> PlacedMenu:
    """Return the class of each item among those of its category.

    An item without a cost has no class, and neither it nor its sales count in the thresholds of the others. An item
    that sold nothing counts as one of the menu, but has no class: it may not have been offered.
    """
    by_category: dict[str | None, list[SoldItem]] = defaultdict(list)
    without = []
    for each in sold:
        if each.margin is not None:
            by_category[each.category].append(each)
        if each.margin is None or each.quantity <= 0:
            without.append(each.item)
    placed = [item for items in by_category.values() for item in _place_category(items, settings)]
    return PlacedMenu(tuple(placed), tuple(without), settings.menu_popularity_share, settings.menu_margin_mean)


def _place_category(items: Sequence[SoldItem], settings: CostingSettings) -> list[PlacedItem]:
    selling = [each for each in items if each.quantity > 0]
    total = sum((each.quantity for each in selling), Decimal(0))
    if not total:
        return []
    margins = {each.item: each.margin or Decimal(0) for each in selling}
    if settings.menu_margin_mean is MarginMean.WEIGHTED:
        mean = sum((margins[each.item] * each.quantity for each in selling), Decimal(0)) / total
    else:
        mean = sum(margins.values(), Decimal(0)) / len(selling)
    least = settings.menu_popularity_share / len(items)
    spread = sum(((margins[each.item] - mean) ** 2 * each.quantity for each in selling), Decimal(0)) / total
    # The mean of what is sold moves with what guests choose; the mean of the items doesn't.
    error = math.sqrt(spread / total) if settings.menu_margin_mean is MarginMean.WEIGHTED else 0.0
    placed = []
    for each in selling:
        share, margin = each.quantity / total, margins[each.item]
        # A binomial share with half a sale more and less, so that one item of one sale is not certain.
        smooth = (float(each.quantity) + 0.5) / (float(total) + 1)
        popular = _probability(float(share - least), math.sqrt(smooth * (1 - smooth) / float(total)))
        placed.append(
            PlacedItem(
                each.item,
                each.category,
                _CLASSES[share >= least, margin >= mean],
                share,
                least,
                margin,
                mean,
                popular * _probability(float(margin - mean), error),
            )
        )
    return placed


def _probability(distance: float, error: float) -> float:
    """Return the probability that a value stays on its side of a threshold, from one half to 1."""
    if not error:
        return 1.0 if distance else 0.5
    return 0.5 * (1 + math.erf(abs(distance) / error / math.sqrt(2)))
