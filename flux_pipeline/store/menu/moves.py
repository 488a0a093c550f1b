"""Moves of spellings from one menu item to another: their sales move with them, and a replay repeats the moves.

merging.py decides which spellings move.
"""

import contextlib
import datetime as dt
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, text, update

from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.sold import refresh_sold_dates
from flux_pipeline.store.models.menu import MenuAliasMove, MenuItemAlias

NAMES_SOLD = """
SELECT DISTINCT menu_item_name FROM transaction_items
WHERE menu_item_id = :source AND (CAST(:days AS date[]) IS NULL OR business_date = ANY(CAST(:days AS date[])))
"""

MOVE_SALES = """
UPDATE transaction_items SET menu_item_id = :target
WHERE menu_item_id = :source AND menu_item_name = ANY(:names)
  AND (CAST(:days AS date[]) IS NULL OR business_date = ANY(CAST(:days AS date[])))
"""

MOVED_ITEMS = """
CREATE TEMPORARY TABLE moved_items ON COMMIT DROP AS
SELECT id, is_active, first_sold_on IS NOT NULL AS was_sold, price FROM menu_items
WHERE id IN (SELECT from_menu_item_id FROM menu_alias_moves UNION SELECT to_menu_item_id FROM menu_alias_moves)
"""

# The rule of loading: an item that a file created is on the menu while it has sales; a person decides about any other.
RESTORE_ITEMS = """
UPDATE menu_items m
SET is_active = CASE WHEN m.auto_created AND m.first_sold_on IS NULL THEN false
                     ELSE b.is_active OR (m.auto_created AND NOT b.was_sold) END,
    price = CASE WHEN m.first_sold_on IS NULL THEN b.price ELSE m.price END
FROM moved_items b WHERE b.id = m.id
"""


@dataclass(frozen=True)
class AliasMove:
    """Move of a spelling from one menu item to another, with its time."""

    alias: str
    source: uuid.UUID
    target: uuid.UUID
    moved_at: dt.datetime


def move_aliases(tx: Tenant, aliases: Collection[str], source: uuid.UUID, target: uuid.UUID) -> int:
    """Move spellings of one item to another, with all that was sold under them.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        aliases: folded names that mean `source`.
        source: the item that they meant before.
        target: the item that they mean now.

    Returns:
        How many lines of tickets moved with them.
    """
    values = {"restaurant_id": tx.restaurant.id, "from_menu_item_id": source, "to_menu_item_id": target}
    tx.connection.execute(insert(MenuAliasMove), [values | {"alias": alias} for alias in aliases])
    _point(tx, aliases, target)
    moved = _move_sales(tx, aliases, source, target, None)
    refresh_sold_dates(tx, {source, target})
    return moved


def noted_moves(tx: Tenant) -> list[AliasMove]:
    """Return every move of a spelling, in the order in which they were made."""
    query = select(
        MenuAliasMove.alias, MenuAliasMove.from_menu_item_id, MenuAliasMove.to_menu_item_id, MenuAliasMove.moved_at
    ).order_by(MenuAliasMove.moved_at, MenuAliasMove.id)
    return [AliasMove(*row) for row in tx.connection.execute(query)]


def merged_items(tx: Tenant) -> dict[uuid.UUID, uuid.UUID]:
    """Return the merged items, each with the item that it was merged into."""
    spelled = set(tx.connection.scalars(select(MenuItemAlias.menu_item_id).distinct()))
    into = {move.source: move.target for move in noted_moves(tx) if move.source not in spelled}
    # If A was merged into B and then B into C, both are C now.
    return {source: _last(target, into) for source, target in into.items()}


def _last(item: uuid.UUID, into: Mapping[uuid.UUID, uuid.UUID]) -> uuid.UUID:
    """Return the item at the end of a chain of merges. The chain ends, as an item that has a spelling is not a key."""
    while item in into:
        item = into[item]
    return item


@contextlib.contextmanager
def rewound_aliases(tx: Tenant, days: Collection[dt.date] | None) -> Iterator[Callable[[dt.datetime | None], None]]:
    """Undo all moves of spellings while days are loaded again; at the end all are repeated.

    The block gets a function that repeats the moves up to a moment, with the sales of these days. So a file that is
    read again is compared as it was the first time, and none of its rows is mistaken for a repeat.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        days: the business days that are loaded again, which have no sales now; None: all.
    """
    moves = noted_moves(tx)
    if moves:
        tx.connection.execute(text("DROP TABLE IF EXISTS moved_items"))
        tx.connection.execute(text(MOVED_ITEMS))
    for move in reversed(moves):
        _point(tx, [move.alias], move.source)
    remaining = deque(moves)

    def repeat_moves(moment: dt.datetime | None = None) -> None:
        while remaining and (moment is None or remaining[0].moved_at < moment):
            move = remaining.popleft()
            _point(tx, [move.alias], move.target)
            _move_sales(tx, [move.alias], move.source, move.target, days)
            refresh_sold_dates(tx, {move.source, move.target})

    yield repeat_moves
    repeat_moves()
    if moves:
        tx.connection.execute(text(RESTORE_ITEMS))


def _point(tx: Tenant, aliases: Collection[str], item: uuid.UUID) -> None:
    tx.connection.execute(update(MenuItemAlias).where(MenuItemAlias.alias.in_(list(aliases))).values(menu_item_id=item))


def _move_sales(
    tx: Tenant, aliases: Collection[str], source: uuid.UUID, target: uuid.UUID, days: Collection[dt.date] | None
) -> int:
    """Move the sales under these spellings to another item; names are folded here because the database can't do it."""
    values = {"source": source, "days": None if days is None else list(days)}
    names = [name for name in tx.connection.scalars(text(NAMES_SOLD), values) if fold_name(name) in aliases]
    if not names:
        return 0
    return tx.connection.execute(text(MOVE_SALES), values | {"target": target, "names": names}).rowcount
