"""The recipes of a restaurant for people: what counts, what is suggested, what has none. It only reads."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.recipes import StoredRecipe, counting_on, stored_recipes
from flux_pipeline.store.menu.items import homes_of_items
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.menu import MenuCategory, MenuItem


class BookLine(NamedTuple):
    """A line of a recipe; `is_item` if it is another item, such as a preparation."""

    name: str
    quantity: Decimal
    unit: str
    is_item: bool


@dataclass(frozen=True)
class BookItem:
    """An item with its recipes: the one that counts today, those that will count later, and the newest suggestion."""

    id: uuid.UUID
    name: str
    category: str | None
    price: Decimal | None
    on_menu: bool
    is_sold: bool
    counting: StoredRecipe | None
    later: Sequence[StoredRecipe]
    suggestion: StoredRecipe | None


@dataclass(frozen=True)
class RecipeBook:
    """Every item by its id, the names of what recipes are made of, and into which item each was merged."""

    items: Mapping[uuid.UUID, BookItem]
    names: Mapping[uuid.UUID, str]
    homes: Mapping[uuid.UUID, uuid.UUID]

    def lines_of(self, recipe: StoredRecipe) -> list[BookLine]:
        """Return the lines of a recipe with names."""
        found = []
        for line in recipe.lines:
            component = line.ingredient_id or self.home_of(line.component_id)
            found.append(BookLine(self.names[component], line.quantity, line.unit, line.component_id is not None))
        return found

    def home_of(self, item: uuid.UUID | None) -> uuid.UUID:
        """Return the item that another one was merged into, or itself."""
        assert item is not None, "a constraint of the table sees to it"
        return self.homes[item]

    def made_of(self, recipe: StoredRecipe) -> list[uuid.UUID]:
        """Return the items that a recipe takes."""
        return [self.home_of(line.component_id) for line in recipe.lines if line.component_id is not None]

    @property
    def without_recipe(self) -> list[BookItem]:
        """The items on the menu with no recipe that counts today and none that is suggested."""
        return [each for each in self.items.values() if each.on_menu and not (each.counting or each.suggestion)]


def read_book(tx: Tenant, day: dt.date) -> RecipeBook:
    """Return the recipes as they count on a day, by category and name; a merged item's are those of its home."""
    homes = homes_of_items(tx)
    own: dict[uuid.UUID, list[StoredRecipe]] = defaultdict(list)
    for recipe in stored_recipes(tx):
        own[homes[recipe.item]].append(recipe)
    rows = _rows(tx)
    items = {row.id: _book_item(row, own[row.id], day) for row in rows if homes[row.id] == row.id}
    ingredients = tx.connection.execute(select(Ingredient.id, Ingredient.name))
    names = {row.id: row.name for row in (*rows, *ingredients)}
    return RecipeBook(items, names, homes)


def _rows(tx: Tenant) -> Sequence[Any]:
    category = MenuCategory.name.label("category")
    query = (
        select(MenuItem.id, MenuItem.name, category, MenuItem.price, MenuItem.is_active, MenuItem.first_sold_on)
        .join(MenuCategory, MenuCategory.id == MenuItem.menu_category_id, isouter=True)
        .order_by(MenuCategory.name.nulls_last(), MenuItem.name)
    )
    return tx.connection.execute(query).all()


def _book_item(row: Any, own: Sequence[StoredRecipe], day: dt.date) -> BookItem:
    later = [each for each in own if each.counts and each.valid_from is not None and each.valid_from > day]
    suggested = [each for each in own if each.status == "suggested"]
    return BookItem(
        row.id,
        row.name,
        row.category,
        row.price,
        row.is_active,
        row.is_active or row.first_sold_on is not None,
        counting_on(own, day),
        later,
        max(suggested, key=lambda each: each.noted_at, default=None),
    )
