"""Facts about stock as they follow from all files now, in a temporary table, beside those that the ledger has booked.

An ingredient has facts from its first delivery or count on: what was used before then left stock that nobody stated.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from flux_pipeline.inventory.ledger.facts import Fact, FactKind
from flux_pipeline.store.costs.facts import Moment
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.ledger._statements import add_statements
from flux_pipeline.store.inventory.ledger.conversions import Unbooked, convert_statements
from flux_pipeline.store.inventory.usage import StockKitchen, read_stock_kitchen
from flux_pipeline.store.postgres.copying import stage_rows
from flux_pipeline.store.schema.selects import ANY_JOINS, HASH_JOINS, select_text

# So that the facts of a year are joined and summed in memory. The temporary tables have no statistics, but their size.
IN_MEMORY = text("SET LOCAL work_mem = '32MB'")
# The columns of a fact, in the order of the queries that add them.
FACT_COLUMNS = {
    "ingredient_id": "uuid",
    "kind": "text",
    "source": "text",
    "business_date": "date",
    "occurred_at": "timestamptz",
    "quantity": "numeric(20, 3)",
    "lot": "text",
    "expires_on": "date",
    "document": "text",
}
TAKEN = {
    "menu_item_id": "uuid",
    "since": "date",
    "until": "date",
    "ingredient_id": "uuid",
    "quantity": "numeric",
}
DAYS = {"business_date": "date", "ends_at": "timestamptz"}
STATED_DAYS = """
SELECT least((SELECT min(delivered_on) FROM deliveries), (SELECT min(counted_on) FROM inventory_counts)) AS first_day,
    greatest((SELECT max(counted_on) FROM inventory_counts), (SELECT max(wasted_on) FROM waste_records)) AS last_day
"""
ADD_USAGE = """
INSERT INTO stock_facts
SELECT
    used.ingredient_id,
    'usage',
    used.business_date::text
        || coalesce(to_char(used.counted_at AT TIME ZONE 'UTC', '" until "HH24:MI:SS"Z"'), ''),
    used.business_date,
    coalesce(used.counted_at, stock_days.ends_at),
    used.quantity,
    '',
    NULL,
    'sales of ' || used.business_date
FROM ({usage}) AS used INNER JOIN stock_days USING (business_date)
"""
# At one moment facts follow in the order of their kinds, as the pure ledger has it.
RANK = "array_position(ARRAY['receipt', 'transfer', 'usage', 'waste', 'count'], {}.kind)"
REMOVE_BEFORE_FIRST = f"""
WITH first AS (
    SELECT DISTINCT ON (ingredient_id) ingredient_id, business_date, occurred_at, {RANK.format("f")} AS rank
    FROM stock_facts AS f WHERE kind IN ('receipt', 'count')
    ORDER BY ingredient_id, business_date, occurred_at, rank
)
DELETE FROM stock_facts AS f WHERE NOT EXISTS (
    SELECT FROM first WHERE first.ingredient_id = f.ingredient_id
        AND (first.business_date, first.occurred_at, first.rank)
            <= (f.business_date, f.occurred_at, {RANK.format("f")})
)
"""  # noqa: S608  (every name is a constant)
# The first day on which the facts of an ingredient differ from those that are booked.
CHANGED = """
SELECT coalesce(f.ingredient_id, b.ingredient_id) AS ingredient_id,
    min(least(f.business_date, b.business_date)) AS first_day
FROM stock_facts AS f
FULL JOIN inventory_facts AS b
    ON b.ingredient_id = f.ingredient_id AND b.kind = f.kind AND b.source = f.source
WHERE (f.business_date, f.occurred_at, f.quantity, f.lot, f.expires_on, f.document)
    IS DISTINCT FROM (b.business_date, b.occurred_at, b.quantity, b.lot, b.expires_on, b.document)
GROUP BY 1
"""
FACTS = """
SELECT f.ingredient_id, f.kind, f.source, f.business_date, f.occurred_at, f.quantity, f.lot, f.expires_on, f.document
FROM stock_facts AS f INNER JOIN unnest(:ids ::uuid[], :days ::date[]) AS changed (ingredient_id, first_day)
    ON changed.ingredient_id = f.ingredient_id AND f.business_date >= changed.first_day
"""


@dataclass(frozen=True)
class ChangedFacts:
    """An ingredient whose facts are not those that are booked, from a day on, and all its facts from then on."""

    ingredient: uuid.UUID
    first_day: dt.date
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class FactsNow:
    """Ingredients whose facts have changed, and what could not be booked or exploded, in the kitchen as it is known."""

    changed: Sequence[ChangedFacts]
    unbooked: Sequence[Unbooked]
    items_refused: dict[str, tuple[str, ...]]
    has_statements: bool
    stock: StockKitchen


def read_changed_facts(tx: Tenant, as_of: dt.date, now: dt.datetime, delivery_time: dt.time) -> FactsNow:
    """Return what differs from the booked facts: statements of all days, and sales up to `as_of`.

    Args:
        tx: the restaurant's transaction.
        as_of: the last complete business day.
        now: the moment of the run.
        delivery_time: the local time at which deliveries count as received.
    """
    stock = read_stock_kitchen(tx, Moment(now, as_of))
    tx.connection.execute(IN_MEMORY)
    tx.connection.execute(HASH_JOINS)
    stage_rows(tx.connection, "stock_facts", FACT_COLUMNS, [])
    first_day, last_day = tx.connection.execute(text(STATED_DAYS)).one()
    unbooked: Sequence[Unbooked] = ()
    if first_day is not None:
        _stage_days(tx, first_day, max(as_of, last_day or as_of))
        converted = convert_statements(tx, stock)
        add_statements(tx, converted, delivery_time)
        unbooked = converted.unbooked
        taken = ((each.item, each.since, each.until, each.ingredient, each.quantity) for each in stock.taken())
        stage_rows(tx.connection, "stock_taken", TAKEN, taken)
        usage = select_text(tx.settings, "stock_usage")
        tx.connection.execute(text(ADD_USAGE.format(usage=usage)), {"first_day": first_day, "as_of": as_of})
        tx.connection.execute(text(REMOVE_BEFORE_FIRST))
    changed = list(_changed(tx))
    tx.connection.execute(ANY_JOINS)
    return FactsNow(changed, unbooked, stock.refused(as_of), first_day is not None, stock)


def _stage_days(tx: Tenant, first_day: dt.date, last_day: dt.date) -> None:
    days = (first_day + dt.timedelta(days=each) for each in range((last_day - first_day).days + 1))
    stage_rows(tx.connection, "stock_days", DAYS, ((day, tx.restaurant.end_of_business_day(day)) for day in days))


def _changed(tx: Tenant) -> Iterator[ChangedFacts]:
    first_days = {row.ingredient_id: row.first_day for row in tx.connection.execute(text(CHANGED))}
    if not first_days:
        return
    own: dict[uuid.UUID, list[Fact]] = {ingredient: [] for ingredient in first_days}
    given = {"ids": list(first_days), "days": list(first_days.values())}
    for row in tx.connection.execute(text(FACTS), given):
        ingredient, kind, source, day, at, quantity, lot, expires, document = row
        own[ingredient].append(Fact(FactKind(kind), source, day, at, quantity, lot, expires, document))
    for ingredient, facts in own.items():
        yield ChangedFacts(ingredient, first_days[ingredient], tuple(facts))
