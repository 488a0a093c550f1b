-- The weather of each local day at one place as it was known at a moment: what was observed by then, else the newest
-- forecast issued by then. Grain: day.
WITH known AS (
    SELECT DISTINCT ON (valid_at)
        valid_at,
        temperature_c,
        precipitation_mm
    FROM weather_data
    WHERE place = :place AND issued_at <= :known_at AND valid_at BETWEEN :first_moment AND :last_moment
    ORDER BY valid_at, kind = 'observed' DESC, issued_at DESC
)

SELECT
    (valid_at AT TIME ZONE :timezone)::date AS date,
    avg(temperature_c) AS temperature_c,
    sum(precipitation_mm) AS precipitation_mm
FROM known
GROUP BY 1
ORDER BY 1
