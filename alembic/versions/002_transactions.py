"""The menu, tickets and their lines by month, and the daily sums."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "002_transactions"
down_revision = "001_initial_schema"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "menu_categories",
    "menu_items",
    "transactions",
    "daily_item_sales",
    "menu_item_aliases",
    "transaction_items",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "menu_categories",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "parent_id"],
            ["menu_categories.restaurant_id", "menu_categories.id"],
            name="fk_menu_categories_restaurant_id_parent_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_menu_categories_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_menu_categories"),
        sa.UniqueConstraint("restaurant_id", "name", name="uq_menu_categories_restaurant_id_name"),
    )
    op.create_table(
        "menu_items",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("menu_category_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("auto_created", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("first_sold_on", sa.Date(), nullable=True),
        sa.Column("last_sold_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_menu_items_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_category_id"],
            ["menu_categories.restaurant_id", "menu_categories.id"],
            name="fk_menu_items_restaurant_id_menu_category_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_menu_items_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_menu_items"),
        sa.UniqueConstraint("restaurant_id", "name", name="uq_menu_items_restaurant_id_name"),
    )
    op.create_table(
        "transactions",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("data_upload_id", sa.Uuid(), nullable=False),
        sa.Column("source_ticket_id", sa.Text(), nullable=True),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("discount_amount", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("covers", sa.Integer(), nullable=True),
        sa.Column("channel", sa.Text(), server_default=sa.text("'unknown'"), nullable=False),
        sa.Column("is_promo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_refund", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "channel IN ('dine_in', 'takeaway', 'delivery', 'unknown')", name=op.f("ck_transactions_channel_is_known")
        ),
        sa.CheckConstraint("covers >= 0", name=op.f("ck_transactions_covers_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "data_upload_id"],
            ["data_uploads.restaurant_id", "data_uploads.id"],
            name="fk_transactions_restaurant_id_data_upload_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_transactions_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "business_date", "id", name="pk_transactions"),
        postgresql_partition_by="RANGE (business_date)",
    )
    op.create_index("ix_transactions_upload", "transactions", ["restaurant_id", "data_upload_id"], unique=False)
    op.create_index(
        "uq_transactions_ticket",
        "transactions",
        ["restaurant_id", "business_date", "source_ticket_id"],
        unique=True,
        postgresql_where=sa.text("source_ticket_id IS NOT NULL"),
    )
    op.create_table(
        "daily_item_sales",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("line_amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("ticket_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_daily_item_sales_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "business_date", "menu_item_id", name="pk_daily_item_sales"),
    )
    op.create_table(
        "menu_item_aliases",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_menu_item_aliases_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_menu_item_aliases_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_menu_item_aliases"),
        sa.UniqueConstraint("restaurant_id", "alias", name="uq_menu_item_aliases_restaurant_id_alias"),
    )
    op.create_index("ix_menu_item_aliases_item", "menu_item_aliases", ["restaurant_id", "menu_item_id"], unique=False)
    op.create_table(
        "transaction_items",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("menu_item_name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("line_amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("modifiers", JSONB(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_transaction_items_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint(
            "restaurant_id", "business_date", "transaction_id", "line_number", name="pk_transaction_items"
        ),
        postgresql_partition_by="RANGE (business_date)",
    )
    op.create_index(
        "ix_transaction_items_item",
        "transaction_items",
        ["restaurant_id", "menu_item_id", "business_date"],
        unique=False,
    )
    for table in TENANT_TABLES:
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")


def downgrade() -> None:
    """Take back."""

    op.drop_index("ix_transaction_items_item", table_name="transaction_items")
    op.drop_table("transaction_items")
    op.drop_index("ix_menu_item_aliases_item", table_name="menu_item_aliases")
    op.drop_table("menu_item_aliases")
    op.drop_table("daily_item_sales")
    op.drop_index(
        "uq_transactions_ticket", table_name="transactions", postgresql_where=sa.text("source_ticket_id IS NOT NULL")
    )
    op.drop_index("ix_transactions_upload", table_name="transactions")
    op.drop_table("transactions")
    op.drop_table("menu_items")
    op.drop_table("menu_categories")
