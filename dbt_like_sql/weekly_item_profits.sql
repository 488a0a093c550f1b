-- What each item sold, brought (without tax) and cost in each complete week (from Monday). Grain: item, week.
-- A week with a day without a cost has no cost. Costs are those that were published at :known_at.
WITH rules AS (
    SELECT
        coalesce(valid_from, '-infinity') AS first_day,
        coalesce(lead(valid_from) OVER (ORDER BY valid_from NULLS FIRST), 'infinity') AS next_day,
        rules
    FROM costing_rules
    WHERE superseded_at IS NULL
),

costs AS (
    SELECT
        menu_item_id,
        valid_from AS first_day,
        coalesce(lead(valid_from) OVER (PARTITION BY menu_item_id ORDER BY valid_from), 'infinity') AS next_day,
        cost_with_waste
    FROM menu_item_costs
    WHERE known_at <= :known_at AND (superseded_at IS NULL OR superseded_at > :known_at)
),

days AS (
    SELECT
        s.menu_item_id,
        date_trunc('week', s.business_date)::date AS week_start,
        c.name AS category,
        s.quantity,
        s.line_amount / CASE
            WHEN (r.rules ->> 'prices_include_tax')::boolean
                THEN 1 + coalesce(
                    (r.rules -> 'tax_rates_by_category' ->> c.name)::numeric, (r.rules ->> 'tax_rate')::numeric
                )
            ELSE 1
        END AS revenue,
        s.quantity * costs.cost_with_waste AS cost
    FROM daily_item_sales AS s
    INNER JOIN menu_items AS m ON m.id = s.menu_item_id
    LEFT JOIN menu_categories AS c ON c.id = m.menu_category_id
    INNER JOIN rules AS r ON s.business_date >= r.first_day AND s.business_date < r.next_day
    LEFT JOIN costs
        ON costs.menu_item_id = s.menu_item_id
        AND s.business_date >= costs.first_day
        AND s.business_date < costs.next_day
    WHERE s.business_date < date_trunc('week', CAST(:as_of AS date) + 1)
)

SELECT
    menu_item_id,
    week_start,
    category,
    sum(quantity) AS quantity,
    round(sum(revenue), 2) AS revenue,
    CASE WHEN count(*) = count(cost) THEN round(sum(cost), 2) END AS theoretical_cost
FROM days
GROUP BY menu_item_id, week_start, category
ORDER BY week_start, menu_item_id
