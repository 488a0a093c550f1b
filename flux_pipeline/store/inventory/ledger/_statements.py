"""Statements about stock as facts in the ingredients' units: deliveries, counts, and what was thrown away."""

import datetime as dt

from sqlalchemy import text

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.ledger.conversions import Converted
from flux_pipeline.store.postgres.copying import stage_rows

RATIOS = {"ingredient_id": "uuid", "unit": "text", "ratio": "numeric"}
OF_ITEMS = {"row_id": "uuid", "ingredient_id": "uuid", "quantity": "numeric"}
DELIVERIES = """
SELECT l.ingredient_id, 'receipt', l.id::text, d.delivered_on,
    (d.delivered_on + CAST(:night AS int) + CAST(:time AS time)) AT TIME ZONE :zone,
    round(l.quantity * r.ratio, 3), coalesce(l.lot, ''), coalesce(l.expires_on, d.delivered_on + i.shelf_life_days),
    concat_ws(' ', 'delivery', d.document, 'of ' || v.name)
FROM delivery_lines AS l
INNER JOIN deliveries AS d ON d.id = l.delivery_id AND d.superseded_at IS NULL
INNER JOIN ingredients AS i ON i.id = l.ingredient_id
INNER JOIN stock_ratios AS r ON r.ingredient_id = l.ingredient_id AND r.unit = l.unit
LEFT JOIN vendors AS v ON v.id = d.vendor_id
"""
# A count of all lots has a name that follows those of lots, so that it comes after them. What is counted of a
# preparation adds what it took to the ingredients that are counted at the same moment.
COUNTS = """
WITH counted AS (
    SELECT c.ingredient_id, c.counted_on, coalesce(c.counted_at, stock_days.ends_at) AS at, c.lot,
        c.quantity * r.ratio AS quantity, c.expires_on
    FROM inventory_counts AS c
    INNER JOIN stock_days ON stock_days.business_date = c.counted_on
    INNER JOIN stock_ratios AS r ON r.ingredient_id = c.ingredient_id AND r.unit = c.unit
    WHERE c.superseded_at IS NULL
), prepared AS (
    SELECT s.ingredient_id, coalesce(c.counted_at, stock_days.ends_at) AS at, sum(s.quantity) AS quantity
    FROM stock_of_items AS s
    INNER JOIN inventory_counts AS c ON c.id = s.row_id
    INNER JOIN stock_days ON stock_days.business_date = c.counted_on
    GROUP BY 1, 2
), found AS (
    SELECT ingredient_id, counted_on, at, lot, sum(quantity) AS quantity, min(expires_on) AS expires_on
    FROM counted WHERE lot IS NOT NULL GROUP BY ingredient_id, counted_on, at, lot
    UNION ALL
    SELECT counted.ingredient_id, counted_on, at, NULL, sum(counted.quantity) + coalesce(min(prepared.quantity), 0),
        min(expires_on) FILTER (WHERE lot IS NULL)
    FROM counted LEFT JOIN prepared USING (ingredient_id, at)
    GROUP BY counted.ingredient_id, counted_on, at HAVING bool_or(lot IS NULL)
)
SELECT f.ingredient_id, 'count',
    to_char(f.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || coalesce(' ' || f.lot, '~'),
    f.counted_on, f.at, round(f.quantity, 3), coalesce(f.lot, ''),
    coalesce(f.expires_on, f.counted_on + i.shelf_life_days), 'count of ' || f.counted_on
FROM found AS f INNER JOIN ingredients AS i ON i.id = f.ingredient_id
"""
WASTE = """
SELECT coalesce(w.ingredient_id, s.ingredient_id), 'waste', w.id::text, w.wasted_on,
    coalesce(w.wasted_at, stock_days.ends_at), round(coalesce(w.quantity * r.ratio, s.quantity), 3),
    coalesce(w.lot, ''), NULL::date, w.reason
FROM waste_records AS w
INNER JOIN stock_days ON stock_days.business_date = w.wasted_on
LEFT JOIN stock_ratios AS r ON r.ingredient_id = w.ingredient_id AND r.unit = w.unit
LEFT JOIN stock_of_items AS s ON s.row_id = w.id
WHERE w.superseded_at IS NULL AND coalesce(r.ingredient_id, s.ingredient_id) IS NOT NULL
"""


def add_statements(tx: Tenant, converted: Converted, delivery_time: dt.time) -> None:
    """Add the facts of deliveries, counts and waste to the temporary table `stock_facts`; it needs `stock_days` too.

    Args:
        tx: the restaurant's transaction.
        converted: the statements' units and dishes.
        delivery_time: the local time at which deliveries count as received.
    """
    ratios = ((*pair, ratio) for pair, ratio in converted.ratios.items())
    stage_rows(tx.connection, "stock_ratios", RATIOS, ratios)
    of_items = ((*row, quantity) for row, quantity in converted.of_items.items())
    stage_rows(tx.connection, "stock_of_items", OF_ITEMS, of_items)
    clock = tx.restaurant.clock
    night = int(clock.is_before_cutoff(delivery_time))
    given = {"night": night, "time": delivery_time, "zone": clock.timezone}
    for query, parameters in ((DELIVERIES, given), (COUNTS, {}), (WASTE, {})):
        tx.connection.execute(text(f"INSERT INTO stock_facts {query}"), parameters)
