-- The weather of each local day at one place as it was known at a moment: what was observed by then, else the newest
-- forecast issued by then. A day has one source, the one that says most of it: hours of one and a daily sum of another
-- must not be added up. Grain: day.
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
        count(*) AS told,
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
ORDER BY date, told DESC, source
