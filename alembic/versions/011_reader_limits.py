"""Limits of readers' logins: this revision only lets `bootstrap` run again, which sets them.

They are rights on the server's functions and settings of its logins, which the schema's owner may not change.
"""

revision = "011_reader_limits"
down_revision = "010_known_hours"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""


def downgrade() -> None:
    """Undo the change: an earlier version of Flux works with the limits too."""
