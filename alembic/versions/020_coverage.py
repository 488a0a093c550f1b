"""Coverage: how often what was sold was within the published quantiles, by item, weekday and days ahead."""

from alembic import op

revision = "020_coverage"
down_revision = "019_ledger_keys"
branch_labels = None
depends_on = None

# The bounds are those of `demand.judging.losses.coverage_margin`: two standard errors over days. A quantity that is
# exactly p10 or p90 counts as within for the lower bound, and as outside for the upper one.
COVERAGE = """
CREATE VIEW forecast_coverage WITH (security_invoker = true) AS
WITH newest AS (
    SELECT restaurant_id, max(forecast_date) AS day
    FROM forecast_accuracy WHERE NOT is_retrospective GROUP BY restaurant_id
),

counted AS (
    SELECT
        a.restaurant_id,
        a.menu_item_id,
        m.name AS menu_item_name,
        extract(ISODOW FROM a.forecast_date)::integer AS weekday,
        a.days_ahead,
        count(DISTINCT a.forecast_date) AS day_count,
        count(*) AS forecast_count,
        avg(a.is_within_p10_p90::integer)::float8 AS share_within_p10_p90,
        avg((a.p10_quantity < a.actual_quantity AND a.actual_quantity < a.p90_quantity)::integer)::float8
            AS share_inside_p10_p90,
        avg(a.is_within_p99::integer)::float8 AS share_within_p99
    FROM newest
    INNER JOIN forecast_accuracy AS a ON a.restaurant_id = newest.restaurant_id AND a.forecast_date > newest.day - 56
    INNER JOIN menu_items AS m ON m.restaurant_id = a.restaurant_id AND m.id = a.menu_item_id
    WHERE NOT a.is_retrospective
    GROUP BY GROUPING SETS (
        (a.restaurant_id),
        (a.restaurant_id, a.menu_item_id, m.name),
        (a.restaurant_id, extract(ISODOW FROM a.forecast_date)::integer),
        (a.restaurant_id, a.days_ahead)
    )
),

bounded AS (
    SELECT
        *,
        0.8 - 2 * sqrt(0.8 * 0.2 / day_count) AS expected_from,
        0.8 + 2 * sqrt(0.8 * 0.2 / day_count) AS expected_to,
        0.99 - 2 * sqrt(0.99 * 0.01 / day_count) AS expected_p99_from
    FROM counted
)

SELECT
    *,
    share_within_p10_p90 >= expected_from AND share_inside_p10_p90 <= expected_to AS is_within_bounds,
    share_within_p99 >= expected_p99_from AS is_p99_within_bounds
FROM bounded
"""


def upgrade() -> None:
    """Apply."""
    op.execute(COVERAGE)
    op.execute("GRANT SELECT ON forecast_coverage TO flux_app, flux_reader")


def downgrade() -> None:
    """Take back."""
    op.execute("DROP VIEW forecast_coverage")
