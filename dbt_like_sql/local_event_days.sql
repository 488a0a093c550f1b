-- The local days on which something near the restaurant draws people, as it was known at a moment. Distances are
-- great-circle ones (haversine, Earth's mean radius 6,371 km). An event of whole UTC days was announced by its dates,
-- and those are meant in local time; any other counts on the local days that it touches. Grain: day.
WITH near AS (
    SELECT
        name,
        expected_attendance,
        (starts_at AT TIME ZONE zone)::date AS first_day,
        ((ends_at - interval '1 second') AT TIME ZONE zone)::date AS last_day
    FROM local_events
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN (starts_at AT TIME ZONE 'UTC')::time = '00:00' AND (ends_at AT TIME ZONE 'UTC')::time = '00:00' THEN 'UTC'
                ELSE :timezone
            END AS zone
    ) AS meant
    WHERE known_at <= :known_at
        AND starts_at <= :last_moment
        AND ends_at >= :first_moment
        AND coalesce(expected_attendance, :least_attendance) >= :least_attendance
        AND 2 * 6371 * asin(sqrt(
            power(sin(radians(latitude - :latitude) / 2), 2)
            + cos(radians(:latitude)) * cos(radians(latitude)) * power(sin(radians(longitude - :longitude) / 2), 2)
        )) <= :radius_km
)

SELECT
    day::date AS date,
    string_agg(DISTINCT name, ', ' ORDER BY name) AS event_names,
    sum(coalesce(expected_attendance, 0)) AS expected_attendance
FROM near
CROSS JOIN LATERAL generate_series(first_day::timestamp, greatest(first_day, last_day)::timestamp, interval '1 day') AS day
GROUP BY 1
ORDER BY 1
