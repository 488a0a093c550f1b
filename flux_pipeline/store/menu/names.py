"""Names of menu items in files: each spelling is matched with its item, and new names create items.

A new name that is nearly another's creates an item with a suggestion; it is never merged automatically.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import insert, select, text, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.column_map import EVERY_COLUMN
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu._categories import find_categories
from flux_pipeline.store.menu.items import known_items
from flux_pipeline.store.models.menu import MenuItem, MenuItemAlias
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.wording import shortened

# A few names are enough to see what they are.
EXAMPLES, LONGEST_EXAMPLE = 3, 40

NOTE_CATEGORY = """
INSERT INTO menu_item_changes
    (restaurant_id, menu_item_id, menu_category_id, price, is_active, previous_price, was_active, known_at)
SELECT restaurant_id, id, :category, price, is_active, price, is_active, :known_at FROM menu_items WHERE id = :item
"""


@dataclass(frozen=True)
class ItemName:
    """A name and category as a sales file spells them, and their number of lines; `code` is the number of both."""

    code: int
    name: str
    category: str | None
    line_count: int


@dataclass(frozen=True)
class _Spelling:
    """The names and categories of one alias in a file, each with its number of lines."""

    names: Counter[str]
    categories: Counter[str]

    @property
    def name(self) -> str:
        """The spelling with the most lines; of equals the first by the alphabet."""
        return _most(self.names)


def find_items(tx: Tenant, names: Sequence[ItemName], first_day: dt.date, column: str = "item") -> dict[int, uuid.UUID]:
    """Find the menu item of each name in a sales file; create missing items and aliases.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        names: every spelling in the file.
        first_day: the file's first business day; a category that the file gives to an item is known since its end.
        column: the column of the names, for messages.

    Returns:
        The menu item of each name, by its code.

    Raises:
        PermanentError: more items are new than one file may bring.
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
        refuse_many(tx, new, column)
        _create_items(tx, new, items)
    _give_categories(tx, new, items)
    known = {alias: each for alias, each in spellings.items() if alias not in new}
    _give_categories(tx, known, items, since=tx.restaurant.end_of_business_day(first_day))
    return {code: items[alias] for code, alias in aliases.items()}


def refuse_many(tx: Tenant, new: Collection[str], column: str) -> None:
    """Raise if a file has more new items than a setting allows: it would fill the menu with what are no items.

    Raises:
        PermanentError: it has.
    """
    most = read_settings(tx, UploadSettings).upload_new_items
    if len(new) <= most:
        return
    subject = (
        "Each column would be an item, but they look" if column == EVERY_COLUMN else f"The column '{column}' looks"
    )
    examples = ", ".join(f"'{shortened(name, LONGEST_EXAMPLE)}'" for name in sorted(new)[:EXAMPLES])
    raise PermanentError(
        f"{subject} like order numbers: {len(new):,} items would be new, such as {examples}; expected at most {most:,} "
        "in one file. Name the column of the items: --column item=HEADER. If these are items, allow them: "
        f"flux settings set upload_new_items {len(new)} --restaurant {tx.restaurant.slug}"
    )


def suggestions_for(
    new: Sequence[str], known: Iterable[str], items: Mapping[str, uuid.UUID]
) -> dict[str, dict[str, Any]]:
    """Return the suggestions for new spellings that are nearly another item's, as columns of `menu_item_aliases`.

    Args:
        new: folded names, the most important first.
        known: folded names that were known before.
        items: the menu item of each.
    """
    return {
        found.name: {"suggested_menu_item_id": items[found.known], "similarity": found.similarity}
        for found in near_duplicates(new, known)
        if items[found.known] != items[found.name]
    }


def items_named(tx: Tenant, names: pd.Series) -> pd.Series:
    """Return the menu item that each name of a list means, by its aliases; the list is named like its column.

    A new name creates an item that is not on the menu: so the list's facts are kept if the item sells later, and
    nothing is forecast that never sold. If the name is nearly another's, a merge is suggested.

    Raises:
        PermanentError: more items are new than one file may bring.
    """
    aliases = [fold_name(name) for name in names]
    items = _known_aliases(tx)
    spellings: dict[str, _Spelling] = {}
    for alias, name in zip(aliases, names, strict=True):
        if alias not in items:
            spellings.setdefault(alias, _Spelling(Counter(), Counter())).names[" ".join(name.split())] += 1
    if spellings:
        refuse_many(tx, spellings, str(names.name))
        _create_items(tx, spellings, items, on_menu=False)
    return pd.Series([items[alias] for alias in aliases], index=names.index, dtype=object)


def _known_aliases(tx: Tenant) -> dict[str, uuid.UUID]:
    query = select(MenuItemAlias.alias, MenuItemAlias.menu_item_id)
    return {row.alias: row.menu_item_id for row in tx.connection.execute(query)}


def _create_items(tx: Tenant, new: dict[str, _Spelling], items: dict[str, uuid.UUID], *, on_menu: bool = True) -> None:
    """Write new aliases, and new items for those that no item has as its name; add them to `items`."""
    known = list(items)
    listed = known_items(tx)
    created = {alias: uuid.uuid4() for alias in new if alias not in listed}
    if created:
        rows = [
            {"restaurant_id": tx.restaurant.id, "id": created[alias], "name": new[alias].name}
            | {"auto_created": True, "is_active": on_menu}
            for alias in created
        ]
        tx.connection.execute(insert(MenuItem), rows)
    items.update({alias: created.get(alias) or listed[alias] for alias in new})
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
    """Give items without a category the one that the file names most; a category that is set is left unchanged.

    For stored items the change is recorded, known since `since`: the end of the file's first day. None: items are new.
    """
    named: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for alias, spelling in spellings.items():
        named[items[alias]].update(spelling.categories)
    named = {item: categories for item, categories in named.items() if categories}
    if not named:
        return
    without = set(tx.connection.scalars(select(MenuItem.id).where(MenuItem.menu_category_id.is_(None))))
    wanted = {item: _most(categories) for item, categories in named.items() if item in without}
    ids = find_categories(tx, sorted(wanted.values()))
    for item, category in wanted.items():
        values = {"menu_category_id": ids[fold_name(category)]}
        if since is not None:
            change = {"category": values["menu_category_id"], "item": item, "known_at": since}
            tx.connection.execute(text(NOTE_CATEGORY), change)
        tx.connection.execute(update(MenuItem).where(MenuItem.id == item).values(**values))


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))
