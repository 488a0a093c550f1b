"""The names in a sales file and the menu: which item each spelling means, and what the file brings that is new.

A new name makes an item; one that is nearly another's is kept apart with a suggestion, never merged.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import insert, select, text, update

from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu._categories import find_categories
from flux_pipeline.store.models.menu import MenuItem, MenuItemAlias

NOTE_CATEGORY = """
INSERT INTO menu_item_changes
    (restaurant_id, menu_item_id, menu_category_id, price, is_active, previous_price, was_active, known_at)
SELECT restaurant_id, id, :category, price, is_active, price, is_active, :known_at FROM menu_items WHERE id = :item
"""


@dataclass(frozen=True)
class ItemName:
    """A name and category as a sales file spells them, and on how many lines; `code` is the file's number for both."""

    code: int
    name: str
    category: str | None
    line_count: int


@dataclass(frozen=True)
class _Spelling:
    """What a file says of one alias: its names and categories, each with its lines."""

    names: Counter[str]
    categories: Counter[str]

    @property
    def name(self) -> str:
        """The spelling that sells most; of equals the first by the alphabet."""
        return _most(self.names)


def find_items(tx: Tenant, names: Sequence[ItemName], first_day: dt.date) -> dict[int, uuid.UUID]:
    """Find the menu item of each name in a sales file; make the items and aliases that are missing.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        names: every spelling in the file.
        first_day: the file's first business day; a category that it gives to an item is known from the end of it.

    Returns:
        The menu item of each name, by its code.
    """
    spellings: dict[str, _Spelling] = defaultdict(lambda: _Spelling(Counter(), Counter()))
    aliases = {}
    for spelled in names:
        alias = aliases[spelled.code] = fold_name(spelled.name)
        spellings[alias].names[spelled.name] += spelled.line_count
        if spelled.category is not None:
            spellings[alias].categories[" ".join(spelled.category.split())] += spelled.line_count
    items = _known_aliases(tx)
    new = {alias: spelling for alias, spelling in spellings.items() if alias not in items}
    if new:
        _make_items(tx, new, items)
    _give_categories(tx, new, items)
    known = {alias: each for alias, each in spellings.items() if alias not in new}
    _give_categories(tx, known, items, since=tx.restaurant.end_of_business_day(first_day))
    return {code: items[alias] for code, alias in aliases.items()}


def suggestions_for(
    new: Sequence[str], known: Iterable[str], items: Mapping[str, uuid.UUID]
) -> dict[str, dict[str, Any]]:
    """What `menu_item_aliases` says of the new spellings that are nearly another item's.

    Args:
        new: folded names, the most important first.
        known: folded names that were there before.
        items: the menu item of each.
    """
    return {
        found.name: {"suggested_menu_item_id": items[found.known], "similarity": found.similarity}
        for found in near_duplicates(new, known)
        if items[found.known] != items[found.name]
    }


def items_named(tx: Tenant, names: pd.Series) -> pd.Series:
    """The menu item that each name of a list means, by its aliases.

    A name that is new makes an item that is not on the menu: nothing of the list is lost if its sales come later, and
    nothing is forecast that was never sold. Where it is nearly another's, that is suggested.
    """
    aliases = [fold_name(name) for name in names]
    items = _known_aliases(tx)
    spellings: dict[str, _Spelling] = {}
    for alias, name in zip(aliases, names, strict=True):
        if alias not in items:
            spellings.setdefault(alias, _Spelling(Counter(), Counter())).names[" ".join(name.split())] += 1
    if spellings:
        _make_items(tx, spellings, items, on_menu=False)
    return pd.Series([items[alias] for alias in aliases], index=names.index, dtype=object)


def _known_aliases(tx: Tenant) -> dict[str, uuid.UUID]:
    query = select(MenuItemAlias.alias, MenuItemAlias.menu_item_id)
    return {row.alias: row.menu_item_id for row in tx.connection.execute(query)}


def _make_items(tx: Tenant, new: dict[str, _Spelling], items: dict[str, uuid.UUID], *, on_menu: bool = True) -> None:
    """Write the aliases that are new, and items for those that are on the menu under no name; `items` gets them."""
    known = list(items)
    listed = {fold_name(row.name): row.id for row in tx.connection.execute(select(MenuItem.id, MenuItem.name))}
    made = {alias: uuid.uuid4() for alias in new if alias not in listed}
    if made:
        rows = [
            {"restaurant_id": tx.restaurant.id, "id": made[alias], "name": new[alias].name}
            | {"auto_created": True, "is_active": on_menu}
            for alias in made
        ]
        tx.connection.execute(insert(MenuItem), rows)
    items.update({alias: made.get(alias) or listed[alias] for alias in new})
    by_lines = sorted(new, key=lambda alias: (-new[alias].names.total(), alias))
    similar = suggestions_for(by_lines, known, items)
    nothing = {"suggested_menu_item_id": None, "similarity": None}
    tx.connection.execute(
        insert(MenuItemAlias),
        [
            {"restaurant_id": tx.restaurant.id, "menu_item_id": items[alias], "alias": alias}
            | similar.get(alias, nothing)
            for alias in new
        ],
    )


def _give_categories(
    tx: Tenant, spellings: dict[str, _Spelling], items: dict[str, uuid.UUID], since: dt.datetime | None = None
) -> None:
    """Give items without a category the one that the file names most; what somebody set is left alone.

    Of items that stood, it is noted `since` when they have it: the end of the file's first day.
    """
    told: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for alias, spelling in spellings.items():
        told[items[alias]].update(spelling.categories)
    told = {item: categories for item, categories in told.items() if categories}
    if not told:
        return
    without = set(tx.connection.scalars(select(MenuItem.id).where(MenuItem.menu_category_id.is_(None))))
    wanted = {item: _most(categories) for item, categories in told.items() if item in without}
    ids = find_categories(tx, sorted(wanted.values()))
    for item, category in wanted.items():
        values = {"menu_category_id": ids[fold_name(category)]}
        if since is not None:
            noted = {"category": values["menu_category_id"], "item": item, "known_at": since}
            tx.connection.execute(text(NOTE_CATEGORY), noted)
        tx.connection.execute(update(MenuItem).where(MenuItem.id == item).values(**values))


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))
