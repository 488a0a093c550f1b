"""Stock of the demo restaurants: what they count on Sundays and throw away, from a truth that recipes don't tell.

What is delivered is counted. Dishes take by their recipes what was sold, and of one ingredient more: its portions are
larger than its recipes say, which only the counts show. Counts and waste change only with the calendar.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
import pandas as pd

from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.restaurants import DemoRestaurant
from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import Unit, find_unit

# The kinds of files of a kitchen that its stock follows from.
TABLES = ("ingredients", "recipes", "unit_conversions", "deliveries")
COUNT_COLUMNS = ["counted_on", "ingredient", "quantity", "unit"]
WASTE_COLUMNS = ["date", "item", "quantity", "unit", "reason"]
# Whose portions are larger than the recipes say, and by how much.
GENEROUS = {"bistro-quai-nord": "Butter", "hearth-and-crumb": "Double cream", "canteen-westhafen": "Chicken thighs"}
GENEROSITY = 1.10
# So many days' use is there in the beginning, so that no dish runs out before its first delivery.
OPENING_DAYS = 10
COUNT_ERROR = 0.004
# On so many days something of an ingredient is dropped, at most this share of what is there.
DROPPED, DROPPED_SHARE = 0.01, 0.05
# What has no shelf life.
KEEPS = 3_650
CUTOFF = "04:00"
SATURDAY, SUNDAY = 5, 6


_Row = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class StockTables:
    """The tables of a kitchen as files have them, and the lines of its deliveries."""

    ingredients: Sequence[_Row]
    recipes: Sequence[_Row]
    conversions: Sequence[_Row]
    deliveries: Sequence[_Row]

    @classmethod
    def of(cls, files: Mapping[str, pd.DataFrame]) -> "StockTables":
        """Return the tables of a kitchen's files, by their kinds."""
        return cls(*(_records(files[kind]) for kind in TABLES))

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The unit of each ingredient."""
        return {row["name"]: find_unit(row["unit"]) for row in self.ingredients}

    @cached_property
    def known_conversions(self) -> Conversions:
        """The conversions of units."""
        return Conversions(
            Conversion(
                Decimal(row["from_quantity"]),
                find_unit(row["from_unit"]),
                Decimal(row["to_quantity"]),
                find_unit(row["to_unit"]),
                row["ingredient"] or None,
            )
            for row in self.conversions
        )

    def in_stock_unit(self, ingredient: str, quantity: str, unit: str) -> float:
        """Return a quantity in the ingredient's own unit."""
        own = self.units[ingredient]
        return float(self.known_conversions.convert(Decimal(quantity), find_unit(unit), own, ingredient))

    def taken(self) -> dict[str, dict[str, float]]:
        """Return what one of each item takes of each ingredient, with loss."""
        by_item: dict[str, list[_Row]] = defaultdict(list)
        for row in self.recipes:
            by_item[row["item"]].append(row)
        recipes = []
        for item, rows in by_item.items():
            lines = tuple(
                Line(row["ingredient"] or row["component_item"], Decimal(row["quantity"]), find_unit(row["unit"]))
                for row in rows
            )
            first = rows[0]
            batch = Decimal(first["yield_quantity"]) if first["yield_quantity"] else None
            unit = find_unit(first["yield_unit"]) if first["yield_unit"] else None
            recipes.append(Recipe(item, lines, batch, unit))
        losses = {row["name"]: float(row["waste_factor"] or 0) for row in self.ingredients}
        kitchen = Kitchen(recipes, self.units, self.known_conversions)
        totals = {item: kitchen.explode(item).totals() for item in by_item}
        return {
            item: {name: float(quantity) * (1 + losses[name]) for name, quantity in found.items()}
            for item, found in totals.items()
        }


def simulate_stock(
    restaurant: DemoRestaurant, tables: StockTables, sales: pd.DataFrame, today: dt.date
) -> dict[str, pd.DataFrame]:
    """Return the files of counts and waste by their kind.

    Args:
        restaurant: the restaurant.
        tables: its kitchen.
        sales: as a till exports them, before defects.
        today: the first day that isn't history.
    """
    delivered = _delivered(tables)
    first = min(day for own in delivered.values() for day in own)
    opening = first - dt.timedelta(days=first.weekday() + 1)
    used, rows, thrown = _used(tables, sales, opening), [], []
    for ingredient in sorted(delivered):
        stock = _TrueStock(restaurant, tables, ingredient, delivered[ingredient], used[ingredient])
        counts, waste = stock.run(opening, today)
        rows += counts
        thrown += waste
    return {
        "inventory_counts": _sorted(pd.DataFrame(rows, columns=COUNT_COLUMNS)),
        "waste": _sorted(pd.DataFrame(thrown, columns=WASTE_COLUMNS)),
    }


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows by day, then by ingredient."""
    return frame.sort_values(list(frame.columns[:2]), kind="stable", ignore_index=True)


def _records(frame: pd.DataFrame) -> list[_Row]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False)]


def _delivered(tables: StockTables) -> dict[str, dict[dt.date, float]]:
    found: dict[str, dict[dt.date, float]] = defaultdict(lambda: defaultdict(float))
    for row in tables.deliveries:
        day = dt.date.fromisoformat(row["delivered_on"])
        found[row["ingredient"]][day] += tables.in_stock_unit(row["ingredient"], row["quantity"], row["unit"])
    return found


def _used(tables: StockTables, sales: pd.DataFrame, opening: dt.date) -> dict[str, dict[dt.date, float]]:
    """Return what recipes take of each ingredient on each business day after the opening count."""
    recent = sales[sales["date"] > opening.isoformat()]
    day = pd.to_datetime(recent["date"])
    if "time" in recent:
        day -= pd.to_timedelta((recent["time"] < CUTOFF).astype(int), unit="D")
    recent = recent.assign(day=day)[day > pd.Timestamp(opening)]
    sold = recent.groupby(["day", "item"], as_index=False)["quantity"].sum()
    taken = tables.taken()
    found: dict[str, dict[dt.date, float]] = defaultdict(lambda: defaultdict(float))
    for at, item, quantity in zip(sold["day"].dt.date, sold["item"], sold["quantity"], strict=True):
        for ingredient, each in taken.get(item, {}).items():
            found[ingredient][at] += quantity * each
    return found


class _TrueStock:
    """What is really there of an ingredient from day to day."""

    def __init__(
        self,
        restaurant: DemoRestaurant,
        tables: StockTables,
        ingredient: str,
        delivered: Mapping[dt.date, float],
        used: Mapping[dt.date, float],
    ) -> None:
        self._named = (restaurant.slug, ingredient)
        self._unit = tables.units[ingredient]
        shelf_life = next(row["shelf_life_days"] for row in tables.ingredients if row["name"] == ingredient)
        self._keeps = int(shelf_life or KEEPS)
        more = GENEROSITY if GENEROUS[restaurant.slug] == ingredient else 1.0
        self._delivered, self._used = delivered, {day: more * quantity for day, quantity in used.items()}

    def run(self, opening: dt.date, today: dt.date) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Return the rows of counts, on Sundays from the opening on, and of waste."""
        days = [opening + dt.timedelta(days=number) for number in range((today - opening).days)]
        a_day = sum(self._used.values()) / len(days)
        there, counts, waste = self._opening(days, a_day), [], []
        for day in days:
            if day > opening:
                there += self._delivered.get(day, 0.0) - self._used.get(day, 0.0)
                thrown = list(self._thrown_away(day, there, a_day))
                there -= sum(float(row["quantity"]) for row in thrown)
                waste += thrown
            if day.weekday() == SUNDAY:
                counts.append(self._count(day, there))
        return counts, waste

    def _opening(self, days: Sequence[dt.date], a_day: float) -> float:
        """Return what is there in the beginning: as much as keeps, and so much that it never runs out."""
        changes = [self._delivered.get(day, 0.0) - self._used.get(day, 0.0) for day in days[1:]]
        return max(a_day * min(self._keeps, OPENING_DAYS), a_day - min(np.cumsum(changes), default=0.0))

    def _thrown_away(self, day: dt.date, there: float, a_day: float) -> Iterator[dict[str, str]]:
        """Yield on Saturdays what has expired, and now and then what was dropped."""
        rng = rng_for("dropped", *self._named, day)
        expired = there - a_day * self._keeps - self._later(day) if day.weekday() == SATURDAY else 0.0
        dropped = DROPPED_SHARE * rng.random() * there if rng.random() < DROPPED else 0.0
        for lost, reason in ((expired, "expired"), (dropped, "dropped")):
            if (quantity := self._rounded(lost)) > 0:
                named = {"date": day.isoformat(), "item": self._named[1], "unit": self._unit.name}
                yield {**named, "quantity": f"{quantity:g}", "reason": reason}

    def _later(self, day: dt.date) -> float:
        """Return by how much more is used than delivered later on: nobody throws away what is needed."""
        later = {each for each in (*self._used, *self._delivered) if each > day}
        lacking = np.cumsum([self._used.get(each, 0.0) - self._delivered.get(each, 0.0) for each in sorted(later)])
        return max([0.0, *map(float, lacking)])

    def _count(self, day: dt.date, there: float) -> dict[str, str]:
        seen = self._rounded(there * (1 + COUNT_ERROR * rng_for("count", *self._named, day).normal()))
        named = {"counted_on": day.isoformat(), "ingredient": self._named[1]}
        return {**named, "quantity": f"{seen:g}", "unit": self._unit.name}

    def _rounded(self, quantity: float) -> float:
        """Return a quantity as people write it down: whole pieces, and two decimals of the rest."""
        places = 0 if self._unit.dimension == "count" else 2
        found: float = round(quantity, places)
        return found
