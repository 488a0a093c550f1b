-- The weather of each local day at one place, as known at a moment: what was observed by then, else the newest forecast
-- that was issued by then. Each day uses one source, of which all is observed if possible, else the one with the most
-- values: hours of one source and a daily sum of another must not be added up. A day that is known for less than half
-- of its hours is unknown, and the rain of hours without a value is taken to be that of the others. Grain: day.
WITH observed AS (
    SELECT source, valid_at, issued_at, kind, temperature_c, precipitation_mm
    FROM weather_data
    WHERE place = :place AND kind = 'observed' AND issued_at <= :known_at AND valid_at BETWEEN :first_moment AND :last_moment
),

observed_days AS (
    SELECT DISTINCT (valid_at AT TIME ZONE :timezone)::date AS date
    FROM observed
),

-- Forecasts are read only for days without an observation and for the last observed one, which may have just begun:
-- a past hour has over sixty forecasts.
unobserved_days AS (
    SELECT day::date AS date
    FROM generate_series(
        (CAST(:first_moment AS timestamptz) AT TIME ZONE :timezone)::date::timestamp,
        (CAST(:last_moment AS timestamptz) AT TIME ZONE :timezone)::date::timestamp,
        interval '1 day'
    ) AS day
    WHERE day::date NOT IN (SELECT date FROM observed_days WHERE date < (SELECT max(date) FROM observed_days))
),

values_known AS (
    SELECT DISTINCT ON (source, valid_at) *
    FROM (
        SELECT * FROM observed
        UNION ALL
        SELECT ahead.source, ahead.valid_at, ahead.issued_at, ahead.kind, ahead.temperature_c, ahead.precipitation_mm
        FROM unobserved_days
        CROSS JOIN LATERAL (
            SELECT *
            FROM weather_data
            WHERE place = :place AND kind = 'forecast' AND issued_at <= :known_at
                AND valid_at >= date::timestamp AT TIME ZONE :timezone
                AND valid_at < (date + 1)::timestamp AT TIME ZONE :timezone
        ) AS ahead
    ) AS every
    ORDER BY source, valid_at, kind = 'observed' DESC, issued_at DESC
),

known AS (
    SELECT
        *,
        (valid_at AT TIME ZONE :timezone)::date AS date,
        valid_at - lag(valid_at) OVER (PARTITION BY source ORDER BY valid_at) AS step
    FROM values_known
),

-- Hours without a value may have no row, so the least step between rows says how many a whole day has.
by_source AS (
    SELECT
        date,
        source,
        count(*) AS value_count,
        greatest(1, round(coalesce(
            extract(epoch FROM (date + 1)::timestamp AT TIME ZONE :timezone - date::timestamp AT TIME ZONE :timezone)
            / extract(epoch FROM min(step)), 1
        ))) AS whole_count,
        bool_and(kind = 'observed') AS is_observed,
        max(issued_at) FILTER (WHERE kind = 'forecast') AS forecast_at,
        avg(temperature_c) AS temperature_c,
        avg(precipitation_mm) AS precipitation_mm,
        count(temperature_c) AS temperature_count,
        count(precipitation_mm) AS precipitation_count
    FROM known
    GROUP BY date, source
)

SELECT DISTINCT ON (date)
    date,
    CASE WHEN temperature_count * 2 >= whole_count THEN temperature_c END AS temperature_c,
    CASE
        WHEN precipitation_count * 2 < whole_count THEN NULL
        WHEN value_count = 1 THEN precipitation_mm
        ELSE precipitation_mm * whole_count
    END AS precipitation_mm,
    CASE
        WHEN is_observed THEN 'observed'
        ELSE 'forecast issued ' || to_char(forecast_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
    END AS source_kind
FROM by_source
ORDER BY date, is_observed DESC, value_count DESC, source
