"""Files of what a restaurant sells and what goes into it: the menu, recipes, ingredients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import FLAG_ON, money, number, share, whole
from flux_pipeline.ingest.cells.units import STOCK, UNIT, UNIT_COST
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.names import fold_name

# The smallest number of six decimals: a recipe needs some of its component, even if only a milligram of saffron, in kg.
_RECIPE_QUANTITY = number(0.000001, 10**6, decimals=6, fractions=True)

# Even an artichoke leaves two fifths; a larger loss is the remaining share, typed as the loss.
_WASTE_FACTOR = share(high=0.60)

# The longest shelf life on labels, such as that of salt and honey, is ten years.
_SHELF_LIFE = whole(1, 3650)

# A barcode that a spreadsheet converted to a number: its last digits are lost.
_MANGLED = r"[0-9][.,][0-9]+[eE]\+[0-9]+"


MENU = plain_contract(
    "menu",
    "What a restaurant sells: a line for each item, with its category and price.",
    (
        Field(
            "item",
            "the name under which it is sold",
            "Croissant",
            required=True,
            words="shared.item menu.item",
            is_label=True,
        ),
        Field("category", "the group of the menu that it belongs to", "Pastry", words="shared.category"),
        Field("price", "what one costs the guest", "1.90", money(), words="menu.price"),
        Field("sku", "its number in the till", "P-101", words="shared.sku", is_code=True),
        Field(
            "is_active",
            "no if it is no longer sold; default: yes",
            "yes",
            FLAG_ON,
            words="shared.is_active menu.is_active",
        ),
    ),
    key=("item",),
)


def _components(rows: pd.DataFrame) -> np.ndarray:
    count: np.ndarray = rows[["ingredient", "component_item"]].notna().sum(axis=1).to_numpy()
    return count


def _is_own_component(rows: pd.DataFrame) -> np.ndarray:
    pairs = zip(rows.item, rows.component_item, strict=True)
    return np.array([bool(item and part) and fold_name(item) == fold_name(part) for item, part in pairs], dtype=bool)


RECIPES = plain_contract(
    "recipes",
    "What goes into one portion of an item: a line for each ingredient, or for each other item that is part of it.",
    (
        Field(
            "item",
            "the menu item that is made",
            "Onion soup",
            required=True,
            words="shared.item recipes.item",
            is_label=True,
            is_of_group=True,
        ),
        Field("ingredient", "the ingredient that goes in", "Onions", words="shared.ingredient", is_label=True),
        Field(
            "component_item",
            "in place of an ingredient, the item that goes in, such as a stock",
            "Vegetable stock",
            words="recipes.component_item",
        ),
        Field(
            "quantity",
            "how much of it one portion needs",
            "180",
            _RECIPE_QUANTITY,
            required=True,
            words="shared.quantity recipes.quantity",
        ),
        Field("unit", "the unit of the quantity", "g", UNIT, required=True, words="shared.unit"),
    ),
    key=("item", "ingredient", "component_item"),
    rules=(
        RowRule(
            "missing_component",
            "ingredient",
            "The row names neither an ingredient nor a component_item; expected one of the two.",
            lambda rows: _components(rows) == 0,
        ),
        RowRule(
            "two_components",
            "component_item",
            "The row names an ingredient and a component_item ('{found}'); expected one of the two per row.",
            lambda rows: _components(rows) == 2,
        ),
        RowRule(
            "own_component",
            "component_item",
            "'{found}' is listed as a component of itself; expected another item, or an ingredient.",
            _is_own_component,
        ),
    ),
    choices=((("ingredient",), ("component_item",)),),
)


def _threshold_above_par(rows: pd.DataFrame) -> np.ndarray:
    above: np.ndarray = (rows.reorder_threshold > rows.par_level).to_numpy(dtype=bool)
    return above


INGREDIENTS = plain_contract(
    "ingredients",
    "What the kitchen buys: a line for each ingredient, with the unit that it is counted in and what one costs.",
    (
        Field(
            "name",
            "the ingredient",
            "Flour type 550",
            required=True,
            words="shared.ingredient ingredients.name",
            is_label=True,
        ),
        Field("category", "the group that it belongs to", "Dry goods", words="shared.category"),
        Field("unit", "the unit that it is counted in", "kg", UNIT, required=True, words="shared.unit"),
        Field("unit_cost", "what one unit costs", "0.95", UNIT_COST, words="shared.unit_cost"),
        Field(
            "waste_factor",
            "the share that is lost in preparation; default: none",
            "2%",
            _WASTE_FACTOR,
            words="ingredients.waste_factor",
        ),
        Field("shelf_life_days", "how many days it keeps", "180", _SHELF_LIFE, words="ingredients.shelf_life_days"),
        Field("sku", "its number in the house or at the vendor", "DG-550", words="shared.sku", is_code=True),
        Field("barcode", "the number under its bars", "4012345678901", words="ingredients.barcode", is_code=True),
        Field(
            "par_level", "the stock that should be there after a delivery", "50", STOCK, words="ingredients.par_level"
        ),
        Field(
            "reorder_threshold", "the stock below which to order", "20", STOCK, words="ingredients.reorder_threshold"
        ),
        Field("is_active", "no if it is no longer bought; default: yes", "yes", FLAG_ON, words="shared.is_active"),
    ),
    key=("name",),
    rules=(
        RowRule(
            "mangled_barcode",
            "barcode",
            "'{found}' is a barcode that a spreadsheet converted to a number and shortened; expected all its digits. "
            "Format the column as text, fill it in again and export the file again.",
            lambda rows: rows.barcode.fillna("").astype(str).str.fullmatch(_MANGLED).to_numpy(dtype=bool),
        ),
        RowRule(
            "threshold_above_par",
            "reorder_threshold",
            "The reorder_threshold ('{found}') is above the par_level; expected at most the par_level.",
            _threshold_above_par,
        ),
    ),
)
