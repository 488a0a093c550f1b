"""What is known of an upload beside its rows: what its sender said, its header, its days; spellings that look alike."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "005_uploads"
down_revision = "004_access"
branch_labels = None
depends_on = None

STATUSES = (
    "status IN ('received', 'processing', 'completed', 'completed_with_errors', 'failed', 'withdrawn', 'validated')"
)
EARLIER_STATUSES = "status IN ('received', 'processing', 'completed', 'completed_with_errors', 'failed')"
COUNTED = ("data_uploads", "transactions", "transaction_items")
DAYS_OF_EARLIER_UPLOADS = """
INSERT INTO upload_days
    (restaurant_id, data_upload_id, business_date, is_ticketed, line_count, item_count, quantity, line_amount)
SELECT t.restaurant_id, t.data_upload_id, t.business_date, t.source_ticket_id IS NOT NULL, count(*),
       count(DISTINCT i.menu_item_id), sum(i.quantity), sum(i.line_amount)
FROM transactions t
JOIN transaction_items i ON i.restaurant_id = t.restaurant_id AND i.business_date = t.business_date
                        AND i.transaction_id = t.id
GROUP BY 1, 2, 3, 4
"""
ALL_BUT_ONE_OF_A_LINE = """
DELETE FROM rejected_rows r USING rejected_rows kept
WHERE kept.restaurant_id = r.restaurant_id AND kept.data_upload_id = r.data_upload_id
  AND kept.line_number = r.line_number AND kept.id < r.id
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("data_uploads", sa.Column("hints", JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("data_uploads", sa.Column("header_fingerprint", sa.Text(), nullable=True))
    op.add_column("data_uploads", sa.Column("drift", JSONB(), server_default=sa.text("'[]'"), nullable=False))
    # The owner is held to the policies too, so the current rows are carried over table-wide with them off for a moment.
    op.execute("ALTER TABLE data_uploads NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE data_uploads SET hints = jsonb_build_object('columns', column_overrides)")
    op.execute("ALTER TABLE data_uploads FORCE ROW LEVEL SECURITY")
    op.drop_column("data_uploads", "column_overrides")
    op.drop_constraint(op.f("ck_data_uploads_status_is_known"), "data_uploads", type_="check")
    op.create_check_constraint(op.f("ck_data_uploads_status_is_known"), "data_uploads", STATUSES)
    op.drop_index("uq_data_uploads_content", table_name="data_uploads")
    op.create_index(
        "uq_data_uploads_content",
        "data_uploads",
        ["restaurant_id", "kind", "content_sha256"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('failed', 'withdrawn')"),
    )
    op.create_index(
        "ix_data_uploads_header", "data_uploads", ["restaurant_id", "kind", "header_fingerprint", "received_at"]
    )
    op.add_column("rejected_rows", sa.Column("sheet_name", sa.Text(), nullable=True))
    op.drop_constraint("uq_rejected_rows_restaurant_id_data_upload_id_line_number", "rejected_rows", type_="unique")
    op.create_index("ix_rejected_rows_upload", "rejected_rows", ["restaurant_id", "data_upload_id", "line_number"])
    op.add_column("menu_item_aliases", sa.Column("suggested_menu_item_id", sa.Uuid(), nullable=True))
    op.add_column("menu_item_aliases", sa.Column("similarity", sa.Numeric(precision=4, scale=3), nullable=True))
    op.create_foreign_key(
        "fk_menu_item_aliases_restaurant_id_suggested_menu_item_id",
        "menu_item_aliases",
        "menu_items",
        ["restaurant_id", "suggested_menu_item_id"],
        ["restaurant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_check_constraint(
        op.f("ck_menu_item_aliases_similarity_is_a_share"), "menu_item_aliases", "similarity BETWEEN 0 AND 1"
    )
    op.create_table(
        "upload_days",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("data_upload_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("is_ticketed", sa.Boolean(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("line_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'current'"), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('current', 'superseded', 'withdrawn')", name=op.f("ck_upload_days_status_is_known")
        ),
        sa.CheckConstraint(
            "(status = 'superseded') = (superseded_by IS NOT NULL)", name=op.f("ck_upload_days_by_whom")
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "data_upload_id"],
            ["data_uploads.restaurant_id", "data_uploads.id"],
            name="fk_upload_days_restaurant_id_data_upload_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "superseded_by"],
            ["data_uploads.restaurant_id", "data_uploads.id"],
            name="fk_upload_days_restaurant_id_superseded_by",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_upload_days_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_upload_days"),
        sa.UniqueConstraint(
            "restaurant_id",
            "data_upload_id",
            "business_date",
            "is_ticketed",
            name="uq_upload_days_part",
        ),
    )
    # The key to data_uploads proves the restaurant; this one made every load of tickets slower.
    op.drop_constraint("fk_transactions_restaurant_id", "transactions", type_="foreignkey")
    op.create_index("ix_upload_days_business_date", "upload_days", ["restaurant_id", "business_date"])
    # As above: for what was loaded before, the days are counted from the rows.
    for table in COUNTED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(DAYS_OF_EARLIER_UPLOADS)
    for table in COUNTED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("SELECT flux_protect_tenant_table('upload_days')")
    op.execute("SELECT flux_admit_readers('upload_days')")


def downgrade() -> None:
    """Take back."""
    op.drop_table("upload_days")
    op.create_foreign_key(
        "fk_transactions_restaurant_id", "transactions", "restaurants", ["restaurant_id"], ["id"], ondelete="RESTRICT"
    )
    op.drop_constraint(op.f("ck_menu_item_aliases_similarity_is_a_share"), "menu_item_aliases", type_="check")
    op.drop_constraint(
        "fk_menu_item_aliases_restaurant_id_suggested_menu_item_id", "menu_item_aliases", type_="foreignkey"
    )
    op.drop_column("menu_item_aliases", "similarity")
    op.drop_column("menu_item_aliases", "suggested_menu_item_id")
    op.drop_index("ix_rejected_rows_upload", table_name="rejected_rows")
    # Sheets of a workbook repeat line numbers; the earlier schema keeps one line of each number.
    op.execute("ALTER TABLE rejected_rows NO FORCE ROW LEVEL SECURITY")
    op.execute(ALL_BUT_ONE_OF_A_LINE)
    op.execute("ALTER TABLE rejected_rows FORCE ROW LEVEL SECURITY")
    op.create_unique_constraint(
        "uq_rejected_rows_restaurant_id_data_upload_id_line_number",
        "rejected_rows",
        ["restaurant_id", "data_upload_id", "line_number"],
    )
    op.drop_column("rejected_rows", "sheet_name")
    op.drop_index("ix_data_uploads_header", table_name="data_uploads")
    op.drop_index("uq_data_uploads_content", table_name="data_uploads")
    op.drop_constraint(op.f("ck_data_uploads_status_is_known"), "data_uploads", type_="check")
    op.execute("ALTER TABLE data_uploads NO FORCE ROW LEVEL SECURITY")
    # Its rows are gone, and the status that said so is too.
    op.execute("UPDATE data_uploads SET status = 'failed', error = status WHERE status IN ('withdrawn', 'validated')")
    # Only now, because a withdrawn file may have been loaded again.
    op.create_index(
        "uq_data_uploads_content",
        "data_uploads",
        ["restaurant_id", "kind", "content_sha256"],
        unique=True,
        postgresql_where=sa.text("status <> 'failed'"),
    )
    op.create_check_constraint(op.f("ck_data_uploads_status_is_known"), "data_uploads", EARLIER_STATUSES)
    op.add_column(
        "data_uploads", sa.Column("column_overrides", JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    op.execute("UPDATE data_uploads SET column_overrides = coalesce(hints -> 'columns', '{}')")
    op.execute("ALTER TABLE data_uploads FORCE ROW LEVEL SECURITY")
    op.drop_column("data_uploads", "drift")
    op.drop_column("data_uploads", "header_fingerprint")
    op.drop_column("data_uploads", "hints")
