-- The local days on which something near the restaurant draws people, as it was known at a moment. Distances are
-- great-circle ones (haversine, Earth's mean radius 6,371 km). Grain: day.
SELECT
    day::date AS date,
    string_agg(DISTINCT name, ', ' ORDER BY name) AS event_names,
    sum(coalesce(expected_attendance, 0)) AS expected_attendance
FROM local_events
CROSS JOIN LATERAL generate_series(
    (starts_at AT TIME ZONE :timezone)::date::timestamp,
    ((ends_at - interval '1 second') AT TIME ZONE :timezone)::date::timestamp,
    interval '1 day'
) AS day
WHERE known_at <= :known_at
    AND starts_at <= :last_moment
    AND ends_at >= :first_moment
    AND coalesce(expected_attendance, :least_attendance) >= :least_attendance
    AND 2 * 6371 * asin(sqrt(
        power(sin(radians(latitude - :latitude) / 2), 2)
        + cos(radians(:latitude)) * cos(radians(latitude)) * power(sin(radians(longitude - :longitude) / 2), 2)
    )) <= :radius_km
GROUP BY 1
ORDER BY 1
