"""Units of stored ingredients: what is stored in one unit is converted when a file counts the ingredient in another."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from sqlalchemy import select

from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.conversions import ROUNDED, Conversion, ConversionError, Conversions
from flux_pipeline.kitchen.units import find_unit, multiplied, plain
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.kitchen.recipes import Ingredient, UnitConversion

CONVERSIONS = Versioned(
    UnitConversion, ("ingredient_id", "menu_item_id", "from_unit", "to_unit"), ("from_quantity", "to_quantity")
)
# The numbers that are counted in the ingredient's unit, with the decimals that the table keeps.
DECIMALS = {"unit_cost": 6, "par_level": 3, "reorder_threshold": 3}


@dataclass(frozen=True)
class Recount:
    """A line of a file that counts an ingredient in another unit than before."""

    line_number: int
    ingredient: str
    before: str
    after: str


class UnitChanges:
    """Converter of the numbers of ingredients. It reads the restaurant's conversions once it needs them."""

    def __init__(self, tx: Tenant) -> None:
        self._tx = tx

    def convert(self, column: str, number: Decimal, recount: Recount) -> Decimal:
        """Return a number of an ingredient, one of `DECIMALS`, in its new unit.

        Raises:
            PermanentError: no conversion leads there, or the table has too few decimals for the result.
        """
        if recount.before == recount.after or not number:
            return number
        one, other = find_unit(recount.before), find_unit(recount.after)
        try:
            ratio = self._conversions.ratio(one, other, recount.ingredient)
        except ConversionError as exc:
            raise PermanentError(f"{_found(recount, column, number)} {exc} Or {_asked(recount)}") from exc
        exact = multiplied(number, 1 / ratio if column == "unit_cost" else ratio)
        kept = round(exact, DECIMALS[column])
        if abs(Fraction(kept) / Fraction(exact) - 1) > ROUNDED:
            raise PermanentError(
                f"{_found(recount, column, number)} In {recount.after} it is {plain(exact)}; expected at most "
                f"{DECIMALS[column]} decimals. Keep the unit, or {_asked(recount)}"
            )
        return kept

    @cached_property
    def _conversions(self) -> Conversions:
        stored = UnitConversion
        query = (
            select(stored.from_quantity, stored.from_unit, stored.to_quantity, stored.to_unit, Ingredient.name)
            .join(Ingredient, Ingredient.id == stored.ingredient_id, isouter=True)
            .where(CONVERSIONS.current, stored.menu_item_id.is_(None))
        )
        return Conversions(
            Conversion(row.from_quantity, find_unit(row.from_unit), row.to_quantity, find_unit(row.to_unit), row.name)
            for row in self._tx.connection.execute(query)
        )


def _found(recount: Recount, column: str, number: Decimal) -> str:
    change = f"the unit of {recount.ingredient!r} changes from {recount.before} to {recount.after}"
    return f"Line {recount.line_number}: {change}, but its {column} of {plain(number)} is in {recount.before}."


def _asked(recount: Recount) -> str:
    return f"give its unit_cost, par_level and reorder_threshold in {recount.after}. Then send the file again."
