"""Published forecasts whose days are over, beside what was sold, as the calibration of the next forecast needs them.

They are read from the forecasts and the sales and not from `forecast_accuracy`, which is written after a night's
forecast: so a run that is repeated in the same night, or long after, reads the same.
"""

import datetime as dt
import uuid
from collections.abc import Collection

import pandas as pd
from sqlalchemy import text

from flux_pipeline.demand.distribution.calibration import LEAST_SPREAD, WINDOW_DAYS
from flux_pipeline.demand.settings import LONGEST_HORIZON_DAYS
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.schema.tables import read_in_pieces

# The first run of each day counts, as in `accuracy`. Every forecast that was published in time for an earlier day was
# known before the end of the day `as_of`. A sale proves that a day was open and uploaded (`demand.inputs.evidence`).
# Quantiles next to each other show nothing about the spread, so such rows are not read (`fit_calibration`). Consecutive
# nights repeat each other: every third shows the same, and for 200 items that busy these are still 50,000 rows.
OVER = """
WITH run AS MATERIALIZED (
    SELECT r.as_of, r.id, p.state -> 'lower' AS lower, p.state -> 'upper' AS upper
    FROM (
        SELECT DISTINCT ON (as_of) as_of, algorithm_run_id AS id, model_name
        FROM demand_forecasts_by_restaurant
        WHERE as_of >= :first_day - CAST(:longest_horizon AS integer) AND as_of < :as_of
          AND (as_of - DATE '2000-01-01') % 3 = 0 AND NOT is_retrospective
        ORDER BY as_of, published_at, algorithm_run_id
    ) r
    JOIN demand_posteriors p ON p.algorithm_run_id = r.id
    WHERE r.model_name = :model_name
), evidence AS MATERIALIZED (
    SELECT business_date AS day FROM daily_item_sales
    WHERE business_date BETWEEN :first_day AND :as_of GROUP BY business_date HAVING bool_or(quantity > 0)
), ran_out AS MATERIALIZED (
    SELECT menu_item_id, business_date FROM sold_out_days
    WHERE business_date BETWEEN :first_day AND :as_of
      AND known_at <= :known_at AND (superseded_at IS NULL OR superseded_at > :known_at)
)
SELECT f.forecast_date AS date, f.forecast_date - f.as_of AS days_ahead,
       greatest(coalesce(s.quantity, 0), 0)::float8 AS actual_quantity,
       f.p10_quantity::float8 AS p10_quantity, f.p50_quantity::float8 AS p50_quantity,
       f.p90_quantity::float8 AS p90_quantity,
       coalesce((run.lower ->> (f.forecast_date - f.as_of - 1))::float8, 1) AS lower,
       coalesce((run.upper ->> (f.forecast_date - f.as_of - 1))::float8, 1) AS upper
FROM run
JOIN demand_forecasts f ON f.as_of = run.as_of AND f.algorithm_run_id = run.id
LEFT JOIN daily_item_sales s ON s.business_date = f.forecast_date AND s.menu_item_id = f.menu_item_id
WHERE f.forecast_date = ANY (ARRAY(SELECT day FROM evidence))
  AND f.p10_quantity > 0 AND least(f.p50_quantity - f.p10_quantity, f.p90_quantity - f.p50_quantity) >= :least_spread
  AND f.menu_item_id <> ALL(:left_out)
  AND NOT EXISTS (SELECT FROM ran_out o WHERE o.menu_item_id = f.menu_item_id AND o.business_date = f.forecast_date)
ORDER BY f.as_of, f.forecast_date, f.menu_item_name COLLATE "C", f.menu_item_id
"""


def forecasts_that_are_over(
    tx: Tenant, as_of: dt.date, known_at: dt.datetime, model_name: str, left_out: Collection[uuid.UUID] = ()
) -> pd.DataFrame:
    """Read what a model published in time for the days up to `as_of`, every third night, beside the days' sales.

    Sales include later corrections, like those of the forecast itself. Items that ran out are left out, as far as that
    was known at `known_at`.

    Args:
        tx: the restaurant's transaction.
        as_of: the last complete day; later days and forecasts made on or after it are not read.
        known_at: the moment as known at which stock-outs count.
        model_name: the model whose forecasts are read.
        left_out: items that were merged into others, whose sales are the other item's now.

    Returns:
        The columns of `fit_calibration`, for the last WINDOW_DAYS days.
    """
    parameters = {
        "first_day": as_of - dt.timedelta(days=WINDOW_DAYS - 1),
        "as_of": as_of,
        "known_at": known_at,
        "model_name": model_name,
        "left_out": list(left_out),
        "least_spread": LEAST_SPREAD,
        "longest_horizon": LONGEST_HORIZON_DAYS,
    }
    return read_in_pieces(tx, text(OVER).bindparams(**parameters), _typed)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({name: float for name in frame if str(name).endswith(("_quantity", "lower", "upper"))})
