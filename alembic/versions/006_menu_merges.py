"""Which menu item a spelling came to mean, and since when: menu items that were merged, and taken apart again."""

import sqlalchemy as sa
from alembic import op

revision = "006_menu"
down_revision = "005_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "menu_alias_moves",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("from_menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("to_menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "alias"],
            ["menu_item_aliases.restaurant_id", "menu_item_aliases.alias"],
            name="fk_menu_alias_moves_restaurant_id_alias",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "from_menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_menu_alias_moves_restaurant_id_from_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "to_menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_menu_alias_moves_restaurant_id_to_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_menu_alias_moves_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_menu_alias_moves"),
    )
    op.execute("SELECT flux_protect_tenant_table('menu_alias_moves')")
    op.execute("SELECT flux_admit_readers('menu_alias_moves')")


def downgrade() -> None:
    """Take back. What was merged stays merged; a rebuild then reads every file by the spellings of today."""
    op.drop_table("menu_alias_moves")
