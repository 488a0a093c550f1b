"""How right published forecasts were: what came and their losses, written as sales come and corrected with them.

What was published is not changed: `actual_quantity` is what came, beside it. Formulas are demand/judging's.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import text

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.settings import LONGEST_HORIZON_DAYS
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.postgres.copying import stage

# The rule of `demand/inputs/evidence`, as a statement: a sale proves that a day was open and uploaded.
EVIDENCE_DAYS = """
SELECT business_date FROM daily_item_sales
WHERE business_date <= :last_day GROUP BY business_date HAVING bool_or(quantity > 0)
"""

# Rows whose actual is not what the sales now say. So that a night reads what is new and not years of forecasts: rows
# without an actual (they have an index), those of days whose sales or uploads changed since the last judging, and those
# of days that were judged and of which nothing is known any more. A load that began before that judging may have ended
# after it: a day is added.
OUT_OF_DATE = f"""
WITH evidence AS ({EVIDENCE_DAYS}),
last_time AS (
    SELECT coalesce(max(started_at) - interval '1 day', '-infinity') AS at FROM algorithm_runs
    WHERE algorithm = :algorithm AND status = 'succeeded'
),
changed AS (
    SELECT business_date AS day FROM daily_item_sales, last_time WHERE updated_at > last_time.at
    UNION SELECT business_date FROM upload_days, last_time WHERE updated_at > last_time.at
    UNION SELECT forecast_date FROM forecast_accuracy
    WHERE menu_item_id IS NULL AND forecast_date NOT IN (SELECT business_date FROM evidence)
),
looked_at AS (
    SELECT f.as_of, f.forecast_date, f.menu_item_id, f.actual_quantity
    FROM changed c
    JOIN demand_forecasts f ON f.forecast_date = c.day AND f.as_of BETWEEN c.day - :longest_horizon AND c.day - 1
    WHERE f.forecast_date <= :last_day
    UNION ALL
    SELECT f.as_of, f.forecast_date, f.menu_item_id, f.actual_quantity
    FROM evidence e JOIN demand_forecasts f ON f.forecast_date = e.business_date
    WHERE f.actual_quantity IS NULL
),
told AS (
    SELECT f.as_of, f.forecast_date, f.actual_quantity,
           CASE WHEN e.business_date IS NOT NULL THEN greatest(coalesce(s.quantity, 0), 0) END AS came
    FROM looked_at f
    LEFT JOIN evidence e ON e.business_date = f.forecast_date
    LEFT JOIN daily_item_sales s ON s.business_date = f.forecast_date AND s.menu_item_id = f.menu_item_id
)
SELECT as_of, forecast_date, bool_or(came IS NOT NULL) AS is_evidence
FROM told WHERE actual_quantity IS DISTINCT FROM came GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  (the only part is the statement above)

# Who spoke first: the first run of a day that was in time, else the first that looked back.
FIRST_RUNS = """
SELECT DISTINCT ON (f.as_of) f.as_of, f.algorithm_run_id AS run_id, f.is_retrospective
FROM (SELECT DISTINCT as_of, algorithm_run_id, is_retrospective, published_at FROM demand_forecasts
      WHERE as_of = ANY(:days)) f
ORDER BY f.as_of, f.is_retrospective, f.published_at, f.algorithm_run_id
"""

PUBLISHED = """
SELECT f.as_of, f.forecast_date, f.menu_item_id::text AS item, f.predicted_quantity, f.p10_quantity::float8,
       f.p50_quantity::float8, f.p90_quantity::float8, f.p99_quantity::float8, f.model_name, f.is_retrospective,
       f.algorithm_run_id::text AS algorithm_run_id,
       EXISTS (SELECT FROM sold_out_days o WHERE o.menu_item_id = f.menu_item_id AND o.superseded_at IS NULL
               AND o.business_date = f.forecast_date) AS is_sold_out
FROM demand_forecasts f
WHERE (f.as_of, f.algorithm_run_id) IN (SELECT * FROM unnest(CAST(:days AS date[]), CAST(:runs AS uuid[])))
ORDER BY f.as_of, f.menu_item_id, f.forecast_date
"""

ACTUALS = """
SELECT business_date AS date, menu_item_id::text AS item, greatest(quantity, 0)::float8 AS quantity
FROM daily_item_sales WHERE business_date = ANY(:days) ORDER BY 1, 2
"""

FILL = """
UPDATE demand_forecasts f SET actual_quantity = told.came
FROM (
    SELECT p.as_of, p.id, CASE WHEN d.is_evidence THEN coalesce(a.quantity, 0) END AS came
    FROM judged_days d
    JOIN demand_forecasts p ON p.as_of = d.as_of AND p.forecast_date = d.forecast_date
    LEFT JOIN came a ON a.date = p.forecast_date AND a.item = p.menu_item_id
) told
WHERE f.as_of = told.as_of AND f.id = told.id AND f.actual_quantity IS DISTINCT FROM told.came
"""

FORGET = """
DELETE FROM forecast_accuracy k USING judged_days d
WHERE k.forecast_date = d.forecast_date AND k.days_ahead = d.forecast_date - d.as_of
  AND NOT EXISTS (SELECT FROM judged j WHERE j.forecast_date = k.forecast_date AND j.days_ahead = k.days_ahead
                  AND j.menu_item_id IS NOT DISTINCT FROM k.menu_item_id)
"""

DAYS = {"as_of": "date", "forecast_date": "date", "is_evidence": "boolean"}
CAME = {"date": "date", "item": "uuid", "quantity": "numeric(12,3)"}
KEY = ("forecast_date", "days_ahead", "menu_item_id")
JUDGED = {
    "forecast_date": "date",
    "days_ahead": "integer",
    "menu_item_id": "uuid",
    "actual_quantity": "numeric(12,3)",
    "predicted_quantity": "float8",
    "p10_quantity": "numeric(12,3)",
    "p50_quantity": "numeric(12,3)",
    "p90_quantity": "numeric(12,3)",
    "p99_quantity": "numeric(12,3)",
    "absolute_error": "float8",
    "error": "float8",
    "pinball_loss": "float8",
    "is_within_p10_p90": "boolean",
    "is_within_p99": "boolean",
    "four_week_quantity": "float8",
    "four_week_absolute_error": "float8",
    "four_week_pinball_loss": "float8",
    "model_name": "text",
    "is_retrospective": "boolean",
    "algorithm_run_id": "uuid",
}
VALUES = [name for name in JUDGED if name not in KEY]
KEEP = f"""
INSERT INTO forecast_accuracy AS kept (restaurant_id, {", ".join(JUDGED)})
SELECT :restaurant_id, {", ".join(JUDGED)} FROM judged
ON CONFLICT ON CONSTRAINT uq_forecast_accuracy_day
DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in VALUES)}
WHERE ({", ".join(f"kept.{name}" for name in VALUES)}) IS DISTINCT FROM ({", ".join(f"excluded.{n}" for n in VALUES)})
"""  # noqa: S608  (every name is one of the lists above)


@dataclass(frozen=True)
class Unjudged:
    """Published forecasts whose days have come, or were corrected, since they were judged last.

    `days`: as_of, forecast_date, is_evidence (False: nothing is known of that day any more). `published`: the rows that
    were published first, for the days of `days` that are evidence. `actuals`: date, item, quantity of those days.
    """

    days: pd.DataFrame
    published: pd.DataFrame
    actuals: pd.DataFrame


def unjudged_forecasts(tx: Tenant, last_day: dt.date) -> Unjudged:
    """What is to be judged, of days up to `last_day` (the last complete one): empty frames where nothing changed."""
    asked_for = {"last_day": last_day, "algorithm": AlgorithmName.ACCURACY, "longest_horizon": LONGEST_HORIZON_DAYS}
    days = _frame(tx, OUT_OF_DATE, asked_for, ["as_of", "forecast_date", "is_evidence"])
    asked = sorted(set(days.as_of))
    runs = _frame(tx, FIRST_RUNS, {"days": asked}, ["as_of", "run_id", "is_retrospective"])
    parameters = {"days": list(runs.as_of), "runs": list(runs.run_id)}
    columns = [
        "as_of", "forecast_date", "item", "predicted_quantity", "p10_quantity", "p50_quantity", "p90_quantity",
        "p99_quantity", "model_name", "is_retrospective", "algorithm_run_id", "is_sold_out",
    ]  # fmt: skip
    published = _frame(tx, PUBLISHED, parameters, columns)
    wanted = days[days.is_evidence.astype(bool)][["as_of", "forecast_date"]]
    published = published.merge(wanted, on=["as_of", "forecast_date"])
    came = {"days": sorted(set(wanted.forecast_date))}
    return Unjudged(days, published, _frame(tx, ACTUALS, came, ["date", "item", "quantity"]))


def posterior_of(tx: Tenant, run_id: str) -> DemandPosterior | None:
    """The state of one run's forecasts; None where it is not kept any more."""
    query = "SELECT state FROM demand_posteriors WHERE algorithm_run_id = :run_id"
    state = tx.connection.scalar(text(query), {"run_id": uuid.UUID(run_id)})
    return None if state is None else DemandPosterior.from_json(state)


def keep_accuracy(tx: Tenant, unjudged: Unjudged, judged: pd.DataFrame) -> int:
    """Fill in what came and write the losses of the forecasts that were judged; returns how many rows changed.

    Idempotent: rows that stand are left alone. Days of which nothing is known any more lose their actual and their
    losses.

    Args:
        tx: the transaction that closes the audit row too.
        unjudged: what was judged.
        judged: its losses, the columns of JUDGED; menu_item_id is None for a day's total.
    """
    stage(tx.connection, "judged_days", DAYS, unjudged.days)
    stage(tx.connection, "came", CAME, unjudged.actuals)
    # Where nothing is left to judge the frame is empty, and has no columns either.
    stage(tx.connection, "judged", JUDGED, judged.reindex(columns=list(JUDGED)))
    filled = tx.connection.execute(text(FILL)).rowcount
    forgotten = tx.connection.execute(text(FORGET)).rowcount
    kept = tx.connection.execute(text(KEEP), {"restaurant_id": tx.restaurant.id}).rowcount
    return filled + forgotten + kept


def _frame(tx: Tenant, query: str, parameters: Mapping[str, object], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(tx.connection.execute(text(query), parameters).all(), columns=columns)
