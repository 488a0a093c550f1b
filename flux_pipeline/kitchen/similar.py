"""Similar dishes: the one whose recipe may be a first draft of another's, by name, category and price."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.names import fold_name, near_duplicates

# Two names have this share of the shorter one's words in common: "onion soup" and "tomato soup".
LEAST_COMMON = 0.5
# Shorter words join others: "of", "la", "mit" is longer and rarely half of a name.
SHORTEST_WORD = 3
# Within a category, what costs more than this much more or less is another kind of dish.
PRICE_RANGE = Decimal("0.25")

_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Dish:
    """A dish by what guests see of it."""

    name: str
    category: str | None = None
    price: Decimal | None = None


@dataclass(frozen=True)
class Similar:
    """The most similar dish, and why it was chosen, in words."""

    name: str
    reason: str


def most_similar(dish: Dish, others: Iterable[Dish]) -> Similar | None:
    """Return the dish that is most like another one; None if no other is like it.

    A name that is nearly the same comes first, then words in common, then the same category with a similar price.
    """
    found = []
    for other in sorted(others, key=lambda each: each.name):
        is_near = bool(near_duplicates([fold_name(dish.name)], [fold_name(other.name)]))
        common = _common(dish.name, other.name)
        same_category = dish.category is not None and dish.category == other.category
        gap = _gap(dish.price, other.price)
        if is_near:
            reason = "the names are nearly the same"
        elif common:
            reason = f"both names have {' and '.join(repr(word) for word in common)}"
            reason += f", and both are {dish.category}" if same_category else ""
        elif same_category and gap is not None and gap <= PRICE_RANGE:
            reason = f"both are {dish.category}, at {other.price:.2f} and {dish.price:.2f}"
        else:
            continue
        score = (is_near, len(common), same_category, -(Decimal(10) if gap is None else gap))
        found.append((score, Similar(other.name, reason)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _common(one: str, other: str) -> list[str]:
    """Return the words that two names have in common, in the order of the first, if these are enough of them."""
    ours, theirs = _words(one), _words(other)
    common = [word for word in ours if word in theirs]
    return common if common and len(common) >= LEAST_COMMON * min(len(ours), len(theirs)) else []


def _words(name: str) -> list[str]:
    return [word for word in dict.fromkeys(_WORDS.findall(fold_name(name))) if len(word) >= SHORTEST_WORD]


def _gap(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if not one or not other:
        return None
    return abs(one - other) / max(one, other)
