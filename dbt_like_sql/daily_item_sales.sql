-- What each item sold on each business day. Grain: restaurant, business day, item. Kept in the table of this name.
SELECT
    restaurant_id,
    business_date,
    menu_item_id,
    sum(quantity) AS quantity,
    sum(line_amount) AS line_amount,
    count(DISTINCT transaction_id)::integer AS ticket_count
FROM transaction_items
GROUP BY restaurant_id, business_date, menu_item_id
