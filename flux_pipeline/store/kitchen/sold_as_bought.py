"""What is sold as it is bought, such as a bottle of water: an ingredient with a recipe of one, made from a list.

The ingredient is that of the sku or barcode, else that of the item's name, else a new one that is counted in pieces.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._costs import note_costs
from flux_pipeline.store.kitchen.recipe_book import BookItem, read_book
from flux_pipeline.store.kitchen.recipes import StoredLine, StoredRecipe, write_recipes
from flux_pipeline.store.menu.items import find_item
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.records.acts import note_act

# Units of which one is sold as it is; one of a case or of a dozen is not.
SINGLE = ("piece", "bottle", "can", "jar")
CODES = ("sku", "barcode")
COLUMNS = ("id", "name", "unit", *CODES, "unit_cost", "waste_factor", "auto_created")


@dataclass(frozen=True)
class Bought:
    """A menu item that is sold as it is bought, and where they are given the numbers and cost of its ingredient."""

    item: str
    sku: str | None = None
    barcode: str | None = None
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class Made:
    """What became of one item: its recipe and whether anything changed, or why nothing could be done."""

    item: str
    recipe: str | None = None
    changed: bool = False
    problem: str | None = None


def sell_as_bought(tx: Tenant, rows: Sequence[Bought], now: dt.datetime) -> list[Made]:
    """Give each item a confirmed recipe of one of its ingredient, and note each act. Idempotent.

    What can't be done is said, and the other rows are done all the same.
    """
    tx.lock()
    today = tx.restaurant.last_complete_business_day(now) + dt.timedelta(days=1)
    book, shelf = read_book(tx, today), _Shelf(tx)
    made = []
    for row in rows:
        try:
            item = book.items[book.home_of(find_item(tx, row.item).id)]
            ingredient = shelf.find(row, item)
            has_recipe = _has_recipe(item, ingredient)
            changes = _changes(row, ingredient)
        except PermanentError as exc:
            made.append(Made(row.item, problem=str(exc)))
            continue
        if has_recipe and ingredient is not None and not changes:
            made.append(Made(item.name, _in_words(ingredient)))
            continue
        stored = shelf.put(row, item, ingredient, changes)
        if row.unit_cost is not None:
            _note_cost(tx, stored, now)
        if not has_recipe:
            line = StoredLine(stored["id"], None, Decimal(1), stored["unit"])
            recipe = StoredRecipe(uuid.uuid4(), item.id, None, now, lines=[line])
            write_recipes(tx, [recipe], None, "bought", tx.settings.actor, now)
        after = {"ingredient": stored["name"], "recipe": f"1 {stored['unit']}", "changed": sorted(changes)}
        note_act(tx, "ingredients.sold_as_bought", item.name, after=after)
        made.append(Made(item.name, _in_words(stored), changed=True))
        # An item that is in the list twice is compared with what the first row made.
        book = read_book(tx, today)
    return made


def _in_words(ingredient: dict[str, Any]) -> str:
    return f"1 {ingredient['unit']} of the ingredient {ingredient['name']}"


class _Shelf:
    """The ingredients by their names and numbers."""

    def __init__(self, tx: Tenant) -> None:
        self._tx = tx
        columns = (getattr(Ingredient, name) for name in COLUMNS)
        rows = tx.connection.execute(select(*columns).order_by(Ingredient.name)).mappings()
        self._every = [{str(key): value for key, value in row.items()} for row in rows]

    def find(self, row: Bought, item: BookItem) -> dict[str, Any] | None:
        """Return the ingredient of a row, None if it has to be made; raise PermanentError if it can't be the item."""
        found = None
        for code in CODES:
            given = getattr(row, code)
            same = next((each for each in self._every if given and each[code] == given), None)
            if same is not None and found is not None and same is not found:
                raise PermanentError(
                    f"The sku is that of {found['name']!r} and the barcode that of {same['name']!r}; expected those of "
                    "one ingredient. Correct the list."
                )
            found = same or found
        if found is None:
            found = next((each for each in self._every if fold_name(each["name"]) == fold_name(item.name)), None)
        if found is not None:
            _refuse_other(row, found)
        return found

    def put(
        self, row: Bought, item: BookItem, ingredient: dict[str, Any] | None, changes: dict[str, Any]
    ) -> dict[str, Any]:
        """Store an ingredient that is new or changed, and return it."""
        if ingredient is None:
            values = {"id": uuid.uuid4(), "name": item.name, "unit": SINGLE[0], "auto_created": False, **changes}
            self._tx.connection.execute(insert(Ingredient).values(restaurant_id=self._tx.restaurant.id, **values))
            ingredient = {**dict.fromkeys(COLUMNS), "waste_factor": Decimal(0), **values}
            self._every.append(ingredient)
        elif changes:
            is_it = Ingredient.id == ingredient["id"]
            self._tx.connection.execute(update(Ingredient).where(is_it).values(**changes))
            ingredient.update(changes)
        return ingredient


def _refuse_other(row: Bought, found: dict[str, Any]) -> None:
    if found["unit"] not in SINGLE:
        raise PermanentError(
            f"The ingredient {found['name']!r} is counted in {found['unit']}, so one that is sold is not one of it. "
            "Enter its recipe: flux upload FILE --kind recipes"
        )
    for code in CODES:
        given = getattr(row, code)
        if given and found[code] and found[code] != given:
            raise PermanentError(
                f"The ingredient {found['name']!r} has the {code} {found[code]}, and the list says {given}. Correct "
                "the list, or load a file of ingredients with the right one."
            )


def _has_recipe(item: BookItem, ingredient: dict[str, Any] | None) -> bool:
    """Return whether an item has this recipe; raise PermanentError if it has another."""
    recipe = item.counting or next(iter(item.later), None)
    if recipe is None:
        return False
    if ingredient is not None and recipe.yield_quantity is None and len(recipe.lines) == 1:
        (line,) = recipe.lines
        is_one = line.quantity == 1 and line.unit == ingredient["unit"]
        if is_one and line.ingredient_id == ingredient["id"]:
            return True
    raise PermanentError(
        f"{item.name!r} has another recipe, which was left unchanged. See it with `flux recipes show`; if it is wrong, "
        f"end it and try again: flux recipes reject {item.name!r} --confirmed"
    )


def _changes(row: Bought, ingredient: dict[str, Any] | None) -> dict[str, Any]:
    """Return the values of an ingredient that a row changes.

    One that only recipes or prices have named so far would count as the item of its name, which is made of it.
    """
    given = {name: getattr(row, name) for name in (*CODES, "unit_cost") if getattr(row, name) is not None}
    if ingredient is None:
        return given
    return {name: value for name, value in {**given, "auto_created": False}.items() if value != ingredient[name]}


def _note_cost(tx: Tenant, ingredient: dict[str, Any], now: dt.datetime) -> None:
    cost = {"line_number": 1, "ingredient_id": ingredient["id"], "unit_cost": ingredient["unit_cost"]}
    loss = {"unit": ingredient["unit"], "waste_factor": ingredient["waste_factor"]}
    note_costs(tx, [cost | loss], "ingredients", now)
