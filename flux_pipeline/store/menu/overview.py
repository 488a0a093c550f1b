"""Overview of the menu for people: its items with their sales, and items that may be the same. It only reads."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text

from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant

SOLD = "SELECT menu_item_id, sum(quantity) AS units FROM transaction_items GROUP BY menu_item_id"

# An item without a spelling was merged into another.
ITEMS = f"""
SELECT m.name, c.name AS category, m.price, m.first_sold_on, m.last_sold_on, m.is_active,
       coalesce(sold.units, 0) AS units,
       ARRAY(SELECT a.alias FROM menu_item_aliases a WHERE a.menu_item_id = m.id ORDER BY a.alias) AS aliases
FROM menu_items m
LEFT JOIN menu_categories c ON c.id = m.menu_category_id
LEFT JOIN ({SOLD}) sold ON sold.menu_item_id = m.id
WHERE NOT EXISTS (SELECT FROM menu_alias_moves v WHERE v.from_menu_item_id = m.id)
   OR EXISTS (SELECT FROM menu_item_aliases a WHERE a.menu_item_id = m.id)
ORDER BY m.is_active DESC, c.sort_order NULLS LAST, c.name, m.name
"""  # noqa: S608

SUGGESTIONS = f"""
SELECT one.name AS one, two.name AS two, max(a.similarity) AS similarity, coalesce(max(s1.units), 0) AS units,
       coalesce(max(s2.units), 0) AS other_units
FROM menu_item_aliases a
JOIN menu_items one ON one.id = a.menu_item_id
JOIN menu_items two ON two.id = a.suggested_menu_item_id
LEFT JOIN ({SOLD}) s1 ON s1.menu_item_id = one.id
LEFT JOIN ({SOLD}) s2 ON s2.menu_item_id = two.id
WHERE one.id <> two.id
GROUP BY one.name, two.name
ORDER BY similarity DESC, one.name, two.name
"""  # noqa: S608


@dataclass(frozen=True)
class MenuLine:
    """A menu item with its sales. `other_spellings` are folded; its own name is not among them."""

    name: str
    category: str | None
    price: Decimal | None
    first_sold_on: dt.date | None
    last_sold_on: dt.date | None
    is_active: bool
    units: float
    other_spellings: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """Two items that may be one: the one that sold less, the one that it would be merged into, units of each."""

    item: str
    into: str
    similarity: float
    units: float
    into_units: float


def list_items(tx: Tenant) -> list[MenuLine]:
    """Return every item: those on the menu first, by category and name."""
    return [
        MenuLine(
            row.name,
            row.category,
            row.price,
            row.first_sold_on,
            row.last_sold_on,
            row.is_active,
            float(row.units),
            tuple(alias for alias in row.aliases if alias != fold_name(row.name)),
        )
        for row in tx.connection.execute(text(ITEMS))
    ]


def list_suggestions(tx: Tenant) -> list[Suggestion]:
    """Return the pairs of items that are spelled nearly alike and not yet decided about, the most similar first."""
    found: dict[tuple[str, str], Suggestion] = {}
    for row in tx.connection.execute(text(SUGGESTIONS)):
        sold = [(float(row.units), row.one), (float(row.other_units), row.two)]
        # Of two with equal sales the one that existed first remains.
        (less, item), (more, into) = sorted(sold, key=lambda side: side[0])
        found.setdefault((item, into), Suggestion(item, into, float(row.similarity), less, more))
    return list(found.values())
