-- The quantity sold in each period of the local clock, by category and channel, from tickets with a time. The category
-- of each item is a parameter, because it is that of a moment. Both tables are bounded by date, because only then are
-- the partitions of older lines not read. Grain: business day, first minute of the period, category (none: items without
-- one), channel.
SELECT
    i.business_date,
    CAST(:minutes AS integer) * floor(
        extract(EPOCH FROM (t.sold_at AT TIME ZONE :timezone)::time) / (60 * CAST(:minutes AS integer))
    )::integer AS minute,
    known.category,
    t.channel,
    sum(i.quantity) AS quantity
FROM transactions AS t
INNER JOIN transaction_items AS i
    ON t.restaurant_id = i.restaurant_id AND t.business_date = i.business_date AND t.id = i.transaction_id
LEFT JOIN unnest(CAST(:items AS uuid[]), CAST(:categories AS text[])) AS known (id, category)
    ON i.menu_item_id = known.id
WHERE t.sold_at IS NOT NULL
    AND t.business_date BETWEEN :first_day AND :as_of
    AND i.business_date BETWEEN :first_day AND :as_of
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, known.category COLLATE "C", t.channel COLLATE "C"
