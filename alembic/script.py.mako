"""${message}

While this runs, and until every process is restarted, the previous version of the code still works on these tables: add
columns as nullable or with a default, and drop what nothing reads any more in a later migration.
"""

# What a migration here must have (delete this list when you have checked it):
# * Tenant keys: the primary key, the unique constraints and the foreign keys of a restaurant's table begin with
#   restaurant_id, as in `flux_pipeline/store/models/base.py`. A plain foreign key could point at another restaurant.
# * Policies, in the migration that creates the table: SELECT flux_protect_tenant_table('<table>'), and
#   SELECT flux_admit_readers('<table>') if BI tools may read it. A table of no restaurant is declared in
#   `flux_pipeline/store/tenancy/_law.py`. `flux doctor --tenancy` proves both.
# * A downgrade that undoes all of the upgrade; `flux_pipeline_tests/store/test_migrations.py` runs it and compares.
# * Its own names and SQL instead of imports from flux_pipeline: the models change later, a migration never does.
# * Row-level security is forced on the owner too: to change rows of all restaurants, see 010_known_hours.py.

import sqlalchemy as sa
${imports if imports else ""}
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo the change."""
    ${downgrades if downgrades else "pass"}
