"""Accuracy of published forecasts: actuals and losses are written when sales arrive, and rewritten when sales change.

The published figures are never changed; `actual_quantity` is filled in beside them. The formulas of the losses are in
`demand.judging`.
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

# The rule of `demand.inputs.evidence` in SQL: a sale proves that a day was open and uploaded.
EVIDENCE_DAYS = """
SELECT business_date FROM daily_item_sales
WHERE business_date <= :last_day GROUP BY business_date HAVING bool_or(quantity > 0)
"""

# Forecasts whose stored actual differs from the sales stored now. To read only what is new and not years of forecasts,
# it looks at rows without an actual (they have an index), at days whose sales or uploads changed since the last run,
# and at scored days that are no longer evidence days. A load that began before the last run may have ended after it,
# so the search begins one day earlier.
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
candidates AS (
    SELECT f.as_of, f.forecast_date, f.menu_item_id, f.actual_quantity
    FROM changed c
    JOIN demand_forecasts f ON f.forecast_date = c.day AND f.as_of BETWEEN c.day - :longest_horizon AND c.day - 1
    WHERE f.forecast_date <= :last_day
    UNION ALL
    SELECT f.as_of, f.forecast_date, f.menu_item_id, f.actual_quantity
    FROM evidence e JOIN demand_forecasts f ON f.forecast_date = e.business_date
    WHERE f.actual_quantity IS NULL
),
compared AS (
    SELECT f.as_of, f.forecast_date, f.actual_quantity,
           CASE WHEN e.business_date IS NOT NULL THEN greatest(coalesce(s.quantity, 0), 0) END AS actual
    FROM candidates f
    LEFT JOIN evidence e ON e.business_date = f.forecast_date
    LEFT JOIN daily_item_sales s ON s.business_date = f.forecast_date AND s.menu_item_id = f.menu_item_id
)
SELECT as_of, forecast_date, bool_or(actual IS NOT NULL) AS is_evidence
FROM compared WHERE actual_quantity IS DISTINCT FROM actual GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  (the only part is the statement above)

# The run whose forecasts count for a day: the first one in time, else the first look back.
FIRST_RUNS = """
SELECT DISTINCT ON (f.as_of) f.as_of, f.algorithm_run_id AS run_id, f.is_retrospective
FROM (SELECT DISTINCT as_of, algorithm_run_id, is_retrospective, published_at FROM demand_forecasts
      WHERE as_of = ANY(:days)) f
ORDER BY f.as_of, f.is_retrospective, f.published_at, f.algorithm_run_id
"""

# By name and not by id, which is random: it decides which draws of the rule an item gets in the day's total.
PUBLISHED = """
SELECT f.as_of, f.forecast_date, f.menu_item_id::text AS item, f.predicted_quantity, f.p10_quantity::float8,
       f.p50_quantity::float8, f.p90_quantity::float8, f.p99_quantity::float8, f.model_name, f.is_retrospective,
       f.algorithm_run_id::text AS algorithm_run_id,
       EXISTS (SELECT FROM sold_out_days o WHERE o.menu_item_id = f.menu_item_id AND o.superseded_at IS NULL
               AND o.business_date = f.forecast_date) AS is_sold_out
FROM demand_forecasts f
WHERE (f.as_of, f.algorithm_run_id) IN (SELECT * FROM unnest(CAST(:days AS date[]), CAST(:runs AS uuid[])))
ORDER BY f.as_of, f.menu_item_name COLLATE "C", f.menu_item_id, f.forecast_date
"""

ACTUALS = """
SELECT business_date AS date, menu_item_id::text AS item, greatest(quantity, 0)::float8 AS quantity
FROM daily_item_sales WHERE business_date = ANY(:days) ORDER BY 1, 2
"""

FILL = """
UPDATE demand_forecasts f SET actual_quantity = fresh.actual
FROM (
    SELECT p.as_of, p.id, CASE WHEN d.is_evidence THEN coalesce(a.quantity, 0) END AS actual
    FROM scored_days d
    JOIN demand_forecasts p ON p.as_of = d.as_of AND p.forecast_date = d.forecast_date
    LEFT JOIN actual_sales a ON a.date = p.forecast_date AND a.item = p.menu_item_id
) fresh
WHERE f.as_of = fresh.as_of AND f.id = fresh.id AND f.actual_quantity IS DISTINCT FROM fresh.actual
"""

FORGET = """
DELETE FROM forecast_accuracy k USING scored_days d
WHERE k.forecast_date = d.forecast_date AND k.days_ahead = d.forecast_date - d.as_of
  AND NOT EXISTS (SELECT FROM scores s WHERE s.forecast_date = k.forecast_date AND s.days_ahead = k.days_ahead
                  AND s.menu_item_id IS NOT DISTINCT FROM k.menu_item_id)
"""

DAY_COLUMNS = {"as_of": "date", "forecast_date": "date", "is_evidence": "boolean"}
ACTUAL_COLUMNS = {"date": "date", "item": "uuid", "quantity": "numeric(20,3)"}
KEY = ("forecast_date", "days_ahead", "menu_item_id")
SCORE_COLUMNS = {
    "forecast_date": "date",
    "days_ahead": "integer",
    "menu_item_id": "uuid",
    "actual_quantity": "numeric(20,3)",
    "predicted_quantity": "float8",
    "p10_quantity": "numeric(20,3)",
    "p50_quantity": "numeric(20,3)",
    "p90_quantity": "numeric(20,3)",
    "p99_quantity": "numeric(20,3)",
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
VALUES = [name for name in SCORE_COLUMNS if name not in KEY]
KEEP = f"""
INSERT INTO forecast_accuracy AS kept (restaurant_id, {", ".join(SCORE_COLUMNS)})
SELECT :restaurant_id, {", ".join(SCORE_COLUMNS)} FROM scores
ON CONFLICT ON CONSTRAINT uq_forecast_accuracy_day
DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in VALUES)}
WHERE ({", ".join(f"kept.{name}" for name in VALUES)}) IS DISTINCT FROM ({", ".join(f"excluded.{n}" for n in VALUES)})
"""  # noqa: S608  (every name is one of the lists above)


@dataclass(frozen=True)
class UnscoredForecasts:
    """Published forecasts whose days ended, or whose sales changed, since they were last scored.

    `days`: as_of, forecast_date, is_evidence (False: the day is no evidence day any more). `published`: the rows that
    were published first, for the evidence days among `days`. `actuals`: date, item, quantity of those days.
    """

    days: pd.DataFrame
    published: pd.DataFrame
    actuals: pd.DataFrame


def unscored_forecasts(tx: Tenant, last_day: dt.date) -> UnscoredForecasts:
    """Read the forecasts to score, for days up to `last_day` (the last complete one); all empty if nothing changed."""
    parameters = {"last_day": last_day, "algorithm": AlgorithmName.ACCURACY, "longest_horizon": LONGEST_HORIZON_DAYS}
    days = _frame(tx, OUT_OF_DATE, parameters, ["as_of", "forecast_date", "is_evidence"])
    as_of_days = sorted(set(days.as_of))
    runs = _frame(tx, FIRST_RUNS, {"days": as_of_days}, ["as_of", "run_id", "is_retrospective"])
    first_runs = {"days": list(runs.as_of), "runs": list(runs.run_id)}
    columns = [
        "as_of", "forecast_date", "item", "predicted_quantity", "p10_quantity", "p50_quantity", "p90_quantity",
        "p99_quantity", "model_name", "is_retrospective", "algorithm_run_id", "is_sold_out",
    ]  # fmt: skip
    published = _frame(tx, PUBLISHED, first_runs, columns)
    wanted = days[days.is_evidence.astype(bool)][["as_of", "forecast_date"]]
    published = published.merge(wanted, on=["as_of", "forecast_date"])
    evidence_days = {"days": sorted(set(wanted.forecast_date))}
    return UnscoredForecasts(days, published, _frame(tx, ACTUALS, evidence_days, ["date", "item", "quantity"]))


def posterior_of(tx: Tenant, run_id: str) -> DemandPosterior | None:
    """Return the state of one run's forecasts; None if it is not stored any more."""
    query = "SELECT state FROM demand_posteriors WHERE algorithm_run_id = :run_id"
    state = tx.connection.scalar(text(query), {"run_id": uuid.UUID(run_id)})
    return None if state is None else DemandPosterior.from_json(state)


def keep_accuracy(tx: Tenant, unscored: UnscoredForecasts, scores: pd.DataFrame) -> int:
    """Fill in the actuals and write the losses of scored forecasts; return how many rows changed.

    Idempotent: rows that are stored already are not written. Days that are no longer evidence days lose their actual
    and their losses.

    Args:
        tx: the transaction that closes the audit row too.
        unscored: the forecasts that were scored.
        scores: their losses, the columns of SCORE_COLUMNS; menu_item_id is None for a day's total.
    """
    stage(tx.connection, "scored_days", DAY_COLUMNS, unscored.days)
    stage(tx.connection, "actual_sales", ACTUAL_COLUMNS, unscored.actuals)
    # If nothing is left to score, the frame is empty and has no columns.
    stage(tx.connection, "scores", SCORE_COLUMNS, scores.reindex(columns=list(SCORE_COLUMNS)))
    filled = tx.connection.execute(text(FILL)).rowcount
    forgotten = tx.connection.execute(text(FORGET)).rowcount
    kept = tx.connection.execute(text(KEEP), {"restaurant_id": tx.restaurant.id}).rowcount
    return filled + forgotten + kept


def _frame(tx: Tenant, query: str, parameters: Mapping[str, object], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(tx.connection.execute(text(query), parameters).all(), columns=columns)
