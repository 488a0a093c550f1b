-- Each item's sales on each business day. Grain: restaurant, business day, item. The table of this name stores them.
SELECT
    restaurant_id,
    business_date,
    menu_item_id,
    sum(quantity) AS quantity,
    sum(line_amount) AS line_amount,
    count(DISTINCT transaction_id)::integer AS ticket_count
FROM transaction_items
GROUP BY restaurant_id, business_date, menu_item_id
