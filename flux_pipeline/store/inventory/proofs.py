"""Proof that stock is the sum of its movements."""

from sqlalchemy import text

from flux_pipeline.records.proof import Proof
from flux_pipeline.store.door import Tenant
from flux_pipeline.wording import count_of

# What is short has no lot and no day of arrival, as in the ledger.
DIFFERENCES = """
SELECT count(DISTINCT ingredient_id) AS ingredients,
    count(DISTINCT ingredient_id) FILTER (WHERE total <> booked) AS wrong,
    count(*) AS lots, count(*) FILTER (WHERE total <> booked) AS wrong_lots
FROM (
    SELECT ingredient_id, sum(stored) AS total, sum(moved) AS booked
    FROM (
        SELECT ingredient_id, lot, expires_on, arrived_on, quantity_on_hand AS stored, 0 AS moved FROM inventory
        UNION ALL
        SELECT ingredient_id, '', NULL, NULL, quantity, 0 FROM inventory_shortfalls
        UNION ALL
        SELECT ingredient_id, lot, expires_on, arrived_on, 0, sum(quantity)
        FROM inventory_movements GROUP BY ingredient_id, lot, expires_on, arrived_on
    ) AS each_lot
    GROUP BY ingredient_id, lot, expires_on, arrived_on
) AS compared
"""


def stock_sums(tx: Tenant) -> Proof:
    """Check that what is in stock of each lot, and short of each ingredient, is the sum of its movements."""
    row = tx.connection.execute(text(DIFFERENCES)).one()
    looked_at = {"ingredients": row.ingredients, "lots": row.lots, "lots_that_differ": row.wrong_lots}
    if not row.wrong:
        return Proof(looked_at, [])
    wrong = (
        f"The stock of {row.wrong} of {count_of(row.ingredients, 'ingredient')} is not the sum of the movements, in "
        f"{count_of(row.wrong_lots, 'lot')}, because somebody changed the tables by hand. Take that back, or count all "
        f"ingredients: the next run writes the stock of what was counted from the movements again."
    )
    return Proof(looked_at, [wrong])
