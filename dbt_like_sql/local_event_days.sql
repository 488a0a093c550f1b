-- The local days with an event near the restaurant or a school holiday, as known at a moment. Distances are great-circle
-- distances (haversine, Earth's mean radius 6,371 km). An event of whole UTC days was announced by its dates, which mean
-- local days; any other event counts on each local day that it touches. School holidays belong to a region: one without
-- a place counts everywhere, and needs no attendance. Grain: day.
WITH known AS (
    SELECT
        name,
        expected_attendance,
        kind = 'school_holiday' AS is_school_holiday,
        latitude IS NULL OR longitude IS NULL AS is_everywhere,
        starts_at,
        ends_at,
        2 * 6371 * asin(sqrt(
            power(sin(radians(latitude - CAST(:latitude AS float8)) / 2), 2)
            + cos(radians(CAST(:latitude AS float8))) * cos(radians(latitude))
            * power(sin(radians(longitude - CAST(:longitude AS float8)) / 2), 2)
        )) AS distance_km
    FROM local_events
    WHERE known_at <= :known_at
        AND coalesce(superseded_at > :known_at, true)
        AND starts_at <= :last_moment
        AND ends_at >= :first_moment
),

near AS (
    SELECT
        name,
        expected_attendance,
        is_school_holiday,
        (starts_at AT TIME ZONE zone)::date AS first_day,
        ((ends_at - interval '1 second') AT TIME ZONE zone)::date AS last_day
    FROM known
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN (starts_at AT TIME ZONE 'UTC')::time = '00:00' AND (ends_at AT TIME ZONE 'UTC')::time = '00:00' THEN 'UTC'
                ELSE :timezone
            END AS zone
    ) AS meant
    WHERE CASE
        WHEN is_school_holiday THEN is_everywhere OR distance_km <= :school_holiday_radius_km
        ELSE distance_km <= :radius_km AND coalesce(expected_attendance, :least_attendance) >= :least_attendance
    END
)

SELECT
    day::date AS date,
    string_agg(DISTINCT name, ', ' ORDER BY name) AS event_names,
    sum(coalesce(expected_attendance, 0)) AS expected_attendance,
    bool_or(NOT is_school_holiday) AS is_event,
    bool_or(is_school_holiday) AS is_school_holiday
FROM near
CROSS JOIN LATERAL generate_series(first_day::timestamp, greatest(first_day, last_day)::timestamp, interval '1 day') AS day
GROUP BY 1
ORDER BY 1
