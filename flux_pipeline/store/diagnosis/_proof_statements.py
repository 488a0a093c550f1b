"""SQL statements of the proofs: all read a few rows by an index, except UPLOAD_ACCOUNTING, which counts."""

UPLOAD_ACCOUNTING = """
SELECT u.file_name,
       u.loaded_count, coalesce(d.brought, 0) AS brought, coalesce(d.current, 0) AS current,
       coalesce(l.lines, 0) AS lines, u.rejected_count, coalesce(r.kept, 0) AS kept
FROM data_uploads u
LEFT JOIN (
    SELECT t.data_upload_id, count(*) AS lines
    FROM transactions t JOIN transaction_items i USING (restaurant_id, business_date)
    WHERE i.transaction_id = t.id GROUP BY t.data_upload_id
) l ON l.data_upload_id = u.id
LEFT JOIN (SELECT data_upload_id, count(*) AS kept FROM rejected_rows GROUP BY data_upload_id) r
    ON r.data_upload_id = u.id
LEFT JOIN (
    SELECT data_upload_id, sum(line_count) AS brought, sum(line_count) FILTER (WHERE status = 'current') AS current
    FROM upload_days GROUP BY data_upload_id
) d ON d.data_upload_id = u.id
WHERE u.kind = 'sales' AND u.status = ANY(:counted)
"""

# A day is open if it is in the declared week, or if no week is declared, and no closure is announced for it.
MISSING_DAYS = """
WITH newest AS (SELECT max(business_date) AS day FROM upload_days WHERE status = 'current' AND line_count > 0)
SELECT newest.day AS newest, count(d) FILTER (
    WHERE NOT EXISTS (SELECT FROM closures c WHERE c.date = d::date AND c.superseded_at IS NULL)
      AND (NOT EXISTS (SELECT FROM operating_hours WHERE superseded_at IS NULL AND NOT is_closed)
           OR EXISTS (SELECT FROM operating_hours o WHERE o.superseded_at IS NULL AND NOT o.is_closed
                      AND o.day_of_week = extract(isodow FROM d) - 1))
) AS missing
FROM newest LEFT JOIN LATERAL generate_series(newest.day + 1, CAST(:until AS date), interval '1 day') d ON true
GROUP BY newest.day
"""

# Every item of the run, and every item that was on the menu by the end of the day and that no menu file has changed
# since, must have a current row on each day of the horizon; a unique index refuses a second one.
FORECAST_COVERAGE = """
WITH run AS (
    SELECT id, as_of, (output_summary ->> 'forecast_from')::date AS first,
           (output_summary ->> 'forecast_to')::date AS last
    FROM algorithm_runs
    WHERE algorithm = :algorithm AND status = 'succeeded'
    ORDER BY as_of DESC, finished_at DESC LIMIT 1
), item AS (
    SELECT f.menu_item_id AS id FROM run JOIN demand_forecasts f ON f.as_of = run.as_of AND f.algorithm_run_id = run.id
    UNION
    SELECT m.id FROM run JOIN menu_items m ON m.is_active
        AND (m.first_sold_on <= run.as_of OR (NOT m.auto_created AND m.created_at < run.as_of + 1))
    WHERE NOT EXISTS (SELECT FROM menu_item_changes c WHERE c.menu_item_id = m.id AND c.known_at >= run.as_of)
)
SELECT run.as_of::text AS as_of, (SELECT count(*) FROM item) AS items, run.last - run.first + 1 AS days,
       (SELECT count(*) FROM demand_forecasts f JOIN item ON item.id = f.menu_item_id
        WHERE f.as_of = run.as_of AND f.is_current AND f.forecast_date BETWEEN run.first AND run.last) AS rows
FROM run
"""

UNORDERED_QUANTILES = """
WITH newest AS (SELECT max(as_of) AS as_of FROM demand_forecasts_by_restaurant WHERE is_current), row AS (
    SELECT 'items' AS of, p10_quantity AS p10, p50_quantity AS p50, p90_quantity AS p90, p99_quantity AS p99
    FROM demand_forecasts WHERE is_current AND as_of = (SELECT as_of FROM newest)
    UNION ALL
    SELECT 'categories', p10_quantity, p50_quantity, p90_quantity, p99_quantity
    FROM demand_forecasts_by_category WHERE is_current AND as_of = (SELECT as_of FROM newest)
    UNION ALL
    SELECT 'the restaurant', p10_quantity, p50_quantity, p90_quantity, p99_quantity
    FROM demand_forecasts_by_restaurant WHERE is_current AND as_of = (SELECT as_of FROM newest)
)
SELECT of, count(*) AS rows,
       count(*) FILTER (WHERE NOT (0 <= p10 AND p10 <= p50 AND p50 <= p90 AND p90 <= p99)) AS unordered
FROM row GROUP BY of ORDER BY of
"""

# Quantities are whole, so many actuals lie exactly on a quantile: the share within p10 to p90 may be any between
# `inside` (without the bounds) and `within` (with them).
COVERAGE = """
SELECT count(*) AS days, min(date)::text AS window_from, max(date)::text AS window_to,
       avg(inside) AS inside, avg(within) AS within
FROM (
    SELECT forecast_date AS date,
           avg((p10_quantity < actual_quantity AND actual_quantity < p90_quantity)::integer) AS inside,
           avg(is_within_p10_p90::integer) AS within
    FROM forecast_accuracy
    WHERE menu_item_id IS NOT NULL AND NOT is_retrospective
      AND forecast_date > (SELECT max(forecast_date) FROM forecast_accuracy) - 2 * CAST(:days AS integer)
    GROUP BY forecast_date ORDER BY forecast_date DESC LIMIT :days
) day
"""

# The periods of an interval that crosses midnight belong to the day on which it began, as in staffing_forecasts.
# Without declared hours, each day with demand needs at least one staffed period (`minute` is then NULL).
UNSTAFFED_PERIODS = """
WITH newest AS (
    SELECT n.as_of, max(s.period_minutes) AS length
    FROM (SELECT max(as_of) AS as_of FROM staffing_forecasts WHERE is_current) n
    LEFT JOIN staffing_forecasts s ON s.is_current AND s.as_of = n.as_of
    GROUP BY n.as_of
), role AS (
    SELECT DISTINCT employee_role_id AS id FROM staffing_forecasts, newest
    WHERE is_current AND staffing_forecasts.as_of = newest.as_of
), span AS (
    SELECT day_of_week, extract(epoch FROM open_time) / 60 AS opens,
           extract(epoch FROM close_time) / 60 + CASE WHEN close_time <= open_time THEN 1440 ELSE 0 END AS closes
    FROM operating_hours WHERE superseded_at IS NULL AND NOT is_closed
), day AS (
    SELECT f.forecast_date AS date FROM demand_forecasts_by_restaurant f, newest
    WHERE f.as_of = newest.as_of AND f.is_current AND f.predicted_quantity > 0
      AND NOT EXISTS (SELECT FROM closures c WHERE c.date = f.forecast_date AND c.superseded_at IS NULL)
), open AS (
    SELECT DISTINCT day.date, (place::integer * newest.length) % 1440 AS minute
    FROM newest CROSS JOIN day JOIN span ON span.day_of_week = extract(isodow FROM day.date) - 1
    CROSS JOIN LATERAL generate_series(floor(span.opens / newest.length), ceil(span.closes / newest.length) - 1) place
    UNION ALL
    SELECT date, NULL FROM day WHERE NOT EXISTS (SELECT FROM span)
)
SELECT newest.as_of::text AS as_of, count(DISTINCT open.date) AS days, count(open.date) AS open_periods,
       (SELECT count(*) FROM role) AS roles,
       count(open.date) FILTER (WHERE (
           SELECT count(DISTINCT s.employee_role_id) FROM staffing_forecasts s
           WHERE s.is_current AND s.as_of = newest.as_of AND s.forecast_date = open.date
             AND (open.minute IS NULL OR s.period_start = make_time(open.minute / 60, open.minute % 60, 0))
       ) < (SELECT count(*) FROM role)) AS unstaffed
FROM newest LEFT JOIN open ON true
GROUP BY newest.as_of
"""
