"""Exports of two university kitchens as recipes, ingredients and conversions: the converter that the tests need."""

import csv
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from flux_pipeline.costing.dishes import IngredientCost
from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Line, Recipe
from flux_pipeline.kitchen.units import Unit, UnknownUnitError, find_unit

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Export:
    """An export: its tables, and what is expected of them."""

    items: Rows
    preps: Rows
    products: Rows
    vendor_prices: Rows
    lines: dict[str, Rows]
    conversions: Conversions
    expected: dict[str, Any]

    def ingredients(self) -> dict[str, Unit]:
        return {row["item_id"]: find_unit(row["pack_uom"]) for row in self.items}

    def costs(self) -> dict[str, IngredientCost]:
        return {row["item_id"]: IngredientCost(Decimal(row["cost_per_pack_unit"])) for row in self.items}

    def prep_recipes(self) -> list[Recipe]:
        return [
            Recipe(prep, self.lines_of(prep), Decimal(row["batch_qty"]), find_unit(row["batch_uom"]))
            for row in self.preps
            for prep in [row["prep_id"]]
        ]

    def lines_of(self, recipe: str) -> tuple[Line, ...]:
        return tuple(
            Line(row["component_id"], Decimal(row["quantity"]), find_unit(row["uom"]), number)
            for number, row in enumerate(self.lines.get(recipe, ()), start=1)
        )


def read_export(folder: Path) -> Export:
    tables = {path.stem: list(csv.DictReader(path.open(encoding="utf-8"))) for path in folder.glob("*.csv")}
    lines: dict[str, Rows] = {}
    for row in tables["recipe_lines"]:
        lines.setdefault(row["recipe_id"], []).append(row)
    return Export(
        tables["items"],
        tables["preps"],
        tables["products"],
        tables["vendor_prices"],
        lines,
        Conversions(known(tables["conversions"])),
        json.loads((folder / "expected.json").read_text()),
    )


def known(rows: Rows) -> list[Conversion]:
    """Return the conversions between known units; the others are names of packs such as KEG 30L, and hours and feet."""
    found = []
    for row in rows:
        try:
            one, other = find_unit(row["from_uom"]), find_unit(row["to_uom"])
        except UnknownUnitError:
            continue
        quantities = Decimal(row["from_qty"]), Decimal(row["to_qty"])
        found.append(Conversion(quantities[0], one, quantities[1], other, row["item_id"] or None))
    return found
