-- The events near the restaurant and the school holidays on each of their local days, as known at a moment. Distances are
-- great-circle distances (haversine, Earth's mean radius 6,371 km). An event of whole UTC days was announced by its
-- dates, which mean local days; any other event counts on each local day that it touches. School holidays belong to a
-- region: one without a place counts everywhere, and needs no attendance. A restaurant's own events are where it is and
-- count whatever their attendance; the transaction shows those of one restaurant. Grain: event and day.
WITH known AS (
    SELECT
        name,
        kind,
        starts_at,
        ends_at,
        latitude,
        longitude,
        expected_attendance,
        source,
        external_id,
        false AS is_own,
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
    UNION ALL
    SELECT
        name,
        kind,
        starts_at,
        ends_at,
        CAST(:latitude AS numeric),
        CAST(:longitude AS numeric),
        expected_attendance,
        source,
        external_id,
        true,
        0.0
    FROM restaurant_events
    WHERE known_at <= :known_at
        AND coalesce(superseded_at > :known_at, true)
        AND starts_at <= :last_moment
        AND ends_at >= :first_moment
),

near AS (
    SELECT
        known.*,
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
        WHEN is_own THEN true
        WHEN kind = 'school_holiday' THEN latitude IS NULL OR longitude IS NULL OR distance_km <= :school_holiday_radius_km
        ELSE distance_km <= :radius_km AND coalesce(expected_attendance, :least_attendance) >= :least_attendance
    END
)

SELECT
    day::date AS date,
    name,
    kind,
    starts_at,
    ends_at,
    latitude,
    longitude,
    distance_km,
    expected_attendance,
    source
FROM near
CROSS JOIN LATERAL generate_series(first_day::timestamp, greatest(first_day, last_day)::timestamp, interval '1 day') AS day
ORDER BY date, name, source, external_id
