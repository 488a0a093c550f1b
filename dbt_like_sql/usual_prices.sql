-- The price at which most of an item was sold in each week (from Monday). Grain: item, week.
-- Where a file gives no price of a unit, it follows from the amount of the line.
SELECT DISTINCT ON (menu_item_id, week) menu_item_id, week, unit_price
FROM (
    SELECT
        menu_item_id,
        date_trunc('week', business_date)::date AS week,
        coalesce(unit_price, round(line_amount / quantity, 2)) AS unit_price,
        sum(quantity) AS quantity
    FROM transaction_items
    WHERE line_amount > 0 AND quantity > 0 AND business_date <= :as_of AND menu_item_id = ANY(CAST(:items AS uuid[]))
    GROUP BY menu_item_id, week, coalesce(unit_price, round(line_amount / quantity, 2))
) AS sold
ORDER BY menu_item_id, week, quantity DESC, unit_price DESC
