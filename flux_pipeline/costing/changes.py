"""Changes of costs between two days: which items' margins moved, and because of which ingredient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class CostedItem:
    """What an item cost and left on a day, as it was published; a value that is not known is None.

    `shares` are those of the ingredients in the cost; `missing` are the reasons of a missing cost.
    """

    item: str
    category: str | None
    cost: Decimal | None
    net_price: Decimal | None
    margin: Decimal | None
    margin_percent: Decimal | None
    shares: Mapping[str, Decimal]
    missing: tuple[str, ...] = ()

    def cost_of(self, ingredient: str) -> Decimal:
        """Return what an ingredient contributes to the cost, as exactly as the shares are."""
        return (self.cost or ZERO) * self.shares.get(ingredient, ZERO)


@dataclass(frozen=True)
class Move:
    """A margin that moved, with what moved it: the price, or the ingredient whose cost in the item changed most."""

    before: CostedItem
    after: CostedItem
    ingredient: str | None
    ingredient_change: Decimal

    @property
    def margin_change(self) -> Decimal:
        """The change of the margin, or the opposite of that of the cost where there is no price."""
        if self.before.margin is not None and self.after.margin is not None:
            return self.after.margin - self.before.margin
        return (self.before.cost or ZERO) - (self.after.cost or ZERO)

    @property
    def reason(self) -> str:
        """What moved it, in words."""
        parts = []
        old, new = self.before.net_price, self.after.net_price
        if old is not None and new is not None and old != new:
            parts.append(f"price {old:.2f} to {new:.2f}")
        if self.ingredient is not None:
            gone = "" if self.ingredient in self.after.shares else ", no longer in the recipe"
            new_one = "" if self.ingredient in self.before.shares else ", new in the recipe"
            parts.append(f"{self.ingredient} {self.ingredient_change:+.2f}{gone}{new_one}")
        return "; ".join(parts)


def moves_between(before: Iterable[CostedItem], after: Iterable[CostedItem]) -> list[Move]:
    """Return the items whose cost or price moved between two days; the largest moves of a margin come first.

    An item that has no cost on one of the days is left out.
    """
    earlier = {each.item: each for each in before}
    found = []
    for now in after:
        then = earlier.get(now.item)
        if then is None or then.cost is None or now.cost is None:
            continue
        if (then.cost, then.net_price) == (now.cost, now.net_price):
            continue
        changes = {name: now.cost_of(name) - then.cost_of(name) for name in {*then.shares, *now.shares}}
        name = max(changes, key=lambda each: (abs(changes[each]), each), default=None)
        if now.cost == then.cost:
            name = None
        found.append(Move(then, now, name, ZERO if name is None else changes[name]))
    return sorted(found, key=lambda move: (-abs(move.margin_change), move.after.item))
