-- The quantity sold in each hour of the local clock, from tickets with a time. Grain: business day, hour.
SELECT
    i.business_date,
    extract(HOUR FROM t.sold_at AT TIME ZONE :timezone)::integer AS hour,
    sum(i.quantity) AS quantity
FROM transactions AS t
INNER JOIN transaction_items AS i
    ON t.restaurant_id = i.restaurant_id AND t.business_date = i.business_date AND t.id = i.transaction_id
WHERE t.sold_at IS NOT NULL AND t.business_date BETWEEN :first_day AND :as_of
GROUP BY 1, 2
ORDER BY 1, 2
