-- The days on which an item is in a promotion, as known at a moment. Grain: item, day.
SELECT DISTINCT
    menu_item_id AS item,
    day::date AS date
FROM promotions
CROSS JOIN LATERAL generate_series(
    greatest(starts_on, CAST(:first_day AS date))::timestamp,
    least(ends_on, CAST(:last_day AS date))::timestamp,
    interval '1 day'
) AS day
WHERE known_at <= :known_at
    AND coalesce(superseded_at > :known_at, true)
    AND status NOT IN ('suggested', 'cancelled')
    AND starts_on <= :last_day
    AND ends_on >= :first_day
ORDER BY item, date
