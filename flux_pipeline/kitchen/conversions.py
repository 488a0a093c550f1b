"""Conversions between units: what holds by itself, what an ingredient's own conversions say, and what the house's say.

One bunch of parsley is 80 g; one litre of oil is 0.92 kg. A conversion counts both ways, and conversions are chained.
One that is missing is refused with the sentence that says what to enter: nothing counts as 1, and a gram is never a
millilitre.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.units import SI, Unit, multiplied, plain, ratio_between

# A house may have a cup of 250 ml or a pound of 500 g; what differs more from the size of a unit is a mistake.
OWN_SIZE = Fraction(15, 100)
# Between units of the metric system, and between counts, only rounding differs.
ROUNDED = Fraction(1, 1000)


@dataclass(frozen=True)
class Conversion:
    """A statement that one quantity is another: of an ingredient, or of every ingredient of the house (None)."""

    from_quantity: Decimal
    from_unit: Unit
    to_quantity: Decimal
    to_unit: Unit
    ingredient: str | None = None

    @property
    def text(self) -> str:
        left, right = (
            f"{plain(self.from_quantity)} {self.from_unit.name}",
            f"{plain(self.to_quantity)} {self.to_unit.name}",
        )
        return f"{left} = {right}" + (f" of '{self.ingredient}'" if self.ingredient else "")

    @property
    def ratio(self) -> Fraction:
        return Fraction(self.to_quantity) / Fraction(self.from_quantity)


_Owner = str | None


@dataclass(frozen=True)
class _Way:
    """A conversion between two bases, with the names of the units that it was entered in."""

    one: str
    other: str
    ratio: Fraction


class ConversionError(PermanentError):
    """A conversion that is missing or can't be true; the message says what to enter."""


def check_conversion(conversion: Conversion) -> None:
    """Refuse a conversion that can't be true.

    Raises:
        ConversionError: a quantity is not above 0, or the sizes of both units say otherwise.
    """
    one, other = conversion.from_unit, conversion.to_unit
    if conversion.from_quantity <= 0 or conversion.to_quantity <= 0:
        raise ConversionError(f"The conversion {conversion.text} has a quantity of 0 or less. Enter one above 0.")
    by_itself = ratio_between(one, other)
    is_exact = one.base == "piece" or (one.source == SI and other.source == SI)
    if by_itself is not None and abs(conversion.ratio / by_itself - 1) > (ROUNDED if is_exact else OWN_SIZE):
        true = plain(round(multiplied(Decimal(1), by_itself), 6))
        raise ConversionError(
            f"The conversion {conversion.text} can't be: 1 {one.name} is {true} {other.name}. Delete it."
        )


class Conversions:
    """The conversions of a house, ready to be chained.

    A chain of an ingredient's own conversions comes before one that needs the house's; the shortest comes first. Where
    several lead from one dimension to another (a teaspoon weighs 4.5 g, a cup 218 g), the one that names the unit
    counts, else that of the largest quantity, which was measured best. A conversion between two volumes or two masses
    (a cup is 250 ml) counts instead of the unit's size: wherever the unit is used if it is the only one or names grams
    or millilitres, and else between just these two units.

    Args:
        known: conversions that `check_conversion` lets through.
    """

    def __init__(self, known: Iterable[Conversion] = ()) -> None:
        self._ways: dict[_Owner, dict[str, list[tuple[str, Fraction]]]] = defaultdict(lambda: defaultdict(list))
        self._direct: dict[tuple[_Owner, str, str], list[_Way]] = defaultdict(list)
        self._pairs: dict[tuple[_Owner, str, str], Fraction] = {}
        self._sizes: dict[tuple[_Owner, str], Fraction] = {}
        self._found: dict[tuple[_Owner, str, str], Fraction | None] = {}
        ordered = sorted(known, key=_measured, reverse=True)
        for conversion in ordered:
            if conversion.from_unit.base == conversion.to_unit.base:
                self._add_size(conversion)
        for conversion in ordered:
            if conversion.from_unit.base != conversion.to_unit.base:
                self._add_way(conversion)

    def ratio(self, one: Unit, other: Unit, ingredient: str | None = None) -> Fraction:
        """Return how many of the other unit one unit of this ingredient is, exactly.

        Raises:
            ConversionError: no chain of conversions leads there; the message says what to enter.
        """
        if one.name == other.name:
            return Fraction(1)
        key = (ingredient, one.name, other.name)
        if key not in self._found:
            own = self._search(one, other, (ingredient,)) if ingredient is not None else None
            self._found[key] = own if own is not None else self._search(one, other, (None, ingredient))
        found = self._found[key]
        if found is None:
            raise ConversionError(_missing(one, other, ingredient))
        return found

    def convert(self, quantity: Decimal, one: Unit, other: Unit, ingredient: str | None = None) -> Decimal:
        """Return a quantity in another unit.

        Raises:
            ConversionError: as `ratio` does.
        """
        return multiplied(quantity, self.ratio(one, other, ingredient))

    def _add_size(self, conversion: Conversion) -> None:
        one, other, owner, ratio = conversion.from_unit, conversion.to_unit, conversion.ingredient, conversion.ratio
        if one.source == other.source or one.base == "piece":
            return
        self._pairs.setdefault((owner, one.name, other.name), ratio)
        self._pairs.setdefault((owner, other.name, one.name), 1 / ratio)
        for unit, metric, size in ((one, other, ratio), (other, one, 1 / ratio)):
            if metric.name == metric.base:
                self._sizes[owner, unit.name] = size
            elif metric.source == SI:
                self._sizes.setdefault((owner, unit.name), size * Fraction(metric.size or 1))

    def _add_way(self, conversion: Conversion) -> None:
        one, other, owner = conversion.from_unit, conversion.to_unit, conversion.ingredient
        between = conversion.ratio * self._size(other, owner) / self._size(one, owner)
        self._direct[owner, one.base, other.base].append(_Way(one.name, other.name, between))
        self._direct[owner, other.base, one.base].append(_Way(other.name, one.name, 1 / between))
        self._ways[owner][one.base].append((other.base, between))
        self._ways[owner][other.base].append((one.base, 1 / between))

    def _size(self, unit: Unit, owner: _Owner) -> Fraction:
        own = self._sizes.get((owner, unit.name)) or self._sizes.get((None, unit.name))
        return own or Fraction(1 if unit.size is None else unit.size)

    def _search(self, one: Unit, other: Unit, owners: tuple[_Owner, ...]) -> Fraction | None:
        """Return the ratio by these owners' conversions: the direct one that names them, or the shortest chain."""
        if (pair := self._pairs.get((owners[0], one.name, other.name))) is not None:
            return pair
        sizes = self._size(one, owners[-1]) / self._size(other, owners[-1])
        if one.base == other.base:
            # An ingredient without a size of its own has the house's.
            return sizes if owners[0] is None else None
        direct = self._direct.get((owners[0], one.base, other.base))
        if direct is not None:
            # Grams are as good as kilograms. Of equals, the first: they are in the order of their quantities.
            named = {unit.name for unit in (one, other) if unit.source != SI}
            return sizes * max(direct, key=lambda way: (way.one in named) + (way.other in named)).ratio
        start, end = one.base, other.base
        ratios = {start: Fraction(1)}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            for owner in reversed(owners):
                for there, ratio in self._ways[owner][here] if owner in self._ways else ():
                    if there not in ratios:
                        ratios[there] = ratios[here] * ratio
                        queue.append(there)
            if end in ratios:
                return sizes * ratios[end]
        return None


def _measured(conversion: Conversion) -> Fraction:
    """Return the larger side of a conversion, in grams, millilitres or pieces."""
    sides = (conversion.from_quantity, conversion.from_unit), (conversion.to_quantity, conversion.to_unit)
    return max(Fraction(quantity) * Fraction(1 if unit.size is None else unit.size) for quantity, unit in sides)


def _missing(one: Unit, other: Unit, ingredient: str | None) -> str:
    of, name = (f" of '{ingredient}'", ingredient) if ingredient else ("", "(empty)")
    return (
        f"1 {one.name}{of} is how many {other.name}? Enter a row of unit_conversions: ingredient {name}, "
        f"from_quantity 1, from_unit {one.name}, to_quantity ..., to_unit {other.name}."
    )
