-- The weather of each local day at one place, as known at a moment: the observations made by then, else the newest
-- forecast issued by then. Each day uses one source, the one with the most values: hours of one source and a daily sum
-- of another must not be added up. Grain: day.
WITH known AS (
    SELECT DISTINCT ON (source, valid_at)
        source,
        (valid_at AT TIME ZONE :timezone)::date AS date,
        temperature_c,
        precipitation_mm
    FROM weather_data
    WHERE place = :place AND issued_at <= :known_at AND valid_at BETWEEN :first_moment AND :last_moment
    ORDER BY source, valid_at, kind = 'observed' DESC, issued_at DESC
),

by_source AS (
    SELECT
        date,
        source,
        count(*) AS value_count,
        avg(temperature_c) AS temperature_c,
        sum(precipitation_mm) AS precipitation_mm
    FROM known
    GROUP BY date, source
)

SELECT DISTINCT ON (date)
    date,
    temperature_c,
    precipitation_mm
FROM by_source
ORDER BY date, value_count DESC, source
