"""Proof that what is sold by a recipe has a cost."""

from sqlalchemy import text

from flux_pipeline.records.proof import Proof
from flux_pipeline.store.door import Tenant
from flux_pipeline.wording import count_of

# Of each item its newest current row.
NEWEST_COSTS = """
SELECT count(*) AS items, count(*) FILTER (WHERE cost_with_waste IS NULL) AS without
FROM (
    SELECT DISTINCT ON (c.menu_item_id) c.cost_with_waste
    FROM menu_item_costs c JOIN menu_items m ON m.id = c.menu_item_id
    WHERE c.superseded_at IS NULL AND m.is_active
    ORDER BY c.menu_item_id, c.valid_from DESC
) newest
"""


def costed_recipes(tx: Tenant) -> Proof:
    """Check that each item on the menu that has a confirmed recipe has a cost."""
    row = tx.connection.execute(text(NEWEST_COSTS)).one()
    wrong = []
    if row.without:
        wrong.append(
            f"{count_of(row.without, 'item')} of {row.items} on the menu with a recipe have no cost, because a part of "
            f"each lacks one. `flux costs --restaurant {tx.restaurant.slug}` names the parts and says what to enter."
        )
    return Proof({"items_with_recipe": row.items, "items_without_cost": row.without}, wrong)
