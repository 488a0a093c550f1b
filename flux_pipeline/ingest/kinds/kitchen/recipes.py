"""Files of recipes, of items for sale and of preparations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY
from flux_pipeline.ingest.cells.units import RECIPE_QUANTITY, UNIT
from flux_pipeline.ingest.columns.header_names import columns_named, header_words_of
from flux_pipeline.ingest.contracts import Field, ReadContext
from flux_pipeline.ingest.kinds.plain import RowRule, SentenceRule, plain_contract
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.names import fold_name
from flux_pipeline.wording import shortened


def _components(rows: pd.DataFrame) -> np.ndarray:
    count: np.ndarray = rows[["ingredient", "component_item"]].notna().sum(axis=1).to_numpy()
    return count


def _is_own_component(rows: pd.DataFrame) -> np.ndarray:
    pairs = zip(rows.item, rows.component_item, strict=True)
    return np.array([bool(item and part) and fold_name(item) == fold_name(part) for item, part in pairs], dtype=bool)


def _recipe_keys(rows: pd.DataFrame) -> list[tuple[object, object]]:
    days = rows.valid_from.astype(object).where(rows.valid_from.notna(), None)
    return [(fold_name(item or ""), day) for item, day in zip(rows["item"], days, strict=True)]


def _yields(rows: pd.DataFrame) -> dict[tuple[object, object], list[tuple[float, str]]]:
    """Return the different yields of each recipe, in the order of the rows."""
    found: dict[tuple[object, object], list[tuple[float, str]]] = {}
    for key, quantity, unit in zip(_recipe_keys(rows), rows.yield_quantity, rows.yield_unit, strict=True):
        if unit is not None and not np.isnan(quantity) and (quantity, unit) not in found.setdefault(key, []):
            found[key].append((quantity, unit))
    return found


def _with_yields(rows: pd.DataFrame, table: MappedTable, _context: ReadContext) -> pd.DataFrame:
    """Give each row of a recipe the yield that one of them has; a recipe with several keeps them where they are.

    A column named Portions has the unit in its name, and a yield of 1 without a unit is one of the item.
    """
    if not table.has("yield_unit") and columns_named(
        [table.headers.get("yield_quantity", "")], header_words_of("recipes.portions")
    ):
        portions = ["portion" if has_yield else None for has_yield in rows.yield_quantity.notna()]
        rows = rows.assign(yield_unit=pd.Series(portions, dtype=object))
    is_one = (rows.yield_quantity == 1) & rows.yield_unit.isna()
    rows = rows.assign(yield_quantity=rows.yield_quantity.mask(is_one))
    yields = _yields(rows)
    quantities, units = rows.yield_quantity.to_numpy(copy=True), rows.yield_unit.to_numpy(dtype=object, copy=True)
    for place, key in enumerate(_recipe_keys(rows)):
        if len(yields.get(key, ())) == 1 and np.isnan(quantities[place]) and units[place] is None:
            quantities[place], units[place] = yields[key][0]
    return rows.assign(yield_quantity=quantities, yield_unit=pd.Series(units, dtype=object))


def _contradicting_yields(rows: pd.DataFrame) -> list[str | None]:
    yields = _yields(rows)
    sentences: list[str | None] = []
    for item, key in zip(rows["item"], _recipe_keys(rows), strict=True):
        several = yields.get(key, [])
        texts = " and ".join(f"{quantity:g} {unit}" for quantity, unit in several)
        sentence = f"The recipe of '{shortened(item, 40)}' makes {texts}; expected one yield for each recipe."
        sentences.append(sentence if len(several) > 1 else None)
    return sentences


def _undated(rows: pd.DataFrame) -> list[str | None]:
    """Say which recipes have a day on some lines only: the day may hold for all, or be that of another version.

    A component that is on lines of both shows that there are two versions.
    """
    dated: dict[str, set[str]] = {}
    undated: dict[str, set[str]] = {}
    items = [fold_name(item or "") for item in rows["item"]]
    parts = [fold_name(one or other or "") for one, other in zip(rows.ingredient, rows.component_item, strict=True)]
    has_day = rows.valid_from.notna().to_numpy()
    for item, part, is_dated in zip(items, parts, has_day, strict=True):
        (dated if is_dated else undated).setdefault(item, set()).add(part)
    doubtful = {item for item in dated.keys() & undated.keys() if dated[item].isdisjoint(undated[item])}
    return [
        f"Some lines of the recipe of '{shortened(name, 40)}' have a valid_from and this one has none; expected the "
        "day on each line of the recipe, or on none."
        if item in doubtful and not is_dated
        else None
        for item, name, is_dated in zip(items, rows["item"], has_day, strict=True)
    ]


RECIPES = plain_contract(
    "recipes",
    "What goes into an item, for one portion or a whole batch: a line for each ingredient or each other item in it.",
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
            "in place of an ingredient, the item that goes in, such as a stock or a sauce",
            "Vegetable stock",
            words="recipes.component_item",
        ),
        Field(
            "quantity",
            "how much of it one portion or the whole batch needs",
            "180",
            RECIPE_QUANTITY,
            required=True,
            words="shared.quantity recipes.quantity",
        ),
        Field("unit", "the unit of the quantity", "g", UNIT, required=True, words="shared.unit recipes.unit"),
        Field(
            "yield_quantity",
            "how much the whole recipe makes; default: one portion",
            "7.5",
            RECIPE_QUANTITY,
            words="recipes.yield_quantity",
            else_words="recipes.portions",
        ),
        Field("yield_unit", "the unit of what it makes", "l", UNIT, words="recipes.yield_unit"),
        Field(
            "valid_from",
            "the first day of this recipe; default: from the start if it is the first, else from when the file came in",
            "2024-03-01",
            DAY,
            words="shared.valid_from",
            is_of_group=True,
        ),
    ),
    # An ingredient may be in a recipe twice: butter for the pan, and butter for the sauce.
    key=("item", "ingredient", "component_item", "quantity", "unit", "valid_from"),
    complete=_with_yields,
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
        RowRule(
            "half_a_yield",
            "yield_quantity",
            "The row has one of yield_quantity and yield_unit; expected both or neither, such as 7.5 l.",
            lambda rows: (rows.yield_quantity.isna() != rows.yield_unit.isna()).to_numpy(dtype=bool),
        ),
        SentenceRule("two_yields", "yield_quantity", _contradicting_yields),
        SentenceRule("missing_valid_from", "valid_from", _undated),
    ),
    choices=((("ingredient",), ("component_item",)),),
)
