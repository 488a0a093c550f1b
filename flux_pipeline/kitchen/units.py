"""Units of kitchens: `units.csv` with their exact sizes, and their names and abbreviations in ten languages.

A unit of mass converts to any other unit of mass, and so do volumes and counts (a dozen is twelve pieces). A bunch, a
can or a pinch has no size of its own: what it weighs is a conversion that somebody enters. American measures are the US
customary ones; a German Esslöffel is a metric one. A word that means two units is not listed: a Dose is a German
can and a Portuguese portion, and a Pfund is half a kilogram in one shop and a pound in another.
"""

import csv
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from importlib.resources import files
from types import MappingProxyType

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.wording import shortened

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da")
# The source of metric units, which are exact multiples of each other.
SI = "SI"
EXAMPLES = "g, kg, oz, lb, ml, l, fl oz, piece, portion or bunch"


class Dimension(StrEnum):
    """What a unit measures. Packages and units of their own have no size that holds for every ingredient."""

    MASS = "mass"
    VOLUME = "volume"
    COUNT = "count"
    PACKAGE = "package"
    OWN = "own"


@dataclass(frozen=True)
class Unit:
    """A unit by its name in Flux; `size` is in grams, millilitres or pieces, None for a unit without one."""

    name: str
    dimension: Dimension
    size: Decimal | None
    source: str

    @property
    def base(self) -> str:
        """The unit that its size is counted in, or its own name: units of one base convert by themselves."""
        return _BASES.get(self.dimension, self.name)


_BASES = {Dimension.MASS: "g", Dimension.VOLUME: "ml", Dimension.COUNT: "piece"}


class UnknownUnitError(PermanentError):
    """A word that is not a known unit."""


@functools.cache
def units() -> Mapping[str, Unit]:
    """Return all units by name, in the order of the table."""
    return MappingProxyType({row["unit"]: _unit_of_row(row) for row in rows_of("units.csv")})


@functools.cache
def unit_words() -> Mapping[str, str]:
    """Return the name of the unit for each word, in the form of `fold_word`."""
    found: dict[str, str] = {}
    for row in rows_of("units.csv"):
        for word in (row["unit"], *(word for language in LANGUAGES for word in row[language].split("|"))):
            if word:
                found.setdefault(fold_word(word), row["unit"])
    return MappingProxyType(found)


def fold_word(text: str) -> str:
    """Return the form in which words of units are compared: folded as names are, without a period at the end."""
    return fold_name(text).rstrip(".").strip()


def find_unit(text: str) -> Unit:
    """Return the unit that a word or abbreviation means.

    Raises:
        UnknownUnitError: it is none; the message says what to enter.
    """
    name = unit_words().get(fold_word(text))
    if name is None:
        raise UnknownUnitError(f"'{shortened(text, 40)}' is not a known unit. Enter one such as {EXAMPLES}.")
    return units()[name]


def ratio_between(one: Unit, other: Unit) -> Fraction | None:
    """Return how many of the other unit one unit is, exactly; None if they don't convert by themselves."""
    if one.name == other.name:
        return Fraction(1)
    if one.base != other.base or one.size is None or other.size is None:
        return None
    return Fraction(one.size) / Fraction(other.size)


def multiplied(quantity: Decimal, ratio: Fraction) -> Decimal:
    """Return a quantity times an exact ratio, rounded once, to the 28 digits that decimals are computed with."""
    product = Fraction(quantity) * ratio
    return Decimal(product.numerator) / Decimal(product.denominator)


def plain(quantity: Decimal) -> str:
    """Return a quantity as people write it: without an exponent and without zeros at its end."""
    text = f"{quantity:f}"
    return re.sub(r"\.?0+$", "", text) if "." in text else text


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of a table of this room."""
    text = files("flux_pipeline.kitchen").joinpath(table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _unit_of_row(row: Mapping[str, str]) -> Unit:
    size = Decimal(row["size"]) if row["size"] else None
    return Unit(row["unit"], Dimension(row["dimension"]), size, row["source"])
