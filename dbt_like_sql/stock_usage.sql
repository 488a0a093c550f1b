-- What sales took from stock by recipes. Grain: ingredient, business day, count (null: after the last one of the day).
-- On a day on which something was counted at a time, what was sold before the count is separate. A refund brings no
-- food back, so that a day never adds to stock. Reads the temporary table stock_taken: what one of each item takes.
WITH counts AS (
    SELECT DISTINCT counted_on AS business_date, counted_at
    FROM inventory_counts
    WHERE superseded_at IS NULL AND counted_at IS NOT NULL
),

sold AS (
    SELECT business_date, menu_item_id, NULL::timestamptz AS counted_at, quantity
    FROM daily_item_sales
    WHERE business_date NOT IN (SELECT business_date FROM counts)
    UNION ALL
    SELECT
        i.business_date,
        i.menu_item_id,
        (
            SELECT min(c.counted_at) FROM counts AS c
            WHERE c.business_date = i.business_date AND c.counted_at >= t.sold_at
        ),
        i.quantity
    FROM transaction_items AS i
    INNER JOIN transactions AS t
        ON t.restaurant_id = i.restaurant_id AND t.business_date = i.business_date AND t.id = i.transaction_id
    WHERE i.business_date IN (SELECT business_date FROM counts)
)

SELECT
    taken.ingredient_id,
    sold.business_date,
    sold.counted_at,
    round(sum(sold.quantity * taken.quantity), 3) AS quantity
FROM sold
INNER JOIN stock_taken AS taken
    ON taken.menu_item_id = sold.menu_item_id
    AND sold.business_date >= taken.since
    AND (taken.until IS NULL OR sold.business_date < taken.until)
WHERE sold.business_date BETWEEN :first_day AND :as_of
GROUP BY taken.ingredient_id, sold.business_date, sold.counted_at
HAVING round(sum(sold.quantity * taken.quantity), 3) > 0
