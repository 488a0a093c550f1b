"""Uploads that could not be read may be dismissed: a person has said that nothing more is to be done about them."""

import sqlalchemy as sa
from alembic import op

revision = "014_dismissed_uploads"
down_revision = "013_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("data_uploads", sa.Column("dismissed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take back; the log still has the acts."""
    op.drop_column("data_uploads", "dismissed_at")
